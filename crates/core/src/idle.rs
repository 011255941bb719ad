//! The predicate: is anything going on, and if not, since when?
//!
//! [`is_idle`] is the bare question, as a gateway with one count of work asks it. A [`Watcher`](crate::Watcher) asks the same of
//! several sources of work, of which its switches count some. What it knows is an [`Activity`]: the latest time of each kind.
//! [`Settings::idle_from`] turns that into the moment from which the gateway is idle, and is the only place that reads the
//! switches of the predicate. A look asks whether that moment has come, the forecast when it will come, and a sweep of many
//! timeouts which of them reach it before the next arrival.
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

/// The latest time of each kind of activity: all that the predicate needs to know about the past.
///
/// Every field only grows while a gateway runs, so the moment from which it is [idle](Settings::idle_from) only moves later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Activity {
    /// The last message handled, or the start.
    pub inbound: Wall,
    /// The last heartbeat of an attached client; [`Wall::ZERO`] for none.
    pub heartbeat: Wall,
    /// The latest end of turns: in the past or ahead; [`Wall::ZERO`] if there never was one, [`Wall::MAX`] if it is not known
    /// when the work in flight ends. The other kinds of work likewise.
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
    /// What a look at `now` finds. Work in flight, and a source that cannot be read, end at an unknown time. A time in the
    /// future, which a clock that was set back can show, counts as now.
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

/// From when on a gateway is idle, as far as its [`Activity`] tells: the latest of three times, of which one depends on the
/// idle timeout, one on how much of it has to pass after an answer, and one on neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleFrom {
    /// Not before this, at any timeout: the end of counted work, and the least time after a message.
    earliest: Wall,
    /// The idle timeout counts from here.
    seen: Wall,
    /// The timeout, or `answer_ms` if that is less, counts from here.
    answered: Wall,
    answer_ms: u64,
}

impl IdleFrom {
    /// The first moment at which the gateway is idle at this timeout, if nothing more happens; [`Wall::MAX`]: never.
    #[must_use]
    #[inline]
    pub fn at_timeout(&self, timeout_ms: u64) -> Wall {
        let seen = self.seen.plus(timeout_ms);
        self.earliest.max(seen).max(self.answered.plus(timeout_ms.min(self.answer_ms)))
    }

    /// The other way round: the longest timeout, in ms, at which the gateway is idle at `by` or before; `None` if it is idle at
    /// none.
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
    /// From when on a gateway with this activity is idle. The boundary is inclusive, as in [`is_idle`].
    ///
    /// This is the one place where the switches decide what counts: a new one is added here.
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
