//! Break-even.
//!
//! *Formula*: T = beta. *Parameters*: none. *Source*: Karlin, Manasse, Rudolph, Sleator, "Competitive snoopy caching" (1988), where
//! it is the ski-rental rule.
//!
//! It never pays more than twice what a clairvoyant pays, in any gap. Up to `beta` both pay the same; in a
//! longer gap this policy pays `rho · beta + W = 2 W`, the clairvoyant `W`. No deterministic rule without
//! knowledge of the traffic has a better bound.

use crate::policy::fixed::Fixed;

/// Sleeps after beta, the break-even gap.
#[must_use]
pub const fn break_even(wake_cost_ms: u64) -> Fixed {
    Fixed::at(wake_cost_ms)
}
