//! How much happens, what may go wrong, and how long things take.

use dormouse_core::Settings;

/// One unit of time, in ms. Every duration in here is a number of them.
pub(super) const UNIT_MS: u64 = 1000;

/// What may happen, at most, in one run of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Messages; at most 8.
    pub arrivals: u8,
    /// Requests from outside that begin work.
    pub requests: u8,
    /// Work that the gateway begins by itself.
    pub background: u8,
    /// Freezes.
    pub sleeps: u8,
    /// What may go wrong, and how often.
    pub faults: FaultCounts,
    /// Does the connector poke again while something waits, and without a cooldown?
    pub repokes: bool,
    /// Does HTTP resume a machine that is suspending right after its freeze? Otherwise it is swallowed.
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
    /// A poke is swallowed on its way.
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

    /// One more of the fault called `name`; false if there is none.
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
    /// Nothing ever happens; the platform resumes a suspending machine that somebody calls.
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

/// A message on its way between gateway and connector, or a poke, takes from nothing to this long.
pub(super) const WIRE: u64 = 1;
/// The lever answers within this.
pub(super) const LEVER: u64 = 1;
/// From the accept to the freeze, at most.
pub(super) const FREEZE: u64 = 3;
/// The same for a slow one.
pub(super) const SLOW_FREEZE: u64 = 6;
/// A resume takes this long.
pub(super) const RESUME: u64 = 1;
/// From a dormant close to the re-dial, and a dial at most.
pub(super) const DIAL: u64 = 1;
/// Work takes at most this.
pub(super) const WORK: u64 = 2;
/// The connector sends no second poke within this.
pub(super) const POKE_COOLDOWN: u64 = 2;
/// A connector that pokes again does so after this.
pub(super) const REPOKE: u64 = 2;
/// What lies in a buffer this long while the machine is up has been forgotten.
pub(super) const STRANDED: u64 = 6;
/// A status may be wrong for this long.
pub(super) const WRONG_STATUS: u64 = 4;
/// A message or request is handled within this, and [`A_FAULT`] more for each fault.
pub(super) const HANDLED: u64 = 10;
/// An idle machine is asleep after this, and [`A_FAULT`] more for each fault.
pub(super) const ASLEEP: u64 = 14;
/// How much longer everything may take for each fault.
pub(super) const A_FAULT: u64 = 8;
/// A machine that sleeps longer than this does not differ from one that sleeps this long.
pub(super) const LONG_SLEEP: u64 = 3;

/// A watcher's settings with all durations cut to a few units. Their order is that of the real ones.
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
        // By its debug form, so that a duration that core adds later is not left out.
        let cut = format!("{:?}", in_units(Settings::dormouse()));
        let values = cut.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u64>().ok());
        let durations: Vec<u64> = values.filter(|&ms| ms != u64::MAX).collect();
        assert_eq!(durations.len(), 14, "{cut}");
        assert!(durations.iter().all(|&ms| ms <= 12 * UNIT_MS), "{cut}");
    }
}
