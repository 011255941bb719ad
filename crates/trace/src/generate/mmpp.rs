//! A Markov-modulated Poisson process: busy and quiet spells.

use serde::Deserialize;

use super::Value;
use super::run::{Run, Stop};

/// A Poisson process modulated by two states: busy and quiet spells of exponential length alternate.
///
/// With rates λ₁, λ₂ (`busy_per_hour`, `quiet_per_hour`) and rates of leaving σ₁ = 1 / `busy_for`,
/// σ₂ = 1 / `quiet_for`: the mean rate is (λ₁σ₂ + λ₂σ₁) / (σ₁ + σ₂), and the index of dispersion of counts in t is
/// 1 + D (1 - (1 - e^{-(σ₁+σ₂)t}) / ((σ₁+σ₂) t)) with
/// D = 2 (λ₁ - λ₂)² σ₁σ₂ / ((σ₁ + σ₂)² (λ₁σ₂ + λ₂σ₁)) (W. Fischer and K. Meier-Hellstern, "The Markov-modulated
/// Poisson process (MMPP) cookbook", Performance Evaluation 18, 1993). It starts in its long-run state.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mmpp {
    /// Arrivals per hour in a busy spell.
    pub busy_per_hour: Value,
    /// Arrivals per hour in a quiet spell.
    pub quiet_per_hour: Value,
    /// Mean length of a busy spell.
    pub busy_for: Value,
    /// Mean length of a quiet spell.
    pub quiet_for: Value,
}

impl Mmpp {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let rates = [
            run.per_ms("busy_per_hour", &self.busy_per_hour)?,
            run.per_ms("quiet_per_hour", &self.quiet_per_hour)?,
        ];
        let stays = [run.time_ms("busy_for", &self.busy_for)?, run.time_ms("quiet_for", &self.quiet_for)?];
        let mut state = usize::from(!run.draws.chance(stays[0] / (stays[0] + stays[1])));
        let mut spell_ends = 0.0;
        while spell_ends < run.span_ms {
            run.step()?;
            let mut at_ms = spell_ends;
            spell_ends += run.draws.exponential() * stays[state];
            // Memoryless: the rest of a gap may be discarded when the spell changes.
            loop {
                at_ms += run.wait_ms(rates[state]);
                if at_ms >= spell_ends.min(run.span_ms) {
                    break;
                }
                run.arrive(at_ms)?;
            }
            state = 1 - state;
        }
        Ok(())
    }
}
