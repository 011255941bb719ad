//! What an event is, and what it does to a sleeping machine.

use std::fmt;
use std::str::FromStr;

/// The kind of an event. What each one does is a fact of the world, stated once by the predicates below.
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
    /// A person's message through the relay: buffered and poked while the machine sleeps.
    Inbound,
    /// A scheduled job, fired from outside at `at_ms`.
    Cron,
    /// A run started over HTTP.
    Api,
    /// Work that starts by itself if the machine runs, and otherwise when it next runs.
    Background,
    /// A client that attaches for `work_ms`: not work, but a person is looking.
    Client,
    /// A crawler's or health check's request: wakes, and is over at once.
    Probe,
    /// A message on a directly connected platform's socket: lost if the machine does not run.
    Direct,
    /// A completion or replay event of the gateway's own: wakes nothing and counts for nothing.
    Internal,
}

impl Kind {
    /// Every kind, in the order of their numbers: `Kind::ALL[k as usize] == k`.
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

    /// Whether handling it stamps the watcher's inbound clock. A client's heartbeats, where they count, are
    /// the watcher's business and not the event's.
    pub const fn stamps(self) -> bool {
        matches!(self, Kind::Inbound | Kind::Direct)
    }

    /// Whether `work_ms` is work in flight that a freeze would hurt.
    pub const fn is_work(self) -> bool {
        matches!(self, Kind::Inbound | Kind::Cron | Kind::Api | Kind::Background | Kind::Direct)
    }

    /// Whether it takes up `[at_ms, at_ms + work_ms)`: work, or a client attached. The others are points.
    pub const fn occupies(self) -> bool {
        self.is_work() || matches!(self, Kind::Client)
    }

    /// Whether a person or a caller waits for it to be handled: for an answer, a page or the end of an API run. Only these arrivals
    /// have delays in a row, and only they can count as lost.
    #[must_use]
    pub const fn is_user_visible(self) -> bool {
        matches!(self, Kind::Inbound | Kind::Api | Kind::Client | Kind::Direct)
    }

    /// The kind with this name as bytes, without allocating; `None` if there is none.
    pub(crate) fn from_bytes(name: &[u8]) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name().as_bytes() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no kind. Its message names the nearest one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind `{given}`; {}", dormouse_text::nearest::advice(given, Kind::ALL.map(Kind::name)))]
pub struct UnknownKind {
    /// The text as given.
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
