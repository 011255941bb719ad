//! Each instance at its own best timeout, against one for all.

use dormouse_rows::Counts;
use serde::{Deserialize, Serialize};

/// What each instance would choose of the timeouts that were asked about, if it could have its own.
///
/// The cost of an instance at a timeout is that of decide.md's `C(T)`, with what really happened in the place of the ideal gaps:
///
/// ```text
/// cost(T) = awake_ms(T) + beta_ms * wakes(T)
/// ```
///
/// in ms awake, with `beta_ms` the break-even gap: the price of a wake (money and the worth of the delay that it brings) over the
/// price of a ms awake. Of the timeouts with the fewest violations the cheapest is chosen, of several equally cheap ones the
/// longest, which does the least: a timeout that loses work is not worth what it saves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// What a wake is worth, in ms awake.
    pub beta_ms: u64,
    /// For each timeout, in their order, how many instances choose it.
    pub chosen: Vec<u64>,
    /// The sum over all instances, each at the timeout that it chooses.
    pub counts: Counts,
}

impl Best {
    /// Of no instance yet, with so many timeouts.
    #[must_use]
    pub fn new(beta_ms: u64, timeouts: usize) -> Self {
        Self { beta_ms, chosen: vec![0; timeouts], counts: Counts::default() }
    }

    /// Adds an instance, with its counts in the timeouts' order.
    pub fn add(&mut self, counts: &[Counts]) {
        if let Some(place) = Self::of(self.beta_ms, counts) {
            self.chosen[place] += 1;
            self.counts.merge(&counts[place]);
        }
    }

    /// Adds all instances of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.chosen.iter_mut().zip(&other.chosen).for_each(|(mine, theirs)| *mine += theirs);
        self.counts.merge(&other.counts);
    }

    /// The place of the best of these counts, which stand in ascending order of timeouts; `None` without any.
    #[must_use]
    pub fn of(beta_ms: u64, counts: &[Counts]) -> Option<usize> {
        // `min_by_key` keeps the first of equals: from the longest on down.
        (0..counts.len())
            .rev()
            .min_by_key(|&place| (counts[place].violations_total(), Self::cost_ms(beta_ms, &counts[place])))
    }

    /// What these counts cost, in ms awake.
    #[must_use]
    pub fn cost_ms(beta_ms: u64, counts: &Counts) -> u128 {
        let wakes: u64 = counts.wakes.iter().sum();
        u128::from(counts.awake_ms) + u128::from(beta_ms) * u128::from(wakes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(awake_ms: u64, wakes: u64, violations: u64) -> Counts {
        let mut counts = Counts { instances: 1, awake_ms, ..Counts::default() };
        counts.wakes[0] = wakes;
        counts.violations[0] = violations;
        counts
    }

    #[test]
    fn the_cheapest_is_chosen_the_longest_of_equals_and_never_one_that_loses_more() {
        assert_eq!(Best::of(10, &[counts(100, 5, 0), counts(120, 2, 0), counts(130, 1, 0)]), Some(2));
        assert_eq!(Best::of(1, &[counts(100, 5, 0), counts(120, 2, 0)]), Some(0));
        assert_eq!(Best::of(1, &[counts(10, 5, 1), counts(120, 2, 0)]), Some(1));
        assert_eq!(Best::of(1, &[]), None);
    }

    #[test]
    fn what_is_chosen_adds_up() {
        let mut best = Best::new(10, 2);
        best.add(&[counts(100, 5, 0), counts(120, 1, 0)]);
        best.add(&[counts(100, 0, 0), counts(120, 0, 0)]);
        assert_eq!((best.chosen, best.counts.awake_ms, best.counts.instances), (vec![1, 1], 220, 2));
    }
}
