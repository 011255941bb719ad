//! Does the order of the gaps say more than their lengths?

use dormouse_sim::ideal::{Ideal, Price};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::Serialize;

use crate::tune::draws::{What, rng};

/// So many shuffles: the least p-value is then 1 %.
const SHUFFLES: u64 = 99;
/// So many gaps are fitted on at a time, for the next as many.
const WINDOW: usize = 25;

/// A permutation test: a timeout that is refitted on each window of gaps for the next, in the order that the gaps came in and in
/// shuffled order.
///
/// Shuffled gaps have the same lengths and nothing that one could say of the next from the last. Where the true order is not
/// cheaper than those, there is nothing to adapt to, and one timeout for all times is right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShuffleTest {
    /// What the refitted timeout costs in the true order, over the mean of the shuffled ones.
    pub ratio: f64,
    /// The share of all orders, the true one among them, in which it costs as little.
    pub p: f64,
}

/// The test on each instance's gaps in ms, in order, where a wake is worth `break_even_ms` of idling. `None` where no instance
/// has four windows of gaps, and where all orders cost the same.
#[must_use]
pub fn order(gaps: &[Vec<u64>], break_even_ms: u64, seed: u64) -> Option<ShuffleTest> {
    let gaps: Vec<&Vec<u64>> = gaps.iter().filter(|gaps| gaps.len() >= 4 * WINDOW).collect();
    if gaps.is_empty() {
        return None;
    }
    let cost = |gaps: &[u64]| refitted(gaps, break_even_ms);
    let truth: u128 = gaps.iter().map(|gaps| cost(gaps)).sum();
    let shuffled: Vec<u128> = (0..SHUFFLES)
        .into_par_iter()
        .map(|shuffle| {
            let mut rng = rng(seed, What::Shuffle, shuffle);
            let shuffled = gaps.iter().map(|gaps| {
                let mut gaps = (*gaps).clone();
                gaps.shuffle(&mut rng);
                cost(&gaps)
            });
            shuffled.sum()
        })
        .collect();
    // Where every order costs the same, as where every gap is worth a wake, none says anything.
    if shuffled.iter().all(|&cost| cost == truth) {
        return None;
    }
    let mean = shuffled.iter().map(|&cost| cost as f64).sum::<f64>() / SHUFFLES as f64;
    let as_cheap = shuffled.iter().filter(|&&cost| cost <= truth).count();
    let ratio = if mean > 0.0 { truth as f64 / mean } else { 1.0 };
    Some(ShuffleTest { ratio, p: (1 + as_cheap) as f64 / (1 + SHUFFLES) as f64 })
}

/// What all windows but the first cost, each at the best timeout of the one before.
fn refitted(gaps: &[u64], break_even_ms: u64) -> u128 {
    let price = Price { idle_ms: 1, wake: break_even_ms };
    let windows: Vec<Ideal> =
        gaps.chunks(WINDOW).map(|window| Ideal::new(window.iter().copied(), [])).collect();
    windows.windows(2).map(|pair| pair[1].at(pair[0].best(price).timeout_ms).cost(price)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Short gaps of a second or long ones of ten, where a wake is worth five.
    fn found(long: impl Fn(usize) -> bool) -> ShuffleTest {
        let gap = |i: usize| i as u64 * 7_919 % 500 + if long(i) { 10_000 } else { 1_000 };
        let gaps = (0..1000).map(gap).collect();
        order(&[gaps], 5_000, 1).unwrap()
    }

    #[test]
    fn spells_of_long_and_of_short_gaps_can_be_adapted_to() {
        // A spell of 200 gaps is eight windows.
        let spells = found(|i| i / 200 % 2 == 0);
        assert!(spells.p <= 0.01 && spells.ratio < 0.9, "{spells:?}");
    }

    #[test]
    fn gaps_in_no_order_cannot() {
        // Scattered by a multiplicative hash.
        let scattered = found(|i| (i * 2_654_435_761) >> 7 & 1 == 0);
        assert!(scattered.p > 0.05 && (0.9..1.1).contains(&scattered.ratio), "{scattered:?}");
    }

    #[test]
    fn few_gaps_say_nothing() {
        assert_eq!(order(&[vec![1; 99]], 5, 1), None);
        // Each of these is worth a wake, in any order.
        assert_eq!(order(&[(100..300).collect()], 5, 1), None);
        assert_eq!(order(&[], 5, 1), None);
    }
}
