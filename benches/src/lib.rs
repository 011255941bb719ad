//! The hot path, the gate on its instruction counts, and what the benchmarks share: inputs and checked answers.
//!
//! # Wall time
//!
//! If the result of a benchmark is unused, the optimiser may remove the work. So each benchmark here first
//! computes its answer once, compares it with a constant in its own file, and prints it; then it is measured.
//!
//! The measured size is a million requests. `cargo test --all-targets` runs every benchmark once without
//! optimisation, so with debug assertions the inputs are small and have their own [answers](Answer).
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
//! Wall time on a shared machine says little about a change of a few per cent: the same binary drifted by 40 %
//! within a minute. The number of instructions is the same each time, under any load, and can therefore be a
//! *gate*:
//!
//! ```text
//! [path]  what is counted          -> benches/hot_path.rs, under valgrind -> count
//! instructions.toml, the figures that were kept                           -> figures   } -> a verdict each
//!
//! cargo run --release -p dormouse-benches --no-default-features --bin instructions
//! ```
//!
//! [`Figures::judge`] calls a count *slower* if it is more than [`TOLERANCE_PERCENT`] above the stored one, and
//! the command `instructions` then ends with 1. `tests/trip.rs` shows with real counts that a deliberate
//! slowdown is caught and a no-op change is not. Instruction counts do not show everything (cache misses, branch
//! mispredictions, threads); that is what the wall-time benchmarks are for.
//!
//! # Features
//!
//! All but `valgrind` are on by default. The gate turns them off and so builds only what it counts. The
//! comparison builds what its bench targets require, and whatever it was built with itself ([`features`]): then
//! nothing that both need is built twice.

pub mod count;
pub mod figures;
#[cfg(feature = "wall-time")]
pub mod inputs;
#[cfg(feature = "wall-time")]
pub mod paired;
pub mod path;
#[cfg(feature = "reports")]
pub mod published;
pub mod whole;

use std::path::{Path, PathBuf};

pub use figures::{Figures, GateVerdict, TOLERANCE_PERCENT};

/// Is this a quick run in tests and not a measurement?
pub const SMALL: bool = cfg!(debug_assertions);

/// The features of this package that this was built with, except `default`.
#[must_use]
pub fn features() -> Vec<&'static str> {
    let all = [
        ("wall-time", cfg!(feature = "wall-time")),
        ("reports", cfg!(feature = "reports")),
        ("production", cfg!(feature = "production")),
        ("fleets", cfg!(feature = "fleets")),
        ("valgrind", cfg!(feature = "valgrind")),
    ];
    all.into_iter().filter_map(|(name, on)| on.then_some(name)).collect()
}

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
    /// The answer for the small input of tests.
    pub small: u64,
    /// The answer for the measured input.
    pub full: u64,
}

impl Answer {
    /// The answer of a benchmark that has only one size of input.
    #[must_use]
    pub const fn always(answer: u64) -> Self {
        Self { small: answer, full: answer }
    }

    /// Prints `found`, the answer of the benchmark `of`, and checks it.
    ///
    /// # Panics
    /// If `found` is not the expected answer.
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
