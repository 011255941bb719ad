//! Never keep.
//!
//! *Formula*: T = 0: asleep as soon as the watcher looks; costs `W` a gap. *Parameters*: none. *Source*: the other end of all
//! fixed timeouts.
//!
//! The best there is where gaps have no memory and are longer than `beta` in the mean: with exponential gaps either this or
//! [always on](crate::policy::always_on) is best, and nothing between.

use crate::policy::fixed::Fixed;

/// Sleeps at once.
#[must_use]
pub const fn never_keep() -> Fixed {
    Fixed::at(0)
}
