//! The hot path, and the gate that counts its instructions.
//!
//! Wall time on a shared machine says little about a change of a few per cent: the same binary was seen to drift by 40 %
//! within a minute. How many instructions it executes is the same each time, under any load, and can therefore be a *gate*:
//!
//! ```text
//! [path]  what is counted          -> benches/hot_path.rs, under valgrind -> count
//! instructions.toml, the figures that were kept                           -> figures   } -> a verdict each
//! ```
//!
//! [`Figures::judge`] calls a count that is more than [`TOLERANCE_PERCENT`] above the one that was kept *slower*, and the
//! command `instructions` then ends with 1. `tests/trip.rs` shows with real counts that a deliberate slowdown is caught and
//! that a change of nothing is not. What instructions do not show (a cache that no longer suffices, a branch that is guessed
//! wrong, a second thread) is what the wall-time benchmarks of `dormouse-benches` are for.
//!
//! The package stands apart from `dormouse-benches`, so that the gate builds what it counts and no more.

pub mod count;
pub mod figures;
pub mod path;
pub mod whole;

pub use figures::{Figures, TOLERANCE_PERCENT, Verdict};
