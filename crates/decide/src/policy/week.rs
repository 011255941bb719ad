//! A timeout for each hour of the week.
//!
//! *Formula*: T(h) = `(n_h · T_h + k · T) / (n_h + k)`: the best fixed timeout of the gaps so far that began in
//! this hour of the week, shrunk towards that of all gaps with a weight of `k` gaps, and clamped to [lambda ·
//! beta, beta / lambda]. Refitted daily.
//! *Parameters*: k = 20, lambda = 0.5. *Source*: ours; shrinkage as in Efron and Morris (1975).
//!
//! Hours are counted from the trace's start: only the weekly period matters, not the weekday of the start.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};
use dormouse_text::{DAY_MS, HOUR_MS};

use crate::policy::hindsight::best_fixed;
use crate::policy::history::clamped;

const HOURS: u64 = 168;
/// `k`: the weight of the timeout of all gaps, in gaps.
const DOUBT: f64 = 20.0;

/// Fits a timeout for each hour of the week.
#[derive(Debug, Clone, PartialEq)]
pub struct Week {
    wake_cost_ms: u64,
    lambda: f64,
    /// Gaps in ms, by the hour of the week in which they began.
    gaps_ms: Vec<Vec<u64>>,
    timeouts_ms: Vec<u64>,
    day: u64,
}

impl Week {
    /// With `lambda` above 0 and at most 1.
    #[must_use]
    pub fn new(wake_cost_ms: u64, lambda: f64) -> Self {
        let hours = HOURS as usize;
        Self {
            wake_cost_ms,
            lambda,
            gaps_ms: vec![Vec::new(); hours],
            timeouts_ms: vec![wake_cost_ms; hours],
            day: 0,
        }
    }

    fn fit(&mut self) {
        let best = |gaps: &mut dyn Iterator<Item = u64>| {
            let ms = best_fixed(gaps, self.wake_cost_ms).0.idle_timeout_ms();
            clamped(ms, self.wake_cost_ms, self.lambda) as f64
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
