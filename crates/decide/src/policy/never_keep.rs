//! Never keep.
//!
//! *Formula*: T = 0: sleep at the watcher's next look; costs `W` a gap. *Parameters*: none. *Source*: the
//! shortest fixed timeout.
//!
//! If gaps have no memory, this policy is the best one when their mean is longer than `beta`, and [always
//! on](crate::policy::always_on) otherwise. With exponential gaps no timeout in between is better than both.

use crate::policy::fixed::Fixed;

/// Sleeps at once.
#[must_use]
pub const fn never_keep() -> Fixed {
    Fixed::at(0)
}
