//! Timings, and the switches that turn each fix on or off.
//!
//! Every fault that a watcher of this kind is known to have had is a switch: on is the fix, off is the old behaviour. So an
//! earlier design is a value of [`Settings`], not a fork of the code. Production uses [`Settings::default`], in which every
//! switch is on. The earlier designs are behind the feature `designs`, for simulators and tests.

#[cfg(feature = "designs")]
mod designs;

#[cfg(feature = "designs")]
pub use designs::{Design, UnknownDesign};

macro_rules! switches {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The switches. On is the fix; each field's documentation says what off does.
        ///
        /// Start from [`ALL_ON`](Self::ALL_ON), which is what production uses, or [`ALL_OFF`](Self::ALL_OFF), and assign fields.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub struct Switches {
            $($(#[$doc])* pub $name: bool,)*
        }

        impl Switches {
            /// Everything on.
            pub const ALL_ON: Self = Self { $($name: true,)* };
            /// Everything off.
            pub const ALL_OFF: Self = Self { $($name: false,)* };
            /// The names, in the order of the fields.
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
    /// Off: the idle predicate does not see background work.
    count_background,
    /// Off: the idle predicate does not see cron jobs.
    count_cron,
    /// Off: the idle predicate does not see API runs.
    count_api,
    /// Off: permanent service tasks count as background work, so the gateway is never idle.
    ignore_permanent_tasks,
    /// Off: the status stays `draining` after a wake.
    restore_status,
    /// Off: the watcher pulls no lever; the platform's own timer suspends, whatever the gateway is doing.
    own_suspend,
    /// Off: the watcher does not check again, after the quiesce, that the gateway is idle.
    recheck_after_quiesce,
    /// Off: quiesces although nothing will suspend the machine.
    abstain_without_lever,
    /// Off: the relay dials again one second after the close, which can undo the quiesce before the freeze lands.
    hold_redial,
    /// Off: closes the socket and suspends even if the connector did not acknowledge.
    require_ack,
    /// Off: the hold is released as soon as the lever accepts.
    freeze_fence,
    /// Off: an abandoned attempt is retried at the next tick.
    abort_cooldown,
    /// Off: channels that are known but disabled count as connected, so the watcher never arms where there are any.
    ignore_placeholders,
    /// Off: the arm gate is checked at start only.
    regate_each_tick,
    /// Off: heartbeats of attached clients do not count as activity.
    count_clients,
    /// Off: after an in-place resume with a brokered lever, messages wait until the hold ends by itself.
    wake_marker,
    /// Off: the idle clock starts at the last message. On: also at the end of work, after which only
    /// [`answer_ms`](Settings::answer_ms) has to pass if that is less than the timeout.
    idle_since_activity,
    /// Off: an attempt that was not acknowledged leaves the connection as it is; if the connector did flip, it buffers for a
    /// gateway that is awake. On: the gateway says hello again, which makes the connector deliver.
    renew_unacked,
    /// Off: a poke that reaches a machine about to sleep is lost. On: before the lever is pulled, it ends the attempt; after
    /// that, the watcher passes it on to the machine's own wake URL.
    heed_pokes,
    /// Off: work may begin between the second idle check and the freeze. On: it waits until the attempt is over.
    defer_work,
    /// Off: the second check is about work only. On: it includes the arm gate.
    regate_after_quiesce,
    /// Off: the fence ends after a fixed time, whether the freeze has landed or not. On: it ends when the clocks show a
    /// freeze, and otherwise when the hold does.
    fence_on_evidence,
    /// Off: sleeps as often as the predicate allows. On: never within the connector's poke cooldown after a message, and never
    /// so often that the machine flaps.
    pace_sleeps,
}

/// Everything the watcher is told at its start. Durations are in milliseconds.
///
/// [`Settings::default`] is what we recommend for production. Change a value with its `with_` method, or assign the field:
///
/// ```
/// use dormouse_core::Settings;
///
/// let settings = Settings::default().with_idle_timeout_ms(5 * 60_000);
/// assert_eq!(settings.idle_timeout_ms, 300_000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Settings {
    /// How long the gateway must have been idle before it sleeps; above zero.
    pub idle_timeout_ms: u64,
    /// Monotonic time from the end of one look to the next; above zero.
    pub tick_ms: u64,
    /// Monotonic time from the start to the beginning of the first tick.
    pub settle_ms: u64,
    /// Wall time after an attempt in which no other attempt begins.
    pub cooldown_ms: u64,
    /// Monotonic time to wait for the connector's answer to `going_idle`.
    pub ack_timeout_ms: u64,
    /// Monotonic time to wait for a direct lever's answer.
    pub direct_lever_timeout_ms: u64,
    /// Monotonic time to wait for a brokered lever's answer. Longer than the broker's own limit of 30 s, shorter than
    /// [`hold_max_ms`](Self::hold_max_ms).
    pub brokered_lever_timeout_ms: u64,
    /// The longest that the relay holds its re-dial, in monotonic time: it dials then, released or not.
    pub hold_max_ms: u64,
    /// Wall time after an accepted suspend in which the relay must not dial. Without `fence_on_evidence`.
    pub fence_ms: u64,
    /// Monotonic time between two looks at the fence; above zero.
    pub fence_slice_ms: u64,
    /// With `fence_on_evidence`: if the wall clock gained this much on the monotonic clock since the lever was pulled, the
    /// machine was frozen. More than a clock is ever stepped within those seconds, less than the shortest resume takes.
    pub evidence_ms: u64,
    /// With `fence_on_evidence`: a look at the fence that comes this much too late shows a freeze as well, of a process whose
    /// monotonic clock went on. More than a busy machine ever delays a timer.
    pub late_look_ms: u64,
    /// With `idle_since_activity`: how much of the timeout has to pass since the end of work.
    pub answer_ms: u64,
    /// With `pace_sleeps`: wall time after a message before which no attempt begins, however short the timeout. At least the
    /// time within which the connector sends no second poke.
    pub stay_ms: u64,
    /// With `pace_sleeps`: the shortest average wall time between two ends of attempts. At most two attempts come closer
    /// together, so with 190 s no hour has more than 20.
    pub pace_ms: u64,
    /// Which fixes are on.
    pub switches: Switches,
}

impl Settings {
    /// Our own design: every switch on. Work that ended half a minute ago no longer keeps the gateway awake, and the hold
    /// outlasts the slowest freeze, since only evidence of a freeze ends it earlier. The default timeout is 2 min.
    #[must_use]
    pub const fn dormouse() -> Self {
        Self { answer_ms: 30_000, hold_max_ms: 120_000, ..Self::base(Switches::ALL_ON, 2) }
    }

    /// What all designs have in common.
    const fn base(switches: Switches, idle_timeout_minutes: u64) -> Self {
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

    /// Do a broker's limit of 30 s, our limit for its call, and the hold end in this order?
    const fn limits_are_nested(&self) -> bool {
        30_000 < self.brokered_lever_timeout_ms && self.brokered_lever_timeout_ms < self.hold_max_ms
    }

    /// The same settings with other switches.
    #[must_use]
    pub const fn with_switches(self, switches: Switches) -> Self {
        Self { switches, ..self }
    }
}

const _: () = assert!(Settings::dormouse().limits_are_nested());

impl Default for Settings {
    /// [`Settings::dormouse`].
    fn default() -> Self {
        Self::dormouse()
    }
}

macro_rules! durations {
    ($($with:ident sets $field:ident,)*) => {
        impl Settings {$(
            #[doc = concat!("The same settings with another [`", stringify!($field), "`](Self::", stringify!($field), ").")]
            #[must_use]
            #[inline]
            pub const fn $with(self, ms: u64) -> Self {
                Self { $field: ms, ..self }
            }
        )*}
    };
}

durations! {
    with_idle_timeout_ms sets idle_timeout_ms,
    with_tick_ms sets tick_ms,
    with_settle_ms sets settle_ms,
    with_cooldown_ms sets cooldown_ms,
    with_ack_timeout_ms sets ack_timeout_ms,
    with_direct_lever_timeout_ms sets direct_lever_timeout_ms,
    with_brokered_lever_timeout_ms sets brokered_lever_timeout_ms,
    with_hold_max_ms sets hold_max_ms,
    with_fence_ms sets fence_ms,
    with_fence_slice_ms sets fence_slice_ms,
    with_evidence_ms sets evidence_ms,
    with_late_look_ms sets late_look_ms,
    with_answer_ms sets answer_ms,
    with_stay_ms sets stay_ms,
    with_pace_ms sets pace_ms,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_our_own_design_with_every_switch_on() {
        assert_eq!(Settings::default(), Settings::dormouse());
        assert_eq!(Settings::default().switches, Switches::ALL_ON);
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
}
