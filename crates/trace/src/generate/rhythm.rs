//! Days and weeks.

use serde::Deserialize;

use super::Value;
use super::calendar::Weights;
use super::run::{Run, Stop};

/// A Poisson process whose rate follows the hour of the day and the day of the week.
///
/// λ(t) = `per_day` / 24 h · d(hour) · w(weekday), where d and w are the weights scaled to a mean of 1, in the
/// trace's local time. By thinning: candidates come at the largest rate, and one at t is kept with probability
/// λ(t) / λ_max (P. A. W. Lewis and G. S. Shedler, "Simulation of nonhomogeneous Poisson processes by thinning",
/// Naval Research Logistics Quarterly 26, 1979).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rhythm {
    /// Mean arrivals a day, over a whole week.
    pub per_day: Value,
    /// Relative weights of the 24 hours, from midnight; empty for all the same.
    #[serde(default)]
    pub daily: Vec<f64>,
    /// Relative weights of the 7 days, from Monday; empty for all the same.
    #[serde(default)]
    pub weekly: Vec<f64>,
}

impl Rhythm {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let per_ms = run.per_ms("per_day", &self.per_day)? / 24.0;
        let weights = Weights::new(&self.daily, &self.weekly)?;
        let most = weights.max();
        let mut at_ms = run.wait_ms(per_ms * most);
        while at_ms < run.span_ms {
            if run.draws.chance(weights.at(run.calendar, at_ms) / most) {
                run.arrive(at_ms)?;
            } else {
                run.step()?;
            }
            at_ms += run.wait_ms(per_ms * most);
        }
        Ok(())
    }
}
