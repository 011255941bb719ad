//! Timings, switches and the named designs.
//!
//! Everything that ever went wrong in a watcher of this kind is a switch, so that each past design is a value and not a
//! fork of the code. On is the cure; off is the old behaviour.

use core::fmt;
use core::str::FromStr;

macro_rules! switches {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The switches. On is the cure, off the old behaviour that each field's doc describes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct Switches {
            $($(#[$doc])* pub $name: bool,)*
        }

        impl Switches {
            /// Everything on.
            pub const ALL_ON: Self = Self { $($name: true,)* };
            /// Everything off.
            pub const ALL_OFF: Self = Self { $($name: false,)* };
            /// The names, in order of the fields.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The switch called `name`; `None` if there is none.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<bool> {
                match name {
                    $(stringify!($name) => Some(self.$name),)*
                    _ => None,
                }
            }

            /// Sets the switch called `name`; false if there is none.
            pub fn set(&mut self, name: &str, on: bool) -> bool {
                match name {
                    $(stringify!($name) => self.$name = on,)*
                    _ => return false,
                }
                true
            }
        }
    };
}

switches! {
    /// Off: background work is invisible to the idle predicate.
    count_background,
    /// Off: cron jobs are invisible to the idle predicate.
    count_cron,
    /// Off: API runs are invisible to the idle predicate.
    count_api,
    /// Off: permanent service tasks count as background work, so the gateway is never idle.
    ignore_permanent_tasks,
    /// Off: the status stays `draining` after a wake.
    restore_status,
    /// Off: the watcher pulls no lever; the platform's own timer suspends, whatever the gateway is doing.
    own_suspend,
    /// Off: the second question, after the quiesce, is not asked.
    recheck_after_quiesce,
    /// Off: quiesces although nothing will suspend.
    abstain_without_lever,
    /// Off: the dormant re-dial fires a second after the close and can unflip before the freeze lands.
    hold_redial,
    /// Off: the socket is closed and the machine suspended although the flip was never acked.
    require_ack,
    /// Off: the hold is released as soon as the lever accepted.
    freeze_fence,
    /// Off: an abandoned attempt is retried at the next tick.
    abort_cooldown,
    /// Off: platforms that are known but disabled count as connected, so the watcher is never armed where there are any.
    ignore_placeholders,
    /// Off: the relay-only gate is asked at start only.
    regate_each_tick,
    /// Off: client heartbeats are not folded into the inbound clock.
    count_clients,
    /// Off: on a brokered platform the drain waits for the hold's ceiling after an in-place resume.
    wake_marker,
    /// Off: the idle clock starts at the last inbound; on: at the last inbound or end of work, of which
    /// [`answer_ms`](Settings::answer_ms) at most has to pass.
    idle_since_activity,
    /// Off: an attempt whose ack did not come leaves the connection as it is, and a connector that flipped all the same
    /// buffers for a gateway that is up. On: the gateway says hello again, which unflips.
    renew_unacked,
    /// Off: a poke that reaches a machine on its way to sleep is spent. On: until the lever is pulled it ends the attempt;
    /// from then on it is passed on to the machine's own wake URL.
    heed_pokes,
    /// Off: work begins also between the second question and the freeze. On: it waits until the attempt is over.
    defer_work,
    /// Off: the second question is about work only. On: it asks the relay-only gate, too.
    regate_after_quiesce,
    /// Off: the fence ends after its time, whether the freeze has landed or not. On: it ends when the clocks show a freeze,
    /// and without one at the hold's ceiling.
    fence_on_evidence,
    /// Off: sleeps as often as the predicate allows. On: never within the connector's poke cooldown of a message, and never
    /// so often that it flaps.
    pace_sleeps,
}

