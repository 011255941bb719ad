//! The idle predicate: is there work in flight, and if not, how long has the gateway been idle?
//!
//! [`is_idle`] is the plain check for a gateway with a single count of work. A [`Watcher`](crate::Watcher) has
//! several sources of work, and its switches decide which of them count. Its knowledge is an [`Activity`]: the
//! latest time of each kind. [`Settings::idle_from`] computes from that the moment at which the gateway becomes
//! idle, and is the only place that reads the switches of the predicate. A look checks whether that moment has
//! come, the forecast computes when it will come, and a sweep of many timeouts computes which of them reach it
//! before the next arrival.
//!
//! ```text
//! seen    --|                                  the last message, or a client's heartbeat
//! work    ==========|                          the latest end of counted work
//!           |<------ idle timeout ------>|     counts from what was seen
//!                   |<- answer ->|             with `idle_since_activity`: at most the timeout
//!           |<--- stay --->|                   with `pace_sleeps`
//!                                        ^ idle from here
//! ```

use crate::settings::Settings;
use crate::time::Wall;

/// Is the gateway idle?
///
/// Three conditions must hold: no counted work in flight, no counted background work alive, and at least
/// `timeout_ms` of wall time since `last_seen`. The boundary is inclusive: exactly at the threshold is idle.
///
/// `None` for a count means that the source could not be read. That counts as busy: a watcher without
/// information must not sleep. A `last_seen` in the future counts as now.
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
    /// A source that cannot be read.
    pub const UNREADABLE: Self = Self { in_flight: None, last_end: None };

    /// A source with these values.
    #[must_use]
    #[inline]
    pub const fn new(in_flight: Option<u32>, last_end: Option<Wall>) -> Self {
        Self { in_flight, last_end }
    }
}

/// What is in flight on the gateway, by source.
///
/// Start from [`QUIET`](Self::QUIET) and assign fields: a later version may add another source.
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
    /// Permanent service tasks, including the watcher itself: alive as long as the process, so they never end.
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

/// The client heartbeat as read by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// No heartbeat was ever written: there is no client.
    Missing,
    /// There is a heartbeat, but it cannot be read: counts as now.
    Unreadable,
    /// The last heartbeat. A time in the future counts as now.
    At(Wall),
}

impl Heartbeat {
    /// When a client was last seen; `None` without a client. `now` is the current time.
    #[must_use]
    pub fn last_seen(self, now: Wall) -> Option<Wall> {
        match self {
            Self::Missing => None,
            Self::Unreadable => Some(now),
            Self::At(wall) => Some(wall.min(now)),
        }
    }
}

/// The latest time of each kind of activity: all that the predicate needs to know about the past.
///
/// While a gateway runs, no field ever decreases, so the moment from which it is [idle](Settings::idle_from)
/// only moves later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Activity {
    /// The last message handled, or the start.
    pub inbound: Wall,
    /// The last heartbeat of an attached client; [`Wall::ZERO`] for none.
    pub heartbeat: Wall,
    /// The latest end of turns, past or future. [`Wall::ZERO`] if there never was one, [`Wall::MAX`] if the end
    /// of the work in flight is unknown. The same holds for the other kinds of work.
    pub turns: Wall,
    /// The latest end of cron jobs.
    pub cron: Wall,
    /// The latest end of API runs.
    pub api: Wall,
    /// The latest end of background work.
    pub background: Wall,
    /// Are there permanent service tasks?
    pub permanent: bool,
}

impl Activity {
    /// The activity as seen at `now`. Work in flight, and a source that cannot be read, end at an unknown time.
    /// A time in the future, as after the clock was set back, counts as now.
    #[must_use]
    pub fn found(now: Wall, inbound: Wall, census: &Census, heartbeat: Heartbeat) -> Self {
        let end = |source: Source| match source.in_flight {
            Some(0) => source.last_end.map_or(Wall::ZERO, |end| end.min(now)),
            _ => Wall::MAX,
        };
        Self {
            inbound: inbound.min(now),
            heartbeat: heartbeat.last_seen(now).unwrap_or(Wall::ZERO),
            turns: end(census.turns),
            cron: end(census.cron),
            api: end(census.api),
            background: end(census.background),
            permanent: census.permanent != Some(0),
        }
    }
}

/// The moment from which a gateway is idle, according to its [`Activity`]. It is the latest of three times: one
/// depends on the idle timeout, one on `answer_ms` (at most the timeout), and one on neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleFrom {
    /// The earliest moment at any timeout: the end of counted work, and the minimum time after a message.
    earliest: Wall,
    /// Start of the idle timeout.
    seen: Wall,
    /// Start of the timeout or of `answer_ms`, whichever is less.
    answered: Wall,
    answer_ms: u64,
}

impl IdleFrom {
    /// The first moment at which the gateway is idle with this timeout, if nothing more happens; [`Wall::MAX`]: never.
    #[must_use]
    #[inline]
    pub fn at_timeout(&self, timeout_ms: u64) -> Wall {
        let seen = self.seen.plus(timeout_ms);
        self.earliest.max(seen).max(self.answered.plus(timeout_ms.min(self.answer_ms)))
    }

    /// The inverse: the longest timeout, in ms, with which the gateway is idle at `by` or earlier; `None` if there is none.
    #[must_use]
    #[inline]
    pub fn longest_timeout_ms(&self, by: Wall) -> Option<u64> {
        if self.earliest.max(self.seen).max(self.answered) > by {
            return None;
        }
        let (since_seen, since_answer) = (by.since(self.seen), by.since(self.answered));
        Some(if since_answer >= self.answer_ms { since_seen } else { since_seen.min(since_answer) })
    }
}

impl Settings {
    /// The moment from which a gateway with this activity is idle. The boundary is inclusive, as in [`is_idle`].
    ///
    /// This is the only place where the switches decide what counts: add new ones here.
    #[must_use]
    #[inline]
    pub fn idle_from(&self, activity: &Activity) -> IdleFrom {
        let s = self.switches;
        let counted = |on: bool, at: Wall| if on { at } else { Wall::ZERO };
        let work = activity
            .turns
            .max(counted(s.count_cron, activity.cron))
            .max(counted(s.count_api, activity.api))
            .max(counted(s.count_background, activity.background));
        let never = activity.permanent && s.count_background && !s.ignore_permanent_tasks;
        let stay = counted(s.pace_sleeps, activity.inbound.plus(self.stay_ms));
        IdleFrom {
            earliest: if never { Wall::MAX } else { work.max(stay) },
            seen: activity.inbound.max(counted(s.count_clients, activity.heartbeat)),
            answered: counted(s.idle_since_activity, work),
            answer_ms: if s.idle_since_activity { self.answer_ms } else { 0 },
        }
    }
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
        let census = Census { api: Source::UNREADABLE, ..Census::QUIET };
        let found = Activity::found(at(10 * T), at(0), &census, Heartbeat::Missing);
        assert_eq!(Settings::current().idle_from(&found).at_timeout(T), Wall::MAX);
        assert_eq!(Settings::phase0().idle_from(&found).at_timeout(T), at(T), "phase0 counts no API runs");
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
