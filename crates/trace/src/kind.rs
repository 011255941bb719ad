//! Kinds of events, and their effect on a sleeping machine.

use std::fmt;
use std::str::FromStr;

/// The kind of an event. The predicates below define the effect of each kind.
///
/// | kind | [wakes](Kind::wakes) | [stamps](Kind::stamps) | [is work](Kind::is_work) | [occupies](Kind::occupies) | [is user-visible](Kind::is_user_visible) |
/// |---|---|---|---|---|---|
/// | `inbound` | yes | yes | yes | yes | yes |
/// | `cron` | yes | no | yes | yes | no |
/// | `api` | yes | no | yes | yes | yes |
/// | `background` | no | no | yes | yes | no |
/// | `client` | yes | no | no | yes | yes |
/// | `probe` | yes | no | no | no | no |
/// | `direct` | no | yes | yes | yes | yes |
/// | `internal` | no | no | no | no | no |
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A person's message through the relay; buffered, with a poke, while the machine sleeps.
    Inbound,
    /// A scheduled job, fired from outside at `at_ms`.
    Cron,
    /// A run started over HTTP.
    Api,
    /// Work that starts by itself: at `at_ms` if the machine runs, otherwise when it next runs.
    Background,
    /// A client that is attached for `work_ms`: not work, but a person is present.
    Client,
    /// A request of a crawler or a health check: it wakes the machine and ends at once.
    Probe,
    /// A message on the socket of a directly connected channel; lost while the machine sleeps.
    Direct,
    /// A completion or replay event of the gateway itself: it wakes nothing and does not count as activity.
    Internal,
}

impl Kind {
    /// All kinds, in numeric order: `Kind::ALL[k as usize] == k`.
    pub const ALL: [Kind; 8] = [
        Kind::Inbound,
        Kind::Cron,
        Kind::Api,
        Kind::Background,
        Kind::Client,
        Kind::Probe,
        Kind::Direct,
        Kind::Internal,
    ];

    /// The name in trace files: lower case, one word.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Inbound => "inbound",
            Kind::Cron => "cron",
            Kind::Api => "api",
            Kind::Background => "background",
            Kind::Client => "client",
            Kind::Probe => "probe",
            Kind::Direct => "direct",
            Kind::Internal => "internal",
        }
    }

    /// Whether its arrival wakes a sleeping machine (for `cron`: unless the scheduler runs in the machine itself).
    pub const fn wakes(self) -> bool {
        matches!(self, Kind::Inbound | Kind::Cron | Kind::Api | Kind::Client | Kind::Probe)
    }

    /// Whether handling it updates the watcher's time of the last message. A client's heartbeats are separate
    /// from its event.
    pub const fn stamps(self) -> bool {
        matches!(self, Kind::Inbound | Kind::Direct)
    }

    /// Whether `work_ms` is work in flight that a freeze would interrupt.
    pub const fn is_work(self) -> bool {
        matches!(self, Kind::Inbound | Kind::Cron | Kind::Api | Kind::Background | Kind::Direct)
    }

    /// Whether it occupies `[at_ms, at_ms + work_ms)`: work, or an attached client. The others are point events.
    pub const fn occupies(self) -> bool {
        self.is_work() || matches!(self, Kind::Client)
    }

    /// Whether a person or a caller waits for an answer, a page or the end of an API run. Only such arrivals
    /// have delays in a row, and only they can count as lost.
    #[must_use]
    pub const fn is_user_visible(self) -> bool {
        matches!(self, Kind::Inbound | Kind::Api | Kind::Client | Kind::Direct)
    }

    /// The kind with this name, given as bytes; `None` if there is none. Does not allocate.
    pub(crate) fn from_bytes(name: &[u8]) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name().as_bytes() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text does not name a kind. The message suggests the nearest name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind `{given}`; {}", dormouse_text::nearest::advice(given, Kind::ALL.map(Kind::name)))]
pub struct UnknownKind {
    /// The given text.
    pub given: String,
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Kind, UnknownKind> {
        Kind::from_bytes(name.as_bytes()).ok_or_else(|| UnknownKind { given: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_round_trip() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            assert_eq!(kind.name().parse(), Ok(kind));
        }
    }

    #[test]
    fn an_unknown_kind_names_the_nearest() {
        assert_eq!(
            "inbond".parse::<Kind>().unwrap_err().to_string(),
            "unknown kind `inbond`; did you mean `inbound`?"
        );
    }
}
