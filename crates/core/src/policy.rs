//! Policies: rules that choose a new idle timeout for each gap.
//!
//! A *gap* is the time between the end of work and the next arrival. A [`Policy`] is told each gap that has ended, and is asked
//! for a [`Plan`] for the next one; a fixed timeout is the policy that always gives the same plan. Production and the simulator
//! can use the same policy, as they use the same [`Watcher`](crate::Watcher): pass the plan's timeout to
//! [`set_idle_timeout`](crate::Watcher::set_idle_timeout). The watcher still makes all its checks before it sleeps (work in
//! flight, the gate, the cooldown). So a policy decides *when* to sleep, never *whether it is safe*.
//!
//! ```text
//!  work ====|...keep_alive...|zzzzzzzzzzzzzzzz|...prewarm.keep_alive...|zzzzzzzz|==== next arrival
//!           |<-------- prewarm.after -------->|
//!           end of work
//! ```
//!
//! ```
//! use dormouse_core::Wall;
//! use dormouse_core::policy::{Asked, Ended, Gap, Plan, Policy};
//!
//! /// Keeps the machine awake for as long as the last gap lasted, five minutes at most.
//! struct LikeTheLast(u64);
//!
//! impl Policy for LikeTheLast {
//!     fn gap(&mut self, gap: Gap) {
//!         self.0 = gap.ms().min(300_000);
//!     }
//!     fn plan(&self, _: Asked) -> Plan {
//!         Plan::keep_alive(self.0)
//!     }
//! }
//!
//! let mut policy = LikeTheLast(120_000);
//! policy.gap(Gap { began: Wall::from_ms(10_000), ended: Wall::from_ms(55_000), by: Ended::Arrival });
//! assert_eq!(policy.plan(Asked::at(Wall::from_ms(56_000))), Plan::keep_alive(45_000));
//! ```
//!
//! A policy is not asked at each tick whether to sleep. That would make it a second watcher, and its decision could not be
//! stated in advance, neither to the simulator's auditor nor to a person.

use crate::time::Wall;

/// What ended a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ended {
    /// A cron fire, whose time the gateway knew in advance.
    Timer,
    /// An arrival that nothing announced.
    Arrival,
}

/// A period without work and without an attached client.
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
    /// The length of the gap, in ms.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.ended.since(self.began)
    }
}

/// What is known when a plan is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Asked {
    /// The time. An arrival has just been taken and its work begins; a plan is also requested once at the start.
    pub now: Wall,
    /// The time of the gateway's next cron fire, if it has one.
    pub next_timer: Option<Wall>,
}

impl Asked {
    /// A request at `now`, with no cron fire to come.
    #[must_use]
    #[inline]
    pub const fn at(now: Wall) -> Self {
        Self { now, next_timer: None }
    }

    /// The same request with another [`next_timer`](Self::next_timer).
    #[must_use]
    #[inline]
    pub const fn with_next_timer(self, next_timer: Option<Wall>) -> Self {
        Self { next_timer, ..self }
    }
}

/// What to do in the next gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Plan {
    /// The idle timeout, in ms; 0: sleep at the next tick; `None`: do not sleep in this gap.
    pub keep_alive_ms: Option<u64>,
    /// Wake before the next arrival, if the gap lasts long enough.
    pub prewarm: Option<Prewarm>,
}

/// A wake in advance of an expected arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prewarm {
    /// Time from the end of work to the wake, in ms.
    pub after_ms: u64,
    /// How long to stay awake then, in ms; 0: until the next tick.
    pub keep_alive_ms: u64,
}

impl Plan {
    /// Do not sleep in this gap.
    pub const NEVER: Self = Self { keep_alive_ms: None, prewarm: None };

    /// Sleep after `ms` of idleness, until something arrives.
    #[must_use]
    pub const fn keep_alive(ms: u64) -> Self {
        Self { keep_alive_ms: Some(ms), prewarm: None }
    }

    /// The same plan with a wake in advance.
    #[must_use]
    pub const fn with_prewarm(self, prewarm: Prewarm) -> Self {
        Self { prewarm: Some(prewarm), ..self }
    }

    /// The idle timeout in the form the watcher takes: [`u64::MAX`] is never reached.
    #[must_use]
    pub const fn idle_timeout_ms(self) -> u64 {
        match self.keep_alive_ms {
            Some(ms) => ms,
            None => u64::MAX,
        }
    }
}

/// Chooses the idle timeout from gap to gap.
///
/// A policy learns from [`gap`](Self::gap) only. [`plan`](Self::plan) changes nothing, so a caller may ask at every arrival,
/// although most arrivals come while other work is in flight and begin no gap.
pub trait Policy {
    /// A gap has ended. Called in order of time, before the next plan is requested. The silence at the end of a recording is
    /// not reported: its true length is unknown.
    fn gap(&mut self, gap: Gap);

    /// The plan for the gap that begins when the work in flight has ended.
    fn plan(&self, asked: Asked) -> Plan;
}
