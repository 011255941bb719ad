//! Break-even.
//!
//! *Formula*: T = beta. *Parameters*: none. *Source*: Karlin, Manasse, Rudolph, Sleator, "Competitive snoopy caching" (1988), where
//! it is the ski-rental rule.
//!
//! It never pays more than twice what a clairvoyant pays, gap by gap: up to `beta` both pay the same, and behind it this one pays
//! `rho · beta + W = 2 W`, the other `W`. No rule that draws nothing at random and knows nothing of the traffic can promise less.

use crate::policy::fixed::Fixed;

/// Stays as long as a wake is worth.
#[must_use]
pub const fn break_even(wake_cost_ms: u64) -> Fixed {
    Fixed::at(wake_cost_ms)
}
