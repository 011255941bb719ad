//! The integers that an engine counts.

use crate::rows::Delays;

/// A class of missed work. Classes are always counted separately; [`Row::violations`](crate::rows::Row::violations) is their sum.
///
/// The discriminant is the index into [`Counts::violations`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Real work was in flight when a freeze landed; one per freeze.
    FrozenWork,
    /// A user-visible arrival was never handled, was sent into a dead session, overflowed the buffer, or failed.
    LostInbound,
    /// An arrival lay in the buffer, with no wake under way, for longer than a bound.
    StrandedInbound,
    /// A cron fire never ran.
    MissedCron,
    /// A cron fire started later than its grace.
    LateCron,
    /// An arrival was handled twice.
    Duplicate,
    /// The machine was frozen, and no arrival could have woken it; one per freeze.
    BlackHole,
    /// The machine was really idle for much longer than the timeout, but not asleep; one per idle stretch.
    NeverSleeps,
    /// Too many sleep cycles in an hour; one per such batch of cycles.
    Flapping,
    /// The published status was wrong for too long; one per stretch.
    WrongStatus,
}

impl Class {
    /// Every class, in column order.
    pub const ALL: [Self; 10] = [
        Self::FrozenWork,
        Self::LostInbound,
        Self::StrandedInbound,
        Self::MissedCron,
        Self::LateCron,
        Self::Duplicate,
        Self::BlackHole,
        Self::NeverSleeps,
        Self::Flapping,
        Self::WrongStatus,
    ];

    /// The name of the class in logs and pictures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FrozenWork => "frozen-work",
            Self::LostInbound => "lost-inbound",
            Self::StrandedInbound => "stranded-inbound",
            Self::MissedCron => "missed-cron",
            Self::LateCron => "late-cron",
            Self::Duplicate => "duplicate",
            Self::BlackHole => "black-hole",
            Self::NeverSleeps => "never-sleeps",
            Self::Flapping => "flapping",
            Self::WrongStatus => "wrong-status",
        }
    }
}

/// What ended a sleep. The discriminant is the index into [`Counts::wakes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WakeCause {
    /// A poke for a buffered inbound.
    Inbound,
    /// A cron fire over HTTP.
    Cron,
    /// An API call.
    Api,
    /// A client that connected or reconnected.
    Client,
    /// A crawler or health check.
    Probe,
    /// Anything else, for instance an operator.
    Other,
}

impl WakeCause {
    /// Every cause, in column order.
    pub const ALL: [Self; 6] = [Self::Inbound, Self::Cron, Self::Api, Self::Client, Self::Probe, Self::Other];

    /// The name of the cause in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Cron => "cron",
            Self::Api => "api",
            Self::Client => "client",
            Self::Probe => "probe",
            Self::Other => "other",
        }
    }
}

/// One violation, with its time and cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Violation {
    /// Wall time in ms from the trace's start: when the violation was established. For violations whose length is only
    /// known at their end (frozen work, an idle stretch that is too long): when they began.
    pub at_ms: u64,
    /// Its class.
    pub class: Class,
    /// Its length in ms, where the class has one (work was frozen, a message waited, an idle stretch was too long), else 0.
    pub held_ms: u64,
    /// The cause, in a few words.
    pub cause: &'static str,
}

/// Everything that is counted for a set of instances at one idle timeout. Integers only.
///
/// Fields are serialised by name, arrays in the order of [`WakeCause::ALL`] and [`Class::ALL`].
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Instances counted.
    pub instances: u64,
    /// Sum of the instances' horizons in ms; always `awake_ms + suspended_ms`.
    pub horizon_ms: u64,
    /// Time that is not frozen, in ms.
    pub awake_ms: u64,
    /// Frozen time in ms. Each sleep counts until its resume begins.
    pub suspended_ms: u64,
    /// Freezes that landed.
    pub suspends: u64,
    /// Quiesces that were abandoned.
    pub aborted: u64,
    /// Resumes by cause, indexed by [`WakeCause`].
    pub wakes: [u64; WakeCause::ALL.len()],
    /// Sleeps of less than 60 s that ended in a wake.
    pub short_sleeps: u64,
    /// Delays of the user-visible arrivals that were handled.
    pub delays: Delays,
    /// User-visible arrivals whose delay exceeds the lateness bound.
    pub late: u64,
    /// Time for which real work was frozen, summed over freezes, in ms.
    pub frozen_work_ms: u64,
    /// Violations by class, indexed by [`Class`].
    pub violations: [u64; Class::ALL.len()],
    /// User-visible arrivals, handled or not.
    pub user_arrivals: u64,
    /// What a clairvoyant could have slept, in ms.
    pub oracle_suspended_ms: u64,
}

