//! The random generator of a trial.

use dormouse_trace::keyed;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// Replaces a draw's ordinal, so that a search and the simulator never share draws.
const SEARCH: u64 = u64::from_le_bytes(*b"a search");

/// The random generator of one trial, keyed by the trial's seed.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(keyed([seed, 0, 0, SEARCH]))
    }

    /// A uniform integer below `bound`, which must be positive.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.random_range(0..bound)
    }

    /// True with probability 1 in `n`.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A random element of `all`, which must not be empty.
    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.0.random_range(0..all.len())]
    }

    /// A random subset, in order: each element with probability one half, or all of them if that leaves none.
    pub(crate) fn some_of<T: Copy>(&mut self, all: &[T]) -> Vec<T> {
        let some: Vec<T> = all.iter().copied().filter(|_| self.one_in(2)).collect();
        if some.is_empty() { all.to_vec() } else { some }
    }
}
