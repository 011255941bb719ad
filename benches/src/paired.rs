//! Ratios that are reliable on a noisy machine.
//!
//! Two benchmarks that run one after the other see different conditions: on a shared machine the second may have
//! lost a third of its speed to a neighbour. Here the candidates take turns, each round gives one ratio, and the
//! result is the median over the rounds. A neighbour either slows both halves of a round, or spoils single
//! rounds, which the median ignores.

use std::hint::black_box;

use criterion::measurement::{Measurement, WallTime};

use crate::SMALL;

/// A case: its name, and a function that runs it and returns its answer.
pub type Case<'a> = (&'a str, Box<dyn FnMut() -> u64 + 'a>);

/// Rounds of a measurement; one in tests.
const ROUNDS: usize = if SMALL { 1 } else { 51 };

/// Medians over all rounds of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Median {
    /// Its name.
    pub name: String,
    /// Wall time of a run, in ns.
    pub ns: f64,
    /// Wall time as a multiple of the first case's in the same round.
    pub ratio: f64,
}

/// Runs the cases in turns, `rounds` times; returns the wall times of each round in ns, in the order of the cases.
#[must_use]
pub fn in_turns(rounds: usize, cases: &mut [Case<'_>]) -> Vec<Vec<f64>> {
    (0..rounds).map(|_| cases.iter_mut().map(|(_, run)| elapsed_ns(run)).collect()).collect()
}

/// Runs the cases in turns, 51 times. The first case is the reference.
#[must_use]
pub fn paired(cases: &mut [Case<'_>]) -> Vec<Median> {
    let rounds = in_turns(ROUNDS, cases);
    let over_rounds =
        |value: &dyn Fn(&[f64]) -> f64| median(rounds.iter().map(|round| value(round)).collect());
    cases
        .iter()
        .enumerate()
        .map(|(i, (name, _))| Median {
            name: (*name).to_owned(),
            ns: over_rounds(&|round| round[i]),
            ratio: over_rounds(&|round| round[i] / round[0]),
        })
        .collect()
}

/// Wall time of one run, in ns.
fn elapsed_ns(run: &mut dyn FnMut() -> u64) -> f64 {
    let start = WallTime.start();
    black_box(run());
    WallTime.to_f64(&WallTime.end(start))
}

/// The median.
///
/// # Panics
/// If there are no values.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
