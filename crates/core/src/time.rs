//! Two clocks, and a type for each.
//!
//! While a machine is frozen, its wall clock goes on and its monotonic clock stands still. (A freeze of 252 s was seen to move the
//! monotonic clock by 0.5 s.) Ticks, holds and timeouts are monotonic; the idle clock and the cooldown are wall time. Mixing the
//! two has caused real bugs, so here it does not compile:
//!
//! ```compile_fail
//! use dormouse_core::{Mono, Wall};
//! let _ = Wall::from_ms(5) > Mono::from_ms(5);
//! ```

use core::fmt;

macro_rules! clock {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(u64);

        impl $name {
            /// The origin of the clock.
            pub const ZERO: Self = Self(0);
            /// Later than every reading.
            pub const MAX: Self = Self(u64::MAX);

            /// The reading `ms` milliseconds after the origin.
            #[must_use]
            #[inline]
            pub const fn from_ms(ms: u64) -> Self {
                Self(ms)
            }

            /// Milliseconds since the origin.
            #[must_use]
            #[inline]
            pub const fn as_ms(self) -> u64 {
                self.0
            }

            /// The reading `ms` later; [`MAX`](Self::MAX) at most.
            #[must_use]
            #[inline]
            pub const fn plus(self, ms: u64) -> Self {
                Self(self.0.saturating_add(ms))
            }

            /// Milliseconds from `earlier` to `self`; 0 if `earlier` is later.
            #[must_use]
            #[inline]
            pub const fn since(self, earlier: Self) -> u64 {
                self.0.saturating_sub(earlier.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
            }
        }
    };
}

clock! {
    /// A wall-clock reading in milliseconds. Goes on while the machine is frozen.
    Wall
}

clock! {
    /// A monotonic reading in milliseconds. Stands still while the machine is frozen.
    Mono
}

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Now {
    /// The wall clock.
    pub wall: Wall,
    /// The monotonic clock.
    pub mono: Mono,
}

impl Now {
    /// Both clocks at their origin.
    pub const ZERO: Self = Self { wall: Wall::ZERO, mono: Mono::ZERO };

    /// How much the wall clock has gained on the monotonic clock since `earlier`, in ms: how long the machine was frozen, if its
    /// monotonic clock stands still then. 0 if it has gained nothing.
    #[must_use]
    pub const fn parted_since(self, earlier: Self) -> u64 {
        self.wall.since(earlier.wall).saturating_sub(self.mono.since(earlier.mono))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn clocks_saturate_at_both_ends() {
        assert_eq!(Wall::MAX.plus(1), Wall::MAX);
        assert_eq!(Mono::from_ms(3).since(Mono::from_ms(5)), 0);
        assert_eq!(Mono::from_ms(5).since(Mono::from_ms(3)), 2);
    }

    #[test]
    fn a_reading_is_written_in_seconds_to_the_millisecond() {
        assert_eq!(Wall::from_ms(120_060).to_string(), "120.060");
        assert_eq!(Mono::from_ms(7).to_string(), "0.007");
    }

    #[test]
    fn clocks_part_by_what_the_wall_clock_gains_and_never_by_less_than_zero() {
        let now = |wall, mono| Now { wall: Wall::from_ms(wall), mono: Mono::from_ms(mono) };
        assert_eq!(now(1500, 700).parted_since(now(1000, 500)), 300);
        assert_eq!(now(1100, 700).parted_since(now(1000, 500)), 0);
    }
}
