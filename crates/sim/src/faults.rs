//! Faults as data: what goes wrong, and when.

use serde::{Deserialize, Serialize};

use crate::draw::{Draws, Occasions};
use crate::parameter::{Parameter, Provenance};
use crate::value::{ParameterValue, written};

/// When a fault strikes: with a probability at each occasion, or once per listed time, at the first occasion from then on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(untagged)]
pub enum When {
    /// Never.
    #[default]
    Never,
    /// At each occasion with this probability, 0..=1.
    Probability(f64),
    /// Once per listed time, at the first occasion at or after it. Times are in ms from the trace's start, ascending.
    At(Vec<u64>),
}

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = $kind:ident,)+) => {
        /// All faults that can be simulated. Each is a probability (`0.01`) or a list of times in ms (`[60000]`).
        #[derive(Debug, Clone, PartialEq, Serialize, Default)]
        pub struct Faults {
            $($(#[doc = $doc])+ #[serde(skip_serializing_if = "When::is_never")] pub $name: When,)+
        }

        /// One of the [`Faults`]. The discriminant is the index into [`Fault::ALL`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault { $($(#[doc = $doc])+ $kind,)+ }

        impl Fault {
            /// Every fault, in the order of the fields of [`Faults`].
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The name, as in `faults.NAME`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($name),)+ }
            }
        }

        impl Faults {
            /// When `fault` strikes.
            #[must_use]
            pub fn when(&self, fault: Fault) -> &When {
                match fault { $(Fault::$kind => &self.$name,)+ }
            }

            /// When `fault` strikes, as a mutable reference.
            pub fn when_mut(&mut self, fault: Fault) -> &mut When {
                match fault { $(Fault::$kind => &mut self.$name,)+ }
            }
        }

        /// Each fault as a parameter, in the order of [`Fault::ALL`].
        pub(crate) const FAULTS: &[Parameter] = &[$(Parameter {
            name: concat!("faults.", stringify!($name)),
            section: "faults",
            kind: When::KIND,
            least: 0,
            source: Provenance::OurChoice,
            doc: concat!($($doc),+).trim_ascii(),
            get: |setup| written(&setup.world.faults.$name),
            set: |parameter, setup, value| {
                setup.world.faults.$name = When::read(value, parameter)?;
                Ok(())
            },
        },)+];
    };
}

faults! {
    /// `going_idle` is lost on its way: no flip, no ack.
    lost_going_idle = LostGoingIdle,
    /// The connector flips, but its ack is lost.
    lost_ack = LostAck,
    /// The lever refuses.
    lever_refused = LeverRefused,
    /// The lever does not answer, and nothing is suspended.
    lever_timeout = LeverTimeout,
    /// The freeze takes `slow_freeze_ms` longer.
    slow_freeze = SlowFreeze,
    /// The wake URL answers with an error: the connector knows, and its poke cooldown does not start.
    poke_failed = PokeFailed,
    /// The poke is swallowed on its way: the connector believes that it poked.
    poke_lost = PokeLost,
    /// A dial fails after its usual time.
    dial_failed = DialFailed,
    /// The snapshot is lost: the wake is a cold start, and what was in memory is gone.
    lost_snapshot = LostSnapshot,
    /// The work census cannot be read, for `unreadable_ms` from each named time, or at a look with this probability.
    unreadable_source = UnreadableSource,
    /// After a resume the wall clock lags by up to `clock_lag_ms`, never to before the freeze, for `clock_lag_for_ms`.
    clock_lag = ClockLag,
    /// The ack of a drained entry is lost: the connector sends it again at the next connect.
    lost_entry_ack = LostEntryAck,
}

impl When {
    fn is_never(&self) -> bool {
        *self == Self::Never
    }

    pub(crate) fn problem(&self) -> Option<&'static str> {
        match self {
            Self::Never => None,
            Self::Probability(p) => {
                (!(0.0..=1.0).contains(p)).then_some("is a probability, which lies between 0 and 1")
            }
            Self::At(times) => (!times.is_sorted()).then_some("lists times that do not ascend"),
        }
    }
}