impl Counts {
    /// Adds `other`: sums every field and unites the delays. This is commutative and associative once the delays are
    /// [sorted](Delays::sort), so any partition of a fleet by instance gives the same total.
    pub fn merge(&mut self, other: &Self) {
        self.instances += other.instances;
        self.horizon_ms += other.horizon_ms;
        self.awake_ms += other.awake_ms;
        self.suspended_ms += other.suspended_ms;
        self.suspends += other.suspends;
        self.aborted += other.aborted;
        for (mine, theirs) in self.wakes.iter_mut().zip(other.wakes) {
            *mine += theirs;
        }
        self.short_sleeps += other.short_sleeps;
        self.delays.merge(&other.delays);
        self.late += other.late;
        self.frozen_work_ms += other.frozen_work_ms;
        for (mine, theirs) in self.violations.iter_mut().zip(other.violations) {
            *mine += theirs;
        }
        self.user_arrivals += other.user_arrivals;
        self.oracle_suspended_ms += other.oracle_suspended_ms;
    }

    /// Splits the horizon into asleep and awake.
    pub(crate) fn settle(&mut self) {
        self.awake_ms = self.horizon_ms - self.suspended_ms;
    }

    /// All integers that replays add up, except the delays above zero, in an order of their own.
    #[inline]
    pub(crate) fn integers(&self) -> [u64; Self::INTEGERS] {
        let [w0, w1, w2, w3, w4, w5] = self.wakes;
        let [v0, v1, v2, v3, v4, v5, v6, v7, v8, v9] = self.violations;
        [
            self.suspended_ms,
            self.suspends,
            self.instances,
            self.horizon_ms,
            self.aborted,
            self.short_sleeps,
            self.late,
            self.frozen_work_ms,
            self.user_arrivals,
            self.delays.zeros(),
            w0,
            w1,
            w2,
            w3,
            w4,
            w5,
            v0,
            v1,
            v2,
            v3,
            v4,
            v5,
            v6,
            v7,
            v8,
            v9,
        ]
    }

    /// Sets all [integers](Self::integers) to zero.
    pub(crate) fn clear_integers(&mut self) {
        self.delays.clear_zeros();
        *self = Self { delays: std::mem::take(&mut self.delays), ..Self::default() };
    }

    /// The counts with these [integers](Self::integers).
    pub(crate) fn from_integers(integers: [u64; Self::INTEGERS]) -> Self {
        let [suspended_ms, suspends, instances, horizon_ms, aborted, short_sleeps, late, rest @ ..] =
            integers;
        let [frozen_work_ms, user_arrivals, zeros, rest @ ..] = rest;
        let [w0, w1, w2, w3, w4, w5, violations @ ..] = rest;
        let mut counts = Self {
            suspended_ms,
            suspends,
            instances,
            horizon_ms,
            aborted,
            short_sleeps,
            late,
            frozen_work_ms,
            user_arrivals,
            wakes: [w0, w1, w2, w3, w4, w5],
            violations,
            ..Self::default()
        };
        counts.delays.push_zeros(zeros);
        counts
    }

    /// The number of [integers](Self::integers).
    pub(crate) const INTEGERS: usize = 10 + WakeCause::ALL.len() + Class::ALL.len();

    /// The number of violations of all classes.
    #[must_use]
    pub fn violations_total(&self) -> u64 {
        self.violations.iter().sum()
    }
}
