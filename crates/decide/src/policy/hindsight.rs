//! The best fixed timeout in hindsight.
//!
//! *Formula*: T = argmin `Σ rho · min(g, T) + W · [g > T]` over all gaps of the whole trace. *Parameters*: none. *Source*: the
//! exact curve of [`dormouse_sim::ideal`].
//!
//! A reference and not a policy: it knows the future. Its distance from today's setting is what tuning can save.
//! Its distance from [`oracle`](crate::policy::oracle) is what only knowledge of the future could save.

use dormouse_core::policy::Plan;
use dormouse_sim::ideal::{Ideal, IdealPrice};

use crate::policy::fixed::Fixed;

/// The cheapest fixed timeout for these gaps (in ms, in any order); on a tie the shortest. It may be to never sleep.
#[must_use]
pub fn best_fixed(gaps_ms: impl IntoIterator<Item = u64>, wake_cost_ms: u64) -> Fixed {
    let best = Ideal::new(gaps_ms, []).best(IdealPrice { idle_ms: 1, wake: wake_cost_ms });
    Fixed(if best.timeout_ms == u64::MAX { Plan::NEVER } else { Plan::keep_alive(best.timeout_ms) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_that_are_worth_waiting_out_are_waited_out_and_no_others() {
        assert_eq!(best_fixed([5, 5, 5, 1000], 20), Fixed::at(5));
        assert_eq!(best_fixed([500, 1000], 20), Fixed::at(0));
        assert_eq!(best_fixed([5, 6, 7], 20), Fixed::at(7));
        // No gap is worth a wake: the timeout is then the longest gap, which nothing exceeds.
        assert_eq!(best_fixed([5, 1000], 5000), Fixed::at(1000));
    }
}
