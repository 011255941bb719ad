//! What the benchmarks share: their inputs, and the habit of asserting their own answers.
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
//! Instructions, and the gate on them, are [`dormouse_hot_path`]'s.

pub mod inputs;
pub mod paired;
pub mod published;

/// Is this the quick run of the tests rather than a measurement?
pub const SMALL: bool = cfg!(debug_assertions);

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
