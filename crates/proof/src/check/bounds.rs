//! The bounds of the search: how much happens, which faults strike, how long things take.

use dormouse_core::Settings;

/// One unit of time, in ms. Every duration in this module is a number of units.
pub(super) const UNIT_MS: u64 = 1000;

/// Upper bounds of what happens in one run of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Messages; at most 8.
    pub arrivals: u8,
    /// Requests from outside that begin work.
    pub requests: u8,
    /// Jobs that the gateway begins by itself.
    pub background: u8,
    /// Freezes.
    pub sleeps: u8,
    /// The faults that may strike, and how often.
    pub faults: FaultCounts,
    /// Does the connector poke again while its buffer is not empty, without a cooldown?
    pub repokes: bool,
    /// Does an HTTP request to a suspending machine resume it right after its freeze? Otherwise it is dropped.
    pub http_resumes: bool,
}

/// How often each fault may strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FaultCounts {
    /// `going_idle` does not reach the connector.
    pub going_idle: u8,
    /// The connector flips, and its ack does not reach the gateway.
    pub ack: u8,
    /// The lever refuses.
    pub refusal: u8,
    /// The lever does not answer, and nothing is suspended.
    pub silence: u8,
    /// The freeze takes `SLOW_FREEZE` units instead of `FREEZE`.
    pub slow_freeze: u8,
    /// A poke is lost on its way.
    pub poke: u8,
    /// A dial fails.
    pub dial: u8,
    /// The snapshot is lost: a cold start.
    pub snapshot: u8,
}

impl FaultCounts {
    /// The names of the fields.
    pub const NAMES: [&'static str; 8] =
        ["going_idle", "ack", "refusal", "silence", "slow_freeze", "poke", "dial", "snapshot"];

    /// Adds one to the fault called `name`; returns false if there is no such fault.
    pub fn add(&mut self, name: &str) -> bool {
        let Self { going_idle, ack, refusal, silence, slow_freeze, poke, dial, snapshot } = self;
        let fields = [going_idle, ack, refusal, silence, slow_freeze, poke, dial, snapshot];
        match Self::NAMES.iter().zip(fields).find(|(known, _)| **known == name) {
            Some((_, field)) => *field = field.saturating_add(1),
            None => return false,
        }
        true
    }
}

impl Bounds {
    /// Nothing happens, except that a request to a suspending machine resumes it.
    #[must_use]
    pub const fn nothing() -> Self {
        Self {
            arrivals: 0,
            requests: 0,
            background: 0,
            sleeps: 2,
            faults: FaultCounts {
                going_idle: 0,
                ack: 0,
                refusal: 0,
                silence: 0,
                slow_freeze: 0,
                poke: 0,
                dial: 0,
                snapshot: 0,
            },
            repokes: false,
            http_resumes: true,
        }
    }
}

/// The longest time for a message between gateway and connector, or for a poke; it may also take no time.
pub(super) const WIRE: u64 = 1;
/// The longest time for the lever to answer.
pub(super) const LEVER: u64 = 1;
/// The longest time from the accept to the freeze.
pub(super) const FREEZE: u64 = 3;
/// The longest time from the accept to a slow freeze.
pub(super) const SLOW_FREEZE: u64 = 6;
/// The duration of a resume.
pub(super) const RESUME: u64 = 1;
/// The time from a dormant close to the re-dial, and the longest time for a dial.
pub(super) const DIAL: u64 = 1;
/// The longest duration of work.
pub(super) const WORK: u64 = 2;
/// The minimum time between two pokes of the connector.
pub(super) const POKE_COOLDOWN: u64 = 2;
/// The delay of a repeated poke, for a connector that repeats pokes.
pub(super) const REPOKE: u64 = 2;
/// A message in the buffer for this long while the machine is up counts as stranded.
pub(super) const STRANDED: u64 = 6;
/// The longest time for which the status may be wrong.
pub(super) const WRONG_STATUS: u64 = 4;
/// A message or request must be handled within this time, plus [`A_FAULT`] for each fault.
pub(super) const HANDLED: u64 = 10;
/// An idle machine must be asleep within this time, plus [`A_FAULT`] for each fault.
pub(super) const ASLEEP: u64 = 14;
/// Extra time allowed for each fault.
pub(super) const A_FAULT: u64 = 8;
/// Longer sleeps are equivalent to a sleep of this length.
pub(super) const LONG_SLEEP: u64 = 3;

/// A watcher's settings with all durations reduced to a few units, in the same order as the real ones.
pub(super) fn in_units(real: Settings) -> Settings {
    real.with_idle_timeout_ms(3 * UNIT_MS)
        .with_tick_ms(UNIT_MS)
        .with_settle_ms(0)
        .with_cooldown_ms(2 * UNIT_MS)
        .with_ack_timeout_ms(3 * UNIT_MS)
        .with_direct_lever_timeout_ms(2 * UNIT_MS)
        .with_brokered_lever_timeout_ms(2 * UNIT_MS)
        .with_hold_max_ms(if real.hold_max_ms > 60_000 { 12 } else { 8 } * UNIT_MS)
        .with_fence_ms(4 * UNIT_MS)
        .with_fence_slice_ms(UNIT_MS)
        .with_evidence_ms(RESUME * UNIT_MS)
        .with_late_look_ms(u64::MAX)
        .with_answer_ms(real.answer_ms.min(UNIT_MS))
        .with_stay_ms(POKE_COOLDOWN * UNIT_MS)
        .with_pace_ms(4 * UNIT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_cut() {
        // Uses the debug form, so that a duration added to core later is not left out.
        let cut = format!("{:?}", in_units(Settings::dormouse()));
        let values = cut.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u64>().ok());
        let durations: Vec<u64> = values.filter(|&ms| ms != u64::MAX).collect();
        assert_eq!(durations.len(), 14, "{cut}");
        assert!(durations.iter().all(|&ms| ms <= 12 * UNIT_MS), "{cut}");
    }
}
