//! A Poisson process.

use serde::Deserialize;

use super::Value;
use super::run::{Run, Stop};

/// Independent arrivals at a constant rate: gaps are exponential and independent.
///
/// With `per_hour` = λ: the count in a time t has mean and variance λt, so its index of dispersion is 1
/// (J. F. C. Kingman, *Poisson Processes*, 1993).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poisson {
    /// Mean arrivals per hour; 0 means none.
    pub per_hour: Value,
}

impl Poisson {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let per_ms = run.per_ms("per_hour", &self.per_hour)?;
        let mut at_ms = run.wait_ms(per_ms);
        while at_ms < run.span_ms {
            run.arrive(at_ms)?;
            at_ms += run.wait_ms(per_ms);
        }
        Ok(())
    }
}
