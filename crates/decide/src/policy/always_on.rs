//! Always on.
//!
//! *Formula*: never sleep; costs `rho · Σ g`. *Parameters*: none. *Source*: what an operator pays without any sleeping.
//!
//! The upper reference: a policy that costs more than this is worse than doing nothing.

use dormouse_core::policy::Plan;

use crate::policy::fixed::Fixed;

/// Never sleeps.
#[must_use]
pub const fn always_on() -> Fixed {
    Fixed(Plan::NEVER)
}
