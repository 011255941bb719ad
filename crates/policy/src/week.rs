//! A timeout for each hour of the week.
//!
//! *Formula*: T(h) = `(n_h · T_h + k · T) / (n_h + k)`: the best fixed timeout of the gaps that began in this hour of the week so far,
//! shrunk to that of all gaps by `k` gaps' worth of doubt, and clamped to [lambda · beta, beta / lambda]. Refitted daily.
//! *Parameters*: k = 20, lambda = 0.5. *Source*: ours; shrinkage as in Efron and Morris (1975).
//!
//! The hours are counted from the trace's start, so what matters is that the week repeats and not on which day it begins.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};
use dormouse_text::DAY_MS;

use crate::hindsight::best_fixed;
use crate::history::clamped;

const HOURS: u64 = 168;
const HOUR_MS: u64 = 3_600_000;
/// So many gaps' worth of doubt.
const DOUBT: f64 = 20.0;

/// Fits each hour of the week.
#[derive(Debug, Clone, PartialEq)]
pub struct Week {
    beta_ms: u64,
    lambda: f64,
    /// Gaps by the hour in which they began.
    gaps_ms: Vec<Vec<u64>>,
    timeouts_ms: Vec<u64>,
    day: u64,
}

impl Week {
    /// With `lambda` above 0 and at most 1.
    #[must_use]
    pub fn new(beta_ms: u64, lambda: f64) -> Self {
        let hours = HOURS as usize;
        Self { beta_ms, lambda, gaps_ms: vec![Vec::new(); hours], timeouts_ms: vec![beta_ms; hours], day: 0 }
    }

    fn fit(&mut self) {
        let best = |gaps: &mut dyn Iterator<Item = u64>| {
            let ms = best_fixed(gaps, self.beta_ms).0.idle_timeout_ms();
            clamped(ms, self.beta_ms, self.lambda) as f64
        };
        let all = best(&mut self.gaps_ms.iter().flatten().copied());
        self.timeouts_ms = self
            .gaps_ms
            .iter()
            .map(|gaps| {
                let n = gaps.len() as f64;
                let own = if gaps.is_empty() { all } else { best(&mut gaps.iter().copied()) };
                ((n * own + DOUBT * all) / (n + DOUBT) + 0.5) as u64
            })
            .collect();
    }
}

fn hour(at_ms: u64) -> usize {
    (at_ms / HOUR_MS % HOURS) as usize
}

impl Policy for Week {
    fn gap(&mut self, gap: Gap) {
        let day = gap.ended.as_ms() / DAY_MS;
        if day > self.day && self.gaps_ms.iter().any(|gaps| !gaps.is_empty()) {
            self.day = day;
            self.fit();
        }
        self.gaps_ms[hour(gap.began.as_ms())].push(gap.ms());
    }

    fn plan(&self, Asked { now, .. }: Asked) -> Plan {
        Plan::keep_alive(self.timeouts_ms[hour(now.as_ms())])
    }
}
