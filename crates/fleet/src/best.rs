//! Each instance at its own best timeout, compared with one timeout for all.

use dormouse_rows::Counts;
use serde::{Deserialize, Serialize};

/// The timeout that each instance would choose, of those asked about, if it could have its own.
///
/// The cost of an instance at a timeout is `C(T)` of decide.md, with the times and wakes of the replay in place of ideal gaps:
///
/// ```text
/// cost(T) = awake_ms(T) + beta_ms * wakes(T)
/// ```
///
/// in ms awake. `beta_ms` is the break-even gap: the price of a wake (money, and the value of the delay that it causes) divided
/// by the price of one ms awake.
///
/// Of the timeouts with the fewest violations, the cheapest is chosen: no saving is worth lost work. Of equally cheap ones, the
/// longest is chosen, since it acts the least.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// The cost of one wake, in ms awake.
    pub beta_ms: u64,
    /// The number of instances that choose each timeout, in the order of the timeouts.
    pub chosen: Vec<u64>,
    /// The sum of the counts of all instances, each at the timeout that it chooses.
    pub counts: Counts,
}

impl Best {
    /// An empty sum, for this number of timeouts.
    #[must_use]
    pub fn new(beta_ms: u64, timeouts: usize) -> Self {
        Self { beta_ms, chosen: vec![0; timeouts], counts: Counts::default() }
    }

    /// Adds an instance. `counts` are its counts in the order of the timeouts.
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

    /// The index of the best of `counts`, which must be in ascending order of timeouts; `None` if there are none.
    #[must_use]
    pub fn of(beta_ms: u64, counts: &[Counts]) -> Option<usize> {
        // `min_by_key` keeps the first of equal elements, so go from the longest to the shortest.
        (0..counts.len())
            .rev()
            .min_by_key(|&place| (counts[place].violations_total(), Self::cost_ms(beta_ms, &counts[place])))
    }

    /// The cost of `counts`, in ms awake.
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
    fn the_cheapest_without_more_violations_is_chosen_and_of_equals_the_longest() {
        assert_eq!(Best::of(10, &[counts(100, 5, 0), counts(120, 2, 0), counts(130, 1, 0)]), Some(2));
        assert_eq!(Best::of(1, &[counts(100, 5, 0), counts(120, 2, 0)]), Some(0));
        assert_eq!(Best::of(1, &[counts(10, 5, 1), counts(120, 2, 0)]), Some(1));
        assert_eq!(Best::of(1, &[]), None);
    }

    #[test]
    fn the_counts_of_the_chosen_timeouts_are_summed() {
        let mut best = Best::new(10, 2);
        best.add(&[counts(100, 5, 0), counts(120, 1, 0)]);
        best.add(&[counts(100, 0, 0), counts(120, 0, 0)]);
        assert_eq!((best.chosen, best.counts.awake_ms, best.counts.instances), (vec![1, 1], 220, 2));
    }
}
