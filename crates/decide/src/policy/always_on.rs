//! Always on.
//!
//! *Formula*: never sleep; costs `rho · Σ g`. *Parameters*: none. *Source*: what one pays without any of this.
//!
//! The ruler at the upper end: whatever costs more than this is worse than doing nothing.

use dormouse_core::policy::Plan;

use crate::policy::fixed::Fixed;

/// Never sleeps.
#[must_use]
pub const fn always_on() -> Fixed {
    Fixed(Plan::NEVER)
}
