//! The hot path, the gate on its instructions, and what the benchmarks share: inputs, and the habit of asserting their own answers.
//!
//! # Wall time
//!
//! A benchmark whose answer nobody looks at measures whatever the optimiser left of it. Each one here therefore first
//! computes its answer once, compares it with a constant in its own file, and prints it; then it is measured.
//!
//! The measured size is a million requests. `cargo test --all-targets` runs every benchmark once, unoptimised, so with debug
//! assertions the same inputs are small, and have [answers](Answer) of their own.
//!
//! ```text
//! cargo bench -p dormouse-benches                  # everything, with criterion
//! cargo bench -p dormouse-benches --bench ratios   # the table of ratios in docs/performance.md
//! cargo test  -p dormouse-benches --all-targets    # each once
//!
//! cargo run --release -p dormouse-benches --bin compare -- --against HEAD~5    # two sides in turns
//! cargo run --release -p dormouse-benches --bin scaling -- --out folder        # cost against size
//! ```
//!
//! # Instructions
//!
//! Wall time on a shared machine says little about a change of a few per cent: the same binary was seen to drift by 40 %
//! within a minute. How many instructions it executes is the same each time, under any load, and can therefore be a *gate*:
//!
//! ```text
//! [path]  what is counted          -> benches/hot_path.rs, under valgrind -> count
//! instructions.toml, the figures that were kept                           -> figures   } -> a verdict each
//!
//! cargo run --release -p dormouse-benches --no-default-features --bin instructions
//! ```
//!
//! [`Figures::judge`] calls a count that is more than [`TOLERANCE_PERCENT`] above the one that was kept *slower*, and the
//! command `instructions` then ends with 1. `tests/trip.rs` shows with real counts that a deliberate slowdown is caught and
//! that a change of nothing is not. What instructions do not show (a cache that no longer suffices, a branch that is guessed
//! wrong, a second thread) is what the wall-time benchmarks are for.
//!
//! Whatever measures time needs the feature `wall-time`, which is on by default. The gate turns it off, and so builds what it
//! counts and no more: neither criterion nor the watcher, the connector, fleets or pictures.

pub mod count;
pub mod figures;
#[cfg(feature = "wall-time")]
pub mod inputs;
#[cfg(feature = "wall-time")]
pub mod paired;
pub mod path;
#[cfg(feature = "wall-time")]
pub mod published;
pub mod whole;

use std::path::{Path, PathBuf};

pub use figures::{Figures, TOLERANCE_PERCENT, Verdict};

/// Is this the quick run of the tests rather than a measurement?
pub const SMALL: bool = cfg!(debug_assertions);

/// The folder of the workspace.
///
/// # Panics
/// Never: the package lies in the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

/// The answer of a benchmark for both sizes of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// For the input of the tests.
    pub small: u64,
    /// For the input that is measured.
    pub full: u64,
}

impl Answer {
    /// The answer of a benchmark whose input has one size only.
    #[must_use]
    pub const fn always(answer: u64) -> Self {
        Self { small: answer, full: answer }
    }

    /// Prints `found`, the answer of the benchmark `of`.
    ///
    /// # Panics
    /// If it is another one than this.
    #[track_caller]
    pub fn check(self, of: &str, found: u64) {
        let expected = if SMALL { self.small } else { self.full };
        println!("{of}: the answer is {found}");
        assert_eq!(
            found, expected,
            "{of} is not what it was: mend the code, or this constant if the meaning changed"
        );
    }
}
