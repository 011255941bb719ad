//! Does the order of the gaps carry information beyond their lengths?

use dormouse_sim::ideal::{Ideal, IdealPrice};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::Serialize;

use crate::tune::draws::{TuneDraw, rng};

/// Number of shuffles: the smallest p-value is then 1 %.
const SHUFFLES: u64 = 99;
/// The timeout is fitted on this many gaps and applied to the next window of the same size.
const WINDOW: usize = 25;

/// A permutation test: a timeout is refitted on each window of gaps and applied to the next window, in the true
/// order and in shuffled orders.
///
/// Shuffled gaps have the same lengths, but the last gap says nothing about the next. If the true order is not
/// cheaper than the shuffled ones, there is nothing to adapt to, and one timeout for all times is right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShuffleTest {
    /// The cost of the refitted timeout in the true order, divided by the mean of the shuffled orders.
    pub ratio: f64,
    /// The share of all orders, including the true one, whose cost is at most that of the true order.
    pub p: f64,
}

/// Runs the test on each instance's gaps (in ms, in order), with a wake cost of `break_even_ms` of idling.
/// `None` if no instance has four windows of gaps, or if all orders cost the same.
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
            let mut rng = rng(seed, TuneDraw::Shuffle, shuffle);
            let shuffled = gaps.iter().map(|gaps| {
                let mut gaps = (*gaps).clone();
                gaps.shuffle(&mut rng);
                cost(&gaps)
            });
            shuffled.sum()
        })
        .collect();
    // If every order costs the same, for example because every gap is worth a wake, the test says nothing.
    if shuffled.iter().all(|&cost| cost == truth) {
        return None;
    }
    let mean = shuffled.iter().map(|&cost| cost as f64).sum::<f64>() / SHUFFLES as f64;
    let as_cheap = shuffled.iter().filter(|&&cost| cost <= truth).count();
    let ratio = if mean > 0.0 { truth as f64 / mean } else { 1.0 };
    Some(ShuffleTest { ratio, p: (1 + as_cheap) as f64 / (1 + SHUFFLES) as f64 })
}

/// The cost of all windows but the first, each at the best timeout of the previous window.
fn refitted(gaps: &[u64], break_even_ms: u64) -> u128 {
    let price = IdealPrice { idle_ms: 1, wake: break_even_ms };
    let windows: Vec<Ideal> =
        gaps.chunks(WINDOW).map(|window| Ideal::new(window.iter().copied(), [])).collect();
    windows.windows(2).map(|pair| pair[1].at(pair[0].best(price).timeout_ms).cost(price)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Short gaps of a second or long ones of ten, with a wake cost of five.
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
        // Every gap is worth a wake, in any order.
        assert_eq!(order(&[(100..300).collect()], 5, 1), None);
        assert_eq!(order(&[], 5, 1), None);
    }
}
