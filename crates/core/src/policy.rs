//! Who chooses the idle timeout: a person once, or something that learns from gap to gap.
//!
//! A *gap* lies between the end of work and the next arrival. A [`Policy`] is told each gap that ended, and is asked what to do
//! in the one that comes; a person's setting is the policy that gives the same [`Plan`] every time. Production and simulator
//! can ask the same policy, as they drive the same [`Watcher`](crate::Watcher): the plan's timeout is what
//! [`set_idle_timeout`](crate::Watcher::set_idle_timeout) takes, and everything that the watcher looks at before it sleeps
//! (work in flight, the gate, the cooldown) it looks at as before. So a policy decides *when* to sleep and never *whether it is
//! safe*.
//!
//! ```text
//!  work ====|......stay......|zzzzzzzzzzzzzzzz|..back.stay..|zzzzzzzzz|==== next arrival
//!           |<-------------- back.after ------>|
//!           end of work
//! ```
//!
//! ```
//! use dormouse_core::policy::{Asked, Ended, Gap, Plan, Policy};
//! use dormouse_core::Wall;
//!
//! /// Stays as long as the last gap was, at most five minutes.
//! struct LikeTheLast(u64);
//!
//! impl Policy for LikeTheLast {
//!     fn gap(&mut self, gap: Gap) {
//!         self.0 = gap.ms().min(300_000);
//!     }
//!     fn plan(&self, _: Asked) -> Plan {
//!         Plan::stay(self.0)
//!     }
//! }
//!
//! let mut policy = LikeTheLast(120_000);
//! policy.gap(Gap { began: Wall::from_ms(10_000), ended: Wall::from_ms(55_000), by: Ended::Arrival });
//! assert_eq!(policy.plan(Asked { now: Wall::from_ms(56_000), next_timer: None }), Plan::stay(45_000));
//! ```
//!
//! Declined: a policy that is asked at each tick whether to sleep. It would decide beside the watcher, and what it decided could
//! not be said beforehand, neither to the auditor nor to a person.

use crate::time::Wall;

/// What ended a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ended {
    /// A time that the gateway knew beforehand: a cron fire.
    Timer,
    /// Somebody or something that nobody could know of.
    Arrival,
}

/// A stretch without work and without an attached client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Gap {
    /// The end of the last work before it.
    pub began: Wall,
    /// When the next arrival came, whether or not the machine was awake to take it.
    pub ended: Wall,
    /// What that arrival was.
    pub by: Ended,
}

impl Gap {
    /// How long it was, in ms.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.ended.since(self.began)
    }
}

/// What is known when a plan is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asked {
    /// An arrival has just been taken, and its work begins. Also asked once at the start.
    pub now: Wall,
    /// The next time that the gateway knows something will come, if it knows of any: its next cron fire.
    pub next_timer: Option<Wall>,
}

/// What to do in the coming gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plan {
    /// The idle timeout, in ms; 0: sleep at the next tick; `None`: do not sleep in this gap.
    pub stay_ms: Option<u64>,
    /// Wake again by itself, if the gap is that long.
    pub back: Option<Back>,
}

/// A wake before anybody asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Back {
    /// So long after the end of work, in ms.
    pub after_ms: u64,
    /// How long to stay awake then, in ms; 0: until the next tick.
    pub stay_ms: u64,
}

impl Plan {
    /// Do not sleep in this gap.
    pub const NEVER: Self = Self { stay_ms: None, back: None };

    /// Sleep after `ms` of idleness, and until somebody comes.
    #[must_use]
    pub const fn stay(ms: u64) -> Self {
        Self { stay_ms: Some(ms), back: None }
    }

    /// The idle timeout as the watcher takes it: [`u64::MAX`] is never reached.
    #[must_use]
    pub const fn idle_timeout_ms(self) -> u64 {
        match self.stay_ms {
            Some(ms) => ms,
            None => u64::MAX,
        }
    }
}

/// Chooses the idle timeout from gap to gap.
///
/// It learns by [`gap`](Self::gap) alone. [`plan`](Self::plan) changes nothing, so asking twice is asking once: a caller may
/// ask at every arrival, although most arrivals come while others are still at work and begin no gap.
pub trait Policy {
    /// A gap ended. Told in order of time, before the plan that follows is asked for. The silence at the end of a recording
    /// is not told: nobody knows how long it would have been.
    fn gap(&mut self, gap: Gap);

    /// What to do in the gap that comes when the work in flight has ended.
    fn plan(&self, asked: Asked) -> Plan;
}
