//! The basis of an answer, and the break-even gap.

use dormouse_sim::{Latency, World};
use serde::Serialize;

use crate::tune::order::ShuffleTest;
use crate::tune::price::Tariff;
use crate::tune::rolling::Rolling;

/// With fewer days of traffic than this there is a `too-little` warning.
pub const ENOUGH_DAYS: f64 = 14.0;
/// With fewer gaps than this there is a `too-little` warning.
pub const ENOUGH_GAPS: usize = 500;

/// The basis of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Basis {
    /// Days of traffic, of the longest instance.
    pub days: f64,
    /// The unit of resampling: `day`, `week` or `instance`.
    pub unit: &'static str,
    /// Number of resampled blocks.
    pub blocks: usize,
    /// Number of idle gaps, of all instances.
    pub gaps: usize,
    /// Share of the gaps that outlast the shorter of the two compared timeouts. All other gaps are the same at both.
    pub share_that_decides: f64,
    /// Number of gaps that would separate the two timeouts by the uniform bound; absent if it cannot be computed.
    pub gaps_needed: Option<u64>,
    /// The break-even gap: how long idling costs as much as a wake, all included, in ms; absent if idling is free.
    pub break_even_ms: Option<u64>,
    /// The rolling evaluation, fitted on the past and judged on the next block; absent with too few blocks.
    pub rolling: Option<Rolling>,
    /// Does the order of the gaps carry information beyond their lengths? Absent with too few gaps.
    pub order: Option<ShuffleTest>,
}

/// A reason to doubt the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The kind of warning: `unknown-price`, `too-little`, `regular`, `drift`, `censored`, `minutes`,
    /// `no-durations` or `neighbour-loses-work`.
    pub kind: &'static str,
    /// The text, a sentence.
    pub text: String,
}

/// The break-even gap in ms: the cost of a wake in money and waiting, divided by `rho`, plus the time awake that
/// a wake takes (quiesce, lever, freeze lag, resume). `None` if idling is free, so that no gap is long enough.
///
/// It is computed from the mean of each latency; the replay draws them.
#[must_use]
pub fn break_even_ms(world: &World, tariff: &Tariff) -> Option<u64> {
    let mean = |latency: &Latency| latency.mean_ms() as u64;
    let resume_ms = mean(&world.resume_ms);
    let awake_ms =
        world.going_idle_rtt_ms + mean(&world.lever_call_ms) + mean(&world.freeze_lag_ms) + resume_ms;
    let waiting_ms = mean(&world.poke_ms) + resume_ms + mean(&world.dial_ms);
    let besides = tariff.wake + tariff.waiting_ms * waiting_ms as f64;
    (tariff.awake_ms > 0.0).then(|| awake_ms.saturating_add((besides / tariff.awake_ms) as u64))
}

/// Number of independent gaps needed to see a difference of `share` wakes a gap, by the uniform bound: with 95 %
/// confidence, the cost of no timeout up to the break-even gap is off by more than `4 W sqrt(ln 40 / 2n)` a gap
/// (Dvoretzky, Kiefer, Wolfowitz; Massart 1990).
///
/// ```
/// use dormouse_decide::tune::gaps_needed;
/// // 0.24 W a gap from 500 gaps, 0.12 W from 2,000.
/// assert!((490..510).contains(&gaps_needed(0.2429).unwrap()) && (1_990..2_010).contains(&gaps_needed(0.1215).unwrap()));
/// assert_eq!(gaps_needed(0.0), None);
/// ```
#[must_use]
pub fn gaps_needed(share: f64) -> Option<u64> {
    let needed = 8.0 * libm::log(40.0) / (share * share);
    (needed.is_finite() && needed < 1e15).then_some(libm::ceil(needed) as u64)
}
