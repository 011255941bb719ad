//! Ratios that hold on a noisy machine.
//!
//! Two benchmarks that run one after the other see two different machines: on a shared one the second may have lost a third
//! of its speed to a neighbour. Here the candidates take turns, each round gives one ratio, and the median of the rounds is
//! quoted. A neighbour slows both halves of a round, or spoils a round that the median does not see.

use std::hint::black_box;

use criterion::measurement::{Measurement, WallTime};

use crate::SMALL;

/// Something to measure: what it is called, and a run of it that returns its answer.
pub type Case<'a> = (&'a str, Box<dyn FnMut() -> u64 + 'a>);

/// Rounds in a measurement; in the tests one.
const ROUNDS: usize = if SMALL { 1 } else { 51 };

/// Medians over all rounds of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Median {
    /// Its name.
    pub name: String,
    /// Wall time of a run, in ns.
    pub ns: f64,
    /// That time as a multiple of the first case's in the same round.
    pub ratio: f64,
}

/// Runs the cases in turns, `rounds` times: the wall times of each round in ns, in the order of the cases.
#[must_use]
pub fn in_turns(rounds: usize, cases: &mut [Case<'_>]) -> Vec<Vec<f64>> {
    (0..rounds).map(|_| cases.iter_mut().map(|(_, run)| elapsed_ns(run)).collect()).collect()
}

/// Runs the cases in turns, 51 times. The first is the yardstick.
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

/// The middle one.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
