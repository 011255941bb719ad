//! Sessions: bursts of turns.

use serde::Deserialize;

use super::Value;
use super::calendar::Weights;
use super::run::{Run, Stop};

/// Bursts of turns with pauses between them: the way people talk to an agent.
///
/// A session is `turns` arrivals (rounded, at least one), with `gap` from one to the next; after the last one a
/// `pause` passes before the next session. With `after_work`, gaps and the pause start at the *end* of the
/// turn's work instead of at its arrival, as for a person who reads the answer first.
///
/// With weights, a session due at t starts only with probability w(t) / w_max; otherwise another pause passes.
/// This is a process of sessions thinned as in [`Rhythm`](super::Rhythm). Heavy-tailed pauses over short gaps
/// make such traffic bursty at every scale (A.-L. Barabási, "The origin of bursts and heavy tails in human
/// dynamics", Nature 435, 2005).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Turns in a session: a distribution.
    pub turns: Value,
    /// Time between turns: a distribution.
    pub gap: Value,
    /// Time between sessions: a distribution; less than 1 ms counts as 1 ms.
    pub pause: Value,
    /// Whether gaps and pauses start at the end of work.
    #[serde(default)]
    pub after_work: bool,
    /// Number of sessions; by default as many as fit.
    pub sessions: Option<u64>,
    /// Weights of the hours, as for `rhythm`.
    #[serde(default)]
    pub daily: Vec<f64>,
    /// Weights of the days, as for `rhythm`.
    #[serde(default)]
    pub weekly: Vec<f64>,
}

impl Sessions {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let turns = run.numbers("turns", &self.turns)?;
        let gap = run.times("gap", &self.gap)?;
        let pause = run.times("pause", &self.pause)?;
        let weights = Weights::new(&self.daily, &self.weekly)?;
        let most = weights.max();
        let mut left = self.sessions.unwrap_or(u64::MAX);
        let mut at_ms = 0.0;
        while left > 0 {
            at_ms += run.sample_ms(&pause).max(1.0);
            if at_ms >= run.span_ms {
                break;
            }
            if !run.draws.chance(weights.at(run.calendar, at_ms) / most) {
                run.step()?;
                continue;
            }
            left -= 1;
            let turns = turns.sample(&mut run.draws).round().max(1.0) as u64;
            for turn in 0..turns {
                if turn > 0 {
                    at_ms += run.sample_ms(&gap);
                }
                let work_ms = run.arrive(at_ms)?;
                if self.after_work {
                    at_ms += work_ms;
                }
            }
        }
        Ok(())
    }
}