/// The state of one instance's faults: how many listed times are used up, and the occasions that each fault has had.
#[derive(Clone)]
pub(crate) struct FaultState<'a> {
    faults: &'a Faults,
    draws: Draws,
    /// Whether any fault can strike. If not, occasions need no check.
    any: bool,
    occasions: Occasions<{ Fault::ALL.len() }>,
    spent: [usize; Fault::ALL.len()],
}

impl<'a> FaultState<'a> {
    pub(crate) fn new(faults: &'a Faults, draws: Draws) -> Self {
        let any = *faults != Faults::default();
        Self { faults, draws, any, occasions: Occasions::new(), spent: [0; _] }
    }

    /// Can any fault strike?
    pub(crate) const fn any(&self) -> bool {
        self.any
    }

    /// Does the fault strike at this occasion, at time `now` and after `events` events?
    #[inline]
    pub(crate) fn strikes(&mut self, fault: Fault, now: u64, events: u64) -> bool {
        self.any && self.strikes_at(fault, now, events)
    }

    fn strikes_at(&mut self, fault: Fault, now: u64, events: u64) -> bool {
        let i = fault as usize;
        match self.faults.when(fault) {
            When::Never => false,
            When::Probability(p) => {
                let ordinal = self.occasions.next(events, i);
                self.draws.strikes(*p, i as u64, ordinal)
            }
            When::At(times) => {
                let due = self.spent[i] < times.len() && times[self.spent[i]] <= now;
                self.spent[i] += usize::from(due);
                due
            }
        }
    }

    /// Is the fault present at `now`? Like [`strikes`](Self::strikes), but for a state instead of an occasion. With listed
    /// times, the fault lasts for `for_ms` from each of them; with a probability, it is drawn for each millisecond.
    /// Asking has no effect on later answers.
    #[inline]
    pub(crate) fn holds(&self, fault: Fault, now: u64, for_ms: u64) -> bool {
        self.any && self.holds_at(fault, now, for_ms)
    }

    fn holds_at(&self, fault: Fault, now: u64, for_ms: u64) -> bool {
        match self.faults.when(fault) {
            When::Never => false,
            When::Probability(p) => self.draws.strikes(*p, fault as u64, now),
            When::At(times) => times.iter().any(|&at| at <= now && now - at < for_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_time_strikes_once_at_the_first_occasion_from_then_on() {
        let faults = Faults { lost_ack: When::At(vec![100, 150]), ..Faults::default() };
        let mut state = FaultState::new(&faults, Draws::new(0, 0));
        let struck: Vec<bool> = [99, 160, 161, 162].map(|now| state.strikes(Fault::LostAck, now, 0)).to_vec();
        assert_eq!(struck, [false, true, true, false]);
        assert!(!state.strikes(Fault::LeverRefused, 160, 0));
    }

    #[test]
    fn a_probability_strikes_as_often_as_it_says() {
        let faults = Faults { poke_lost: When::Probability(0.3), ..Faults::default() };
        let mut state = FaultState::new(&faults, Draws::new(5, 6));
        let struck = (0..10_000).filter(|&now| state.strikes(Fault::PokeLost, now, now)).count();
        // Four standard errors: 4·sqrt(0.21·10000) = 183.
        assert!(struck.abs_diff(3000) < 183, "{struck}");
    }

    #[test]
    fn a_state_lasts_and_asking_does_not_change_it() {
        let faults = Faults { unreadable_source: When::At(vec![100]), ..Faults::default() };
        let state = FaultState::new(&faults, Draws::new(0, 0));
        let holds: Vec<bool> =
            [99, 100, 159, 160].map(|now| state.holds(Fault::UnreadableSource, now, 60)).to_vec();
        assert_eq!(holds, [false, true, true, false]);
    }
}
