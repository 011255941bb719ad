//! What a platform's own timer takes for idle.

use serde::{Deserialize, Serialize};

/// From when a platform counts the idle time. The same word, idle timeout, means a different clock on each.
///
/// A *request* is what comes over HTTP: API runs, cron fires (`cron_wakes`), probes, and messages where they come that way
/// (`messages = "http"`). It is in flight while its work is. A client's attachment counts as a request but for
/// [`Completion`](Self::Completion) and [`Creation`](Self::Creation). A wake starts every one of these clocks anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlatformIdle {
    /// No HTTP since the look before, and no client attached: there is no timeout but the time between two looks.
    BetweenLooks,
    /// From the last request on, whether it was answered or not.
    LastInbound,
    /// From the end of the last request on: while one is in flight the machine is busy.
    EndOfWork,
    /// From the last look on that found a request in flight. What began and ended between two looks was never seen.
    ActivePoll,
    /// The mean number of requests in flight over the timeout has come down to zero: as from the end of the last request,
    /// and the timeout is the window.
    AverageZero,
    /// From the last request on that *ended*. One that is in flight is not seen.
    Completion,
    /// From the last start or resume on, whatever happens.
    Creation,
    /// From the last packet sent: an answer, whatever work does (background work too), a client's connection, and the
    /// relay's keepalive for as long as it is connected.
    LastOutbound,
}

impl PlatformIdle {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::BetweenLooks,
        Self::LastInbound,
        Self::EndOfWork,
        Self::ActivePoll,
        Self::AverageZero,
        Self::Completion,
        Self::Creation,
        Self::LastOutbound,
    ];

    /// Its name, as it is written in `--set platform_idle=NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BetweenLooks => "between-looks",
            Self::LastInbound => "last-inbound",
            Self::EndOfWork => "end-of-work",
            Self::ActivePoll => "active-poll",
            Self::AverageZero => "average-zero",
            Self::Completion => "completion",
            Self::Creation => "creation",
            Self::LastOutbound => "last-outbound",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_that_are_written() {
        for idle in PlatformIdle::ALL {
            assert_eq!(toml::Value::try_from(idle).unwrap().as_str(), Some(idle.name()));
        }
    }
}
