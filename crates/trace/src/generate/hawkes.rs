//! A Hawkes process: arrivals that cause arrivals.

use serde::Deserialize;

use super::Value;
use super::run::{Run, Stop, wrong};

/// A self-exciting process with an exponential kernel: each arrival raises the rate, which decays again.
///
/// λ(t) = μ + Σ_{tᵢ < t} (n / τ) exp(-(t - tᵢ) / τ), with μ = `per_hour`, n = `branching` (how many arrivals one
/// arrival causes in the mean; below 1) and τ = `decay` (how long after, in the mean). In the long run the rate is
/// μ / (1 - n) and the index of dispersion of counts 1 / (1 - n)² (A. G. Hawkes, "Spectra of some self-exciting and
/// mutually exciting point processes", Biometrika 58, 1971).
///
/// Exact, without rejection (A. Dassios and H. Zhao, "Exact simulation of Hawkes process with exponentially
/// decaying intensity", Electronic Communications in Probability 18, 2013): the next arrival is the earlier of the
/// next one of the base rate and the next one of the excess, which may never come. It starts without a past, so the
/// first few τ are quieter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hawkes {
    /// Spontaneous arrivals per hour.
    pub per_hour: Value,
    /// Mean number of arrivals caused by one arrival: at least 0, below 1.
    pub branching: Value,
    /// Mean time from cause to effect.
    pub decay: Value,
}

impl Hawkes {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let base = run.per_ms("per_hour", &self.per_hour)?;
        let branching = run.number("branching", &self.branching)?;
        let decay_ms = run.time_ms("decay", &self.decay)?;
        if branching >= 1.0 {
            return Err(wrong("branching", format!("{branching} never dies out"), "keep it below 1"));
        }
        let (mut at_ms, mut excess) = (0.0, 0.0);
        loop {
            let of_base = run.wait_ms(base);
            // The total integral of the excess is `excess · decay`; an exponential draw beyond it means no arrival.
            let of_excess = match run.draws.exponential() / (excess * decay_ms) {
                share if share < 1.0 => -decay_ms * libm::log1p(-share),
                _ => f64::INFINITY,
            };
            let wait_ms = f64::min(of_base, of_excess);
            at_ms += wait_ms;
            if at_ms >= run.span_ms {
                return Ok(());
            }
            run.arrive(at_ms)?;
            excess = excess * libm::exp(-wait_ms / decay_ms) + branching / decay_ms;
        }
    }
}
