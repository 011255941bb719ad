//! Assumptions about the world, and what counts as missed work under them.

use std::fmt;
use std::str::FromStr;

use dormouse_sim::rows::Class;
use dormouse_sim::{Fault, Faults, Setup, When};
use dormouse_trace::{Events, Kind};

/// A direct channel that connects within this time after the start is connected before any watcher's first attempt, in ms.
pub(crate) const DIRECT_BY_MS: u64 = 55_000;
/// The shortest idle timeout of the assumed profile, in ms: `dormouse` stays up for a minute after each message anyway.
pub(crate) const SHORTEST_TIMEOUT_MS: u64 = 60_000;
/// The assumed connector pokes again after this long while its buffer is not empty, in ms.
pub(crate) const REPOKE_MS: u64 = 10_000;
/// Extra delay of a slow freeze, in ms; short enough that a cron fire after it is not too late.
pub(crate) const SLOW_FREEZE_MS: u64 = 15_000;
/// The most pokes in a row that may fail or be lost.
pub(crate) const POKES: usize = 2;
/// The most times that each kind of fault strikes.
pub(crate) const STRIKES: usize = 2;

/// Which worlds are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Worlds in which the watcher `dormouse` promises to miss nothing.
    ///
    /// Either nothing goes wrong, or each kind of fault strikes once or twice and the connector pokes again
    /// every ten seconds while its buffer is not empty, regardless of earlier pokes. At most two pokes in total
    /// are lost. A freeze is at most 15 s late. Handled messages are not forgotten. A direct channel is
    /// connected from the start or not at all. The idle timeout is a minute or more. Platform, connector and
    /// relay behave as in `docs/model.md`, within wide ranges of latencies.
    ///
    /// With faults, [`Class::NeverSleeps`] does not count: an attempt that the world refused is not the
    /// watcher's fault, and two of them take longer than the allowed idle time.
    Assumed,
    /// Worlds in which anything may fail, any number of times, and every class counts.
    Anything,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 2] = [Self::Assumed, Self::Anything];

    /// The profile's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assumed => "assumed",
            Self::Anything => "anything",
        }
    }

    /// Does a violation of `class` count in the world of `setup`?
    #[must_use]
    pub fn counts(self, class: Class, setup: &Setup) -> bool {
        self == Self::Anything || class != Class::NeverSleeps || setup.world.faults == Faults::default()
    }

    /// Does the profile contain this world and this traffic? Only parameters that depend on each other are
    /// checked; the default of every parameter is within the profile.
    #[must_use]
    pub fn admits(self, setup: &Setup, events: &Events) -> bool {
        if self == Self::Anything {
            return true;
        }
        let world = &setup.world;
        let faults = &world.faults;
        let times = |when: &When| match when {
            When::Never => 0,
            When::Probability(_) => usize::MAX,
            When::At(times) => times.len(),
        };
        let pokes = times(&faults.poke_failed).saturating_add(times(&faults.poke_lost));
        let never = |when: &When| times(when) == 0;
        let forgets =
            !never(&faults.lost_snapshot) && !never(&faults.lost_entry_ack) && !world.dedupe_survives;
        let mended = *faults == Faults::default()
            || (1..=REPOKE_MS).contains(&world.repoke_ms)
                && world.poke_cooldown_ms == 0
                && world.slow_freeze_ms <= SLOW_FREEZE_MS;
        let mut kinds = events.kinds().iter().zip(events.at_ms());
        let direct_at = kinds.find(|(kind, _)| **kind == Kind::Direct).map_or(0, |(_, at)| *at);
        mended
            && !forgets
            && Fault::ALL.iter().all(|&fault| times(faults.when(fault)) <= STRIKES)
            && pokes <= POKES
            && direct_at <= DIRECT_BY_MS
            && setup.settings.idle_timeout_ms >= SHORTEST_TIMEOUT_MS
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = &'static str;

    /// Parses the name. `swarm`, the style of all draws, is an alias of the assumed profile.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "swarm" => Ok(Self::Assumed),
            name => Self::ALL
                .into_iter()
                .find(|profile| profile.name() == name)
                .ok_or("no such profile; there are assumed (also called swarm) and anything"),
        }
    }
}
