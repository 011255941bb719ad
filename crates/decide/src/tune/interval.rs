//! The confidence interval of the difference of two timeouts, by the bootstrap.
//!
//! The resampling unit is a whole block (day, week, instance), for all timeouts at once, so the difference is
//! paired: a busy day is busy at either timeout. The estimate is the difference `D(T) = C(T) − C(present)` a
//! month, and not the best timeout, which jumps between distant values of a flat curve.
//!
//! The timeout was selected on these same blocks, so its difference may look better than it is. As a correction
//! we tried to let each resample select its own timeout. But on a flat curve that moves the interval to the
//! wrong side. Two things protect against selection bias: the selection rule (within 2 %, the present one and
//! then the fewest wakes), and the coverage of the interval, which was measured with the selection included and
//! is the stated one (`docs/tuning.md`).

use rayon::prelude::*;

use crate::tune::choose::Candidates;
use crate::tune::draws::resample;
use crate::tune::price::Costs;

/// Number of resamples; the quantiles of 2.5 % are then the 50th value from either end.
pub const RESAMPLES: u64 = 1999;

/// The standard error of a resample is at least this share of the replay's own.
const LEAST_ERROR: f64 = 1.0 / 3.0;

/// With fewer blocks there is no interval.
pub const FEWEST_BLOCKS: usize = 7;

/// The difference between two timeouts a month (negative: a saving), with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The value in the replay.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Interval {
    /// The smallest interval that contains both; the value is that of `self`.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { value: self.value, low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

/// How resamples become an interval. Tuning uses [`IntervalMethod::CHOSEN`]; the others are the alternatives it
/// was measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntervalMethod {
    /// The kind of bootstrap interval.
    pub shape: Shape,
    /// Does each resample select its own timeout, by the same rule as the replay?
    pub picks_again: bool,
}

/// The kind of bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Quantiles of the resampled differences (Efron 1979).
    Percentile,
    /// Quantiles of their errors, subtracted from the value (Davison and Hinkley 1997, 2.4).
    Basic,
    /// Quantiles of their errors in standard errors: bootstrap-t (the same, 2.4; Efron 1981).
    Studentized,
}

impl IntervalMethod {
    /// The method that tuning uses.
    pub const CHOSEN: Self = Self { shape: Shape::Studentized, picks_again: false };
}

/// The difference between the timeout at `place` and the present one, and its standard error, where block `i` occurs
/// `times[i]` times.
///
/// It is a ratio of two sums (costs and months), so its error is that of the linearisation:
/// `e_i = d_i − D · m_i` (Cochran 1977, 2.11), with variance `n/(n−1) · Σ e_i² / (Σ m_i)²`.
fn difference(costs: &Costs, field: &Candidates, place: usize, times: &[u32]) -> (f64, f64) {
    let (mine, present) = (&costs.blocks[place], &costs.blocks[field.present]);
    let each = || {
        let differences = mine.iter().zip(present).map(|(mine, present)| mine - present);
        differences.zip(&costs.months).zip(times).filter(|&(_, &times)| times > 0)
    };
    let (sum, months) = each().fold((0.0, 0.0), |(sum, months), ((difference, month), &times)| {
        (sum + f64::from(times) * difference, months + f64::from(times) * month)
    });
    if months <= 0.0 {
        return (0.0, 0.0);
    }
    let value = sum / months;
    let squares: f64 = each()
        .map(|((difference, month), &times)| {
            let error = difference - value * month;
            f64::from(times) * error * error
        })
        .sum();
    let n = times.len() as f64;
    (value, libm::sqrt(squares * n / (n - 1.0).max(1.0)) / months)
}

/// The estimates of one resample.
struct Resampled {
    /// The difference in the resample, of the timeout selected there.
    there: f64,
    /// The difference of the same timeout in the replay itself.
    here: f64,
    /// The standard error in the resample.
    error: f64,
}

