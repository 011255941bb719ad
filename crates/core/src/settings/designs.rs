//! The named designs, from the first public watcher to our own.

use core::fmt;
use core::str::FromStr;

use super::{Settings, Switches};

impl Settings {
    /// The first design: counts background work only, and leaves the suspend to the platform's own timer. Default timeout
    /// 5 min.
    #[must_use]
    pub const fn phase0() -> Self {
        Self::base(Switches { count_background: true, ..Switches::ALL_OFF }, 5)
    }

    /// The watcher pulls the lever itself and counts all work, but nothing keeps the relay from dialling again before the
    /// freeze. Default timeout 5 min.
    #[must_use]
    pub const fn self_suspend() -> Self {
        let switches = Switches {
            count_cron: true,
            count_api: true,
            ignore_placeholders: true,
            ignore_permanent_tasks: true,
            restore_status: true,
            own_suspend: true,
            recheck_after_quiesce: true,
            abstain_without_lever: true,
            ..Self::phase0().switches
        };
        Self::base(switches, 5)
    }

    /// The quiesce is acknowledged, held and fenced, and an abandoned attempt has a cooldown. Default timeout 5 min.
    #[must_use]
    pub const fn fenced() -> Self {
        let switches = Switches {
            hold_redial: true,
            require_ack: true,
            freeze_fence: true,
            abort_cooldown: true,
            ..Self::self_suspend().switches
        };
        Self::base(switches, 5)
    }

    /// Today's public best: also checks the gate at each tick, counts clients and reads the wake marker. Default timeout
    /// 2 min.
    #[must_use]
    pub const fn current() -> Self {
        let switches = Switches {
            regate_each_tick: true,
            count_clients: true,
            wake_marker: true,
            ..Self::fenced().switches
        };
        Self::base(switches, 2)
    }
}

const _: () = assert!(Settings::current().limits_are_nested());

/// A named design, in order of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Design {
    /// [`Settings::phase0`].
    Phase0,
    /// [`Settings::self_suspend`].
    SelfSuspend,
    /// [`Settings::fenced`].
    Fenced,
    /// [`Settings::current`].
    Current,
    /// [`Settings::dormouse`].
    Dormouse,
}

impl Design {
    /// Every design, oldest first.
    pub const ALL: [Self; 5] = [Self::Phase0, Self::SelfSuspend, Self::Fenced, Self::Current, Self::Dormouse];

    /// The name on the command line and in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phase0 => "phase0",
            Self::SelfSuspend => "self-suspend",
            Self::Fenced => "fenced",
            Self::Current => "current",
            Self::Dormouse => "dormouse",
        }
    }

    /// The design's settings.
    #[must_use]
    pub const fn settings(self) -> Settings {
        match self {
            Self::Phase0 => Settings::phase0(),
            Self::SelfSuspend => Settings::self_suspend(),
            Self::Fenced => Settings::fenced(),
            Self::Current => Settings::current(),
            Self::Dormouse => Settings::dormouse(),
        }
    }
}

impl fmt::Display for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No design has that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownDesign;

impl fmt::Display for UnknownDesign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such watcher; there are phase0, self-suspend, fenced, current and dormouse")
    }
}

impl core::error::Error for UnknownDesign {}

impl FromStr for Design {
    type Err = UnknownDesign;

    fn from_str(name: &str) -> Result<Self, UnknownDesign> {
        Self::ALL.into_iter().find(|d| d.name() == name).ok_or(UnknownDesign)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;
    use std::vec::Vec;

    use super::*;

    fn on(design: Design) -> impl Iterator<Item = &'static str> {
        let switches = design.settings().switches;
        Switches::NAMES.iter().copied().filter(move |name| switches.get(name) == Some(true))
    }

    #[test]
    fn each_design_only_adds_switches_to_the_one_before() {
        for (before, after) in Design::ALL.into_iter().zip(&Design::ALL[1..]) {
            let lost: Vec<_> = on(before).filter(|name| on(*after).all(|kept| kept != *name)).collect();
            assert_eq!(lost, [""; 0], "{before} -> {after}");
            assert!(on(before).count() < on(*after).count());
        }
    }

    #[test]
    fn the_oldest_counts_background_only_and_ours_has_everything() {
        assert!(on(Design::Phase0).eq(["count_background"]));
        assert!(on(Design::Dormouse).eq(Switches::NAMES.iter().copied()));
        assert_eq!(
            Design::Current.settings().switches,
            Switches {
                idle_since_activity: false,
                renew_unacked: false,
                heed_pokes: false,
                defer_work: false,
                regate_after_quiesce: false,
                fence_on_evidence: false,
                pace_sleeps: false,
                ..Switches::ALL_ON
            }
        );
    }

    #[test]
    fn names_parse_back_and_the_error_for_an_unknown_one_lists_them_all() {
        for design in Design::ALL {
            assert_eq!(design.to_string().parse(), Ok(design));
            assert!(UnknownDesign.to_string().contains(design.name()), "{design}");
        }
        assert_eq!("Current".parse::<Design>(), Err(UnknownDesign));
    }
}
