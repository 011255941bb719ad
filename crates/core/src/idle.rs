//! The predicate: is anything going on?

use crate::time::Wall;

/// Is the gateway idle?
///
/// Three conjuncts: no counted work in flight, no counted background work alive, and at least `timeout_ms` of wall time
/// since `last_seen`. The boundary is inclusive: exactly at the threshold is idle.
///
/// `None` for a number means that the source could not be read, which counts as busy: a watcher that cannot see must
/// not sleep. A `last_seen` in the future counts as now.
#[must_use]
#[inline]
pub const fn is_idle(
    in_flight: Option<u32>,
    background: Option<u32>,
    now: Wall,
    last_seen: Wall,
    timeout_ms: u64,
) -> bool {
    matches!(in_flight, Some(0)) && matches!(background, Some(0)) && now.since(last_seen) >= timeout_ms
}

/// One source of work as the gateway reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// Items in flight; `None` if the source could not be read.
    pub in_flight: Option<u32>,
    /// When this source's last item ended, if one ever did.
    pub last_end: Option<Wall>,
}

impl Source {
    /// A source with nothing in flight that never had anything.
    pub const QUIET: Self = Self { in_flight: Some(0), last_end: None };
    /// A source that fails to answer.
    pub const UNREADABLE: Self = Self { in_flight: None, last_end: None };

    /// A source with these two.
    #[must_use]
    #[inline]
    pub const fn new(in_flight: Option<u32>, last_end: Option<Wall>) -> Self {
        Self { in_flight, last_end }
    }
}

/// What is in flight on the gateway, by source.
///
/// Start from [`QUIET`](Self::QUIET) and assign fields: a later version may count another source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Census {
    /// Turns: agent work started by a message.
    pub turns: Source,
    /// Cron jobs.
    pub cron: Source,
    /// API runs.
    pub api: Source,
    /// Background jobs, for instance delegated agents.
    pub background: Source,
    /// Permanent service tasks, the watcher itself among them: alive as long as the process, and never an end.
    pub permanent: Option<u32>,
}

impl Census {
    /// Nothing in flight anywhere.
    pub const QUIET: Self = Self {
        turns: Source::QUIET,
        cron: Source::QUIET,
        api: Source::QUIET,
        background: Source::QUIET,
        permanent: Some(0),
    };
}

/// The client heartbeat as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// None was ever written: no client.
    Missing,
    /// There is one, but it cannot be read: counts as now.
    Unreadable,
    /// The last one. In the future counts as now.
    At(Wall),
}

impl Heartbeat {
    /// When a client was last seen, given that it is `now`; `None` without a client.
    #[must_use]
    pub fn last_seen(self, now: Wall) -> Option<Wall> {
        match self {
            Self::Missing => None,
            Self::Unreadable => Some(now),
            Self::At(wall) => Some(wall.min(now)),
        }
    }
}

/// The sum of sources; `None` as soon as one of them could not be read.
#[must_use]
pub(crate) fn total(sources: impl IntoIterator<Item = Option<u32>>) -> Option<u32> {
    sources.into_iter().try_fold(0_u32, |sum, n| Some(sum.saturating_add(n?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 120_000;

    fn at(ms: u64) -> Wall {
        Wall::from_ms(ms)
    }

    #[test]
    fn exactly_at_the_threshold_is_idle() {
        assert!(!is_idle(Some(0), Some(0), at(T - 1), at(0), T));
        assert!(is_idle(Some(0), Some(0), at(T), at(0), T));
    }

    #[test]
    fn one_work_item_is_not_idle() {
        assert!(!is_idle(Some(1), Some(0), at(10 * T), at(0), T));
        assert!(!is_idle(Some(0), Some(1), at(10 * T), at(0), T));
    }

    #[test]
    fn a_source_that_cannot_be_read_is_busy() {
        assert!(!is_idle(None, Some(0), at(10 * T), at(0), T));
        assert!(!is_idle(Some(0), None, at(10 * T), at(0), T));
        assert_eq!(total([Some(1), None, Some(2)]), None);
        assert_eq!(total([Some(1), Some(u32::MAX)]), Some(u32::MAX));
    }

    #[test]
    fn last_seen_in_the_future_is_now() {
        assert!(!is_idle(Some(0), Some(0), at(5), at(10 * T), T));
    }

    #[test]
    fn a_heartbeat_missing_is_no_client_unreadable_is_now_and_the_future_is_clamped() {
        assert_eq!(Heartbeat::Missing.last_seen(at(9)), None);
        assert_eq!(Heartbeat::Unreadable.last_seen(at(9)), Some(at(9)));
        assert_eq!(Heartbeat::At(at(7)).last_seen(at(9)), Some(at(7)));
        assert_eq!(Heartbeat::At(at(11)).last_seen(at(9)), Some(at(9)));
    }
}
