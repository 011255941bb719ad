//! Names of phases and reasons, for metrics, logs and tables. They are stable across versions.

use core::fmt;

use super::{Abandoned, Phase};

impl Phase {
    /// The names of all phases: `NAMES[phase.index()] == phase.name()`.
    pub const NAMES: [&'static str; 7] =
        ["off", "resting", "holding", "quiescing", "closing", "suspending", "fenced"];

    /// The index of the phase's name in [`NAMES`](Self::NAMES); the phase's fields do not matter.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Off => 0,
            Self::Resting { .. } => 1,
            Self::Holding => 2,
            Self::Quiescing { .. } => 3,
            Self::Closing => 4,
            Self::Suspending { .. } => 5,
            Self::Fenced { .. } => 6,
        }
    }

    /// The phase's name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self.index()]
    }
}

impl Abandoned {
    /// The reason's name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HoldRefused => "hold_refused",
            Self::NotAcked => "not_acked",
            Self::BusyAgain => "busy_again",
            Self::GateShut => "gate_shut",
            Self::Poked => "poked",
            Self::LeverRefused => "lever_refused",
            Self::LeverSilent => "lever_silent",
        }
    }
}

impl fmt::Display for Abandoned {
    /// The reason in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HoldRefused => "the hold was refused",
            Self::NotAcked => "no ack",
            Self::BusyAgain => "busy again",
            Self::GateShut => "the gate is shut",
            Self::Poked => "a message or request is waiting",
            Self::LeverRefused => "the lever refused",
            Self::LeverSilent => "the lever is silent",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Mono, Wall};
    use crate::watcher::Lever;

    #[test]
    fn each_phase_has_a_name_of_its_own() {
        let (at, lever) = (Mono::ZERO, Lever::Direct);
        let phases = [
            Phase::Off,
            Phase::Resting { tick_at: at },
            Phase::Holding,
            Phase::Quiescing { until: at },
            Phase::Closing,
            Phase::Suspending { until: at, lever },
            Phase::Fenced { accepted: Wall::ZERO, poll_at: at, lever },
        ];
        assert!(phases.map(Phase::name) == Phase::NAMES);
    }
}
