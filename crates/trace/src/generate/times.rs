//! Arrivals at given times.

use serde::Deserialize;

use super::Value;
use super::run::{Run, Stop};

/// Arrivals at the given times, in any order; those beyond the span are left out.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// The times, from the trace's start.
    pub at: Vec<Value>,
}

impl Times {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        for at in &self.at {
            let at_ms = run.moment_ms("at", at)?;
            run.arrive(at_ms)?;
        }
        Ok(())
    }
}