/// Everything the watcher is told at its start. Durations in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settings {
    /// How long the gateway must have been idle; above zero.
    pub idle_timeout_ms: u64,
    /// Monotonic time from the end of one look to the next; above zero.
    pub tick_ms: u64,
    /// Monotonic time from arming to the first wait for a tick.
    pub settle_ms: u64,
    /// Wall time after an attempt during which there is no other.
    pub cooldown_ms: u64,
    /// Monotonic time to wait for the connector's answer to `going_idle`.
    pub ack_timeout_ms: u64,
    /// Monotonic time to wait for a lever on the machine itself.
    pub direct_lever_timeout_ms: u64,
    /// Monotonic time to wait for a broker's lever. The broker's own limit is 30 s and the hold's ceiling 60 s; this lies between.
    pub brokered_lever_timeout_ms: u64,
    /// The hold's ceiling in monotonic time: the relay re-dials then, released or not.
    pub hold_max_ms: u64,
    /// Wall time after an accepted suspend during which the relay must not re-dial.
    pub fence_ms: u64,
    /// Monotonic time between two looks at the fence; above zero.
    pub fence_slice_ms: u64,
    /// Clocks that part by this much since the lever was pulled show a freeze, with `fence_on_evidence`. More than a
    /// clock is ever stepped in those seconds, less than the shortest resume.
    pub evidence_ms: u64,
    /// A look at the fence that comes so much too late shows a freeze as well: that of a process whose monotonic clock
    /// went on. More than a busy machine ever delays a timer.
    pub late_look_ms: u64,
    /// With `idle_since_activity`: how much of the timeout has to pass since the end of work.
    pub answer_ms: u64,
    /// With `pace_sleeps`: wall time after a message before which there is no attempt, however short the timeout. No less
    /// than the time within which the connector sends no second poke.
    pub stay_ms: u64,
    /// With `pace_sleeps`: attempts end no more often than this on average, and at most two of them closer together: with
    /// 190 s no hour has more than 20.
    pub pace_ms: u64,
    /// Which of the old faults are cured.
    pub switches: Switches,
}

/// A broker gives up after 30 s, we after 40 s, the hold after 60 s: pinned, so that no two of them can change places.
const _: () = {
    let s = Settings::with(Switches::ALL_ON, 2);
    assert!(30_000 < s.brokered_lever_timeout_ms && s.brokered_lever_timeout_ms < s.hold_max_ms);
};

impl Settings {
    const fn with(switches: Switches, idle_timeout_minutes: u64) -> Self {
        Self {
            idle_timeout_ms: idle_timeout_minutes * 60_000,
            tick_ms: 30_000,
            settle_ms: 30_000,
            cooldown_ms: 60_000,
            ack_timeout_ms: 10_000,
            direct_lever_timeout_ms: 10_000,
            brokered_lever_timeout_ms: 40_000,
            hold_max_ms: 60_000,
            fence_ms: 15_000,
            fence_slice_ms: 250,
            evidence_ms: 100,
            late_look_ms: 2000,
            answer_ms: 1 << 50, // longer than any trace
            stay_ms: 60_000,
            pace_ms: 190_000,
            switches,
        }
    }

    /// The first design: only background work is counted; the platform's own timer suspends. Default timeout 5 min.
    #[must_use]
    pub const fn phase0() -> Self {
        Self::with(Switches { count_background: true, ..Switches::ALL_OFF }, 5)
    }

    /// The watcher pulls the lever itself and sees all work, but trusts the quiesce to hold by luck. Default timeout 5 min.
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
        Self::with(switches, 5)
    }

    /// The quiesce is acked, held and fenced, and an abandoned attempt cools down. Default timeout 5 min.
    #[must_use]
    pub const fn fenced() -> Self {
        let switches = Switches {
            hold_redial: true,
            require_ack: true,
            freeze_fence: true,
            abort_cooldown: true,
            ..Self::self_suspend().switches
        };
        Self::with(switches, 5)
    }

    /// Today's public best: also asks the gate each tick, counts clients and reads the wake marker. Default timeout 2 min.
    #[must_use]
    pub const fn current() -> Self {
        let switches = Switches {
            regate_each_tick: true,
            count_clients: true,
            wake_marker: true,
            ..Self::fenced().switches
        };
        Self::with(switches, 2)
    }

    /// Ours: every switch on. An answer may take half a minute after the end of work, and the hold outlasts the slowest
    /// freeze, since nothing but evidence of one ends it before. Default timeout 2 min.
    #[must_use]
    pub const fn dormouse() -> Self {
        Self { answer_ms: 30_000, hold_max_ms: 120_000, ..Self::with(Switches::ALL_ON, 2) }
    }
}

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

    /// The name as people write it.
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
    fn switches_are_set_by_name() {
        let mut switches = Switches::ALL_OFF;
        for name in Switches::NAMES {
            assert!(switches.set(name, true));
        }
        assert_eq!(switches, Switches::ALL_ON);
        assert!(!switches.set("hold_redail", true));
        assert_eq!(switches.get("hold_redail"), None);
    }

    #[test]
    fn names_parse_back_and_an_unknown_one_is_told_all_of_them() {
        for design in Design::ALL {
            assert_eq!(design.to_string().parse(), Ok(design));
            assert!(UnknownDesign.to_string().contains(design.name()), "{design}");
        }
        assert_eq!("Current".parse::<Design>(), Err(UnknownDesign));
    }
}
