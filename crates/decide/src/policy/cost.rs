//! What a plan costs in a gap, in a world without latencies.
//!
//! ```text
//! f(g, T) = min(g, T) + beta · [g > T]          in ms of idle time
//! ```
//!
//! For a plan with a prewarm, the cost is its time awake until the gap ends, and beta for each wake.

use dormouse_core::policy::{Plan, Prewarm};

/// What `plan` costs in a gap of `gap_ms`, in ms of idle time.
#[must_use]
pub fn cost_ms(plan: Plan, gap_ms: u64, wake_cost_ms: u64) -> u64 {
    awake_ms(plan, gap_ms).saturating_add(wake_cost_ms.saturating_mul(wakes(plan, gap_ms)))
}

/// What it costs in a silence of `silence_ms` that the horizon cuts off, in ms of idle time. No arrival ends it,
/// so the only wake is the plan's prewarm.
#[must_use]
pub fn silence_cost_ms(plan: Plan, silence_ms: u64, wake_cost_ms: u64) -> u64 {
    let own = u64::from(prewarm_in(plan, silence_ms).is_some());
    awake_ms(plan, silence_ms).saturating_add(wake_cost_ms.saturating_mul(own))
}

/// The prewarm, if it falls into the gap.
fn prewarm_in(plan: Plan, gap_ms: u64) -> Option<Prewarm> {
    plan.prewarm.filter(|wake| plan.idle_timeout_ms() < wake.after_ms && wake.after_ms < gap_ms)
}

fn awake_ms(plan: Plan, gap_ms: u64) -> u64 {
    let again = prewarm_in(plan, gap_ms).map_or(0, |wake| wake.keep_alive_ms.min(gap_ms - wake.after_ms));
    plan.idle_timeout_ms().min(gap_ms) + again
}

fn wakes(plan: Plan, gap_ms: u64) -> u64 {
    if gap_ms <= plan.idle_timeout_ms() {
        return 0;
    }
    match prewarm_in(plan, gap_ms) {
        // At the end of the gap the machine is awake from its prewarm, or asleep again.
        Some(wake) => 1 + u64::from(gap_ms > wake.after_ms.saturating_add(wake.keep_alive_ms)),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_costs_what_is_idled_and_a_wake_if_it_is_longer_than_the_timeout() {
        let at = |plan, gaps: [u64; 3]| gaps.map(|gap| cost_ms(plan, gap, 20));
        assert_eq!(at(Plan::keep_alive(10), [9, 10, 11]), [9, 10, 30]);
        assert_eq!(at(Plan::keep_alive(0), [0, 1, 1000]), [0, 20, 20]);
        assert_eq!(at(Plan::NEVER, [0, 1, 1000]), [0, 1, 1000]);
        assert_eq!(silence_cost_ms(Plan::keep_alive(10), 1000, 20), 10);
    }

    #[test]
    fn a_wake_of_its_own_is_paid_and_spares_the_other() {
        let plan = Plan::keep_alive(0).with_prewarm(Prewarm { after_ms: 100, keep_alive_ms: 50 });
        // The gap ends before the prewarm; while the machine is awake from it; after it sleeps again.
        assert_eq!([100, 130, 151].map(|gap| cost_ms(plan, gap, 20)), [20, 50, 90]);
        assert_eq!(silence_cost_ms(plan, 1000, 20), 70);
    }
}