/// The 95 % interval of the difference between the timeout at `place` and the present one. `None` with fewer than
/// [`FEWEST_BLOCKS`] blocks.
///
/// The same `seed` gives the same interval on any number of threads.
#[must_use]
pub fn interval(
    costs: &Costs,
    field: &Candidates,
    place: usize,
    method: IntervalMethod,
    seed: u64,
) -> Option<Interval> {
    let n = costs.len();
    if n < FEWEST_BLOCKS {
        return None;
    }
    let once = vec![1; n];
    let (value, error) = difference(costs, field, place, &once);
    let here: Vec<f64> =
        (0..costs.blocks.len()).map(|place| difference(costs, field, place, &once).0).collect();
    let resampled: Vec<Resampled> = (0..RESAMPLES)
        .into_par_iter()
        .map(|ordinal| {
            let times = resample(seed, ordinal, n);
            let picked = if method.picks_again { field.challenger(&costs.per_month(&times)) } else { None };
            let picked = picked.unwrap_or(place);
            let (there, error) = difference(costs, field, picked, &times);
            Resampled { there, here: here[picked], error }
        })
        .collect();
    let ends = |of: &dyn Fn(&Resampled) -> f64| ends(resampled.iter().map(of).collect());
    let (low, high) = match method.shape {
        Shape::Percentile => ends(&|r| r.there),
        Shape::Basic => {
            let (low, high) = ends(&|r| r.there - r.here);
            (value - high, value - low)
        }
        Shape::Studentized => {
            // A resample of nearly equal blocks has almost no error, and would make any studentised difference huge.
            let least = error * LEAST_ERROR;
            let (low, high) =
                ends(&|r| if error > 0.0 { (r.there - r.here) / r.error.max(least) } else { 0.0 });
            (value - high * error, value - low * error)
        }
    };
    // A saving cannot exceed the whole cost.
    let all = costs.per_month(&once)[field.present].max(0.0);
    Some(Interval { value, low: low.max(-all).min(value), high: high.max(value) })
}

/// The quantiles of 2.5 % and 97.5 %.
fn ends(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_unstable_by(f64::total_cmp);
    // Of 1999 values the 50th from either end: (1999 + 1) · 0.025.
    let from_the_end = (values.len() + 1) / 40;
    let low = from_the_end.saturating_sub(1);
    (values[low], values[values.len() - 1 - low])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(differences: &[f64]) -> (Costs, Candidates) {
        let n = differences.len();
        let costs = Costs {
            blocks: vec![differences.iter().map(|d| 10.0 + d).collect(), vec![10.0; n]],
            months: vec![1.0; n],
            busy_per_month: 0.0,
        };
        (costs, Candidates { present: 1, allowed: vec![true; 2], wakes: vec![1, 1] })
    }

    #[test]
    fn the_standard_error_of_equal_blocks_is_that_of_a_mean() {
        let (costs, field) = two(&[1.0, 2.0, 3.0, 6.0]);
        let (value, error) = difference(&costs, &field, 0, &[1; 4]);
        // Variance (4 + 1 + 0 + 9) / 3, over 4.
        assert_eq!(value, 3.0);
        assert!((error - (14.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12);
        // The last one twice and the first one never.
        assert_eq!(difference(&costs, &field, 0, &[0, 1, 1, 2]).0, 17.0 / 4.0);
    }

    #[test]
    fn blocks_that_agree_leave_no_doubt_and_those_that_do_not_leave_some() {
        let (costs, field) = two(&[-1.0; 10]);
        assert_eq!(
            interval(&costs, &field, 0, IntervalMethod::CHOSEN, 1),
            Some(Interval { value: -1.0, low: -1.0, high: -1.0 })
        );
        let (costs, field) = two(&[-5.0, 4.0, -3.0, 3.0, -2.0, 2.0, -1.0, 1.0, -0.5, 0.5]);
        for shape in [Shape::Percentile, Shape::Basic, Shape::Studentized] {
            let found = interval(&costs, &field, 0, IntervalMethod { shape, picks_again: true }, 1).unwrap();
            assert!(found.low < 0.0 && 0.0 < found.high && found.low <= found.value, "{shape:?}: {found:?}");
        }
    }

    #[test]
    fn days_like_clockwork_but_for_one_do_not_make_an_endless_interval() {
        // Most resamples without the odd day have only rounding errors.
        let days: Vec<f64> =
            (0..20).map(|day| if day == 7 { -0.4 } else { -0.1 - 1e-16 * f64::from(day) }).collect();
        let (costs, field) = two(&days);
        let found = interval(&costs, &field, 0, IntervalMethod::CHOSEN, 1).unwrap();
        assert!(found.low > -1.0 && found.high < 0.2, "{found:?}");
    }

    #[test]
    fn more_than_all_of_it_cannot_be_saved() {
        let (mut costs, field) = two(&[-9.0, -9.0, -9.0, 9.0, -9.0, -9.0, 30.0]);
        costs.busy_per_month = 8.0;
        let found = interval(&costs, &field, 0, IntervalMethod::CHOSEN, 1).unwrap();
        assert_eq!(found.low.max(-2.0), found.low, "{found:?}");
    }

    #[test]
    fn too_few_blocks_have_no_interval() {
        let (costs, field) = two(&[-1.0; FEWEST_BLOCKS - 1]);
        assert_eq!(interval(&costs, &field, 0, IntervalMethod::CHOSEN, 1), None);
    }

    #[test]
    fn the_ends_are_the_fiftieth_of_1999() {
        assert_eq!(ends((1..=1999).rev().map(f64::from).collect()), (50.0, 1950.0));
    }
}
