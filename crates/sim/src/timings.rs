//! The watcher's own durations.

use crate::parameter::Parameter;
use crate::parameter::Provenance::{Assumed, Measured, OurChoice};
use crate::parameter::parameters;

/// The durations of [`Settings`](dormouse_core::Settings), without the idle timeout, which a sweep varies.
pub(crate) const TIMINGS: &[Parameter] = parameters! { settings:
    "the watcher's timings" {
        /// From the end of one look to the next.
        tick_ms: u64, least 1 => Measured("");
        /// From arming to the first wait for a tick.
        settle_ms: u64 => Measured("");
        /// After an attempt, there is no other for this long.
        cooldown_ms: u64 => Measured("");
        /// The longest wait for the connector's answer to `going_idle`.
        ack_timeout_ms: u64 => Measured("");
        /// The longest wait for the answer of a direct lever.
        direct_lever_timeout_ms: u64 => Assumed("");
        /// The longest wait for the answer of a brokered lever.
        brokered_lever_timeout_ms: u64 => Measured("");
        /// The longest hold. The relay dials again after it, whether the hold was released or not.
        hold_max_ms: u64 => Measured("");
        /// After an accepted suspend, the relay must not dial for this long.
        fence_ms: u64 => Measured("");
        /// Between two looks at the fence.
        fence_slice_ms: u64, least 1 => Measured("");
        /// With `fence_on_evidence`: clocks that part by this much since the lever was pulled show a freeze.
        evidence_ms: u64, least 1 => OurChoice;
        /// With `fence_on_evidence`: a look at the fence that comes this much too late shows a freeze as well.
        late_look_ms: u64, least 1 => OurChoice;
        /// With `idle_since_activity`: how much of the timeout has to pass since the end of work.
        answer_ms: u64 => OurChoice;
        /// With `pace_sleeps`: after a message, there is no attempt for this long, however short the timeout.
        stay_ms: u64 => OurChoice;
        /// With `pace_sleeps`: on average, attempts end no more often than this.
        pace_ms: u64 => OurChoice;
    }
};
