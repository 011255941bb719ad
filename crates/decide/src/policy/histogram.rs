//! The hybrid histogram.
//!
//! *Formula*: gaps are counted in 240 bins of a minute. If the histogram is representative: sleep at once, wake
//! before the 5th percentile, and stay until after the 99th, each with a margin of 10 %. If the 5th percentile
//! is in the first bin, do not sleep before the 99th at all. If the histogram is not representative (the counts
//! of the bins have a coefficient of variation below 2): stay for its whole range. If most gaps are longer than
//! the range: plan from a forecast of the next gap, with a margin of 15 %. *Parameters*: all the constants
//! above. *Source*: Shahrad et al., "Serverless in the wild" (2020).
//!
//! *Ours*, since the paper leaves it open and the open implementations disagree: the histogram counts only from
//! 10 gaps on; "most" is half; the forecast is the mean of the out-of-range gaps, where the paper fits an ARIMA
//! model; before the margins, the head is rounded down to its bin's start and the tail up to its bin's end. The
//! policy ignores prices: it was designed to avoid cold starts, and where a wake is cheap it stays awake far too
//! long.

use dormouse_core::policy::{Asked, Gap, Plan, Policy, Prewarm};
use dormouse_text::nearest_rank;

const BIN_MS: u64 = 60_000;
const BINS: usize = 240;
const RANGE_MS: u64 = BINS as u64 * BIN_MS;
/// With fewer gaps the histogram is not used.
const FEWEST: u64 = 10;

/// A histogram of gaps, with bins of a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    bins: [u64; BINS],
    within: u64,
    beyond: u64,
    /// The sum of the gaps that are longer than the range, in ms.
    beyond_ms: u64,
}

impl Histogram {
    /// An empty histogram.
    #[must_use]
    pub const fn new() -> Self {
        Self { bins: [0; BINS], within: 0, beyond: 0, beyond_ms: 0 }
    }

    /// The bin of this quantile of all gaps within the range, by nearest rank.
    fn quantile(&self, per_mille: u64) -> u64 {
        let rank = nearest_rank(self.within, per_mille);
        let mut seen = 0;
        let bin = self.bins.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        bin.unwrap_or(BINS - 1) as u64
    }

    /// The standard deviation of the bins' counts divided by their mean.
    fn coefficient_of_variation(&self) -> f64 {
        let mean = self.within as f64 / BINS as f64;
        let square = |count: &u64| (*count as f64 - mean) * (*count as f64 - mean);
        let variance = self.bins.iter().map(square).sum::<f64>() / BINS as f64;
        libm::sqrt(variance) / mean
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

/// Awake between these two times after the end of work, asleep before.
const fn awake_between(from_ms: u64, to_ms: u64) -> Plan {
    if from_ms == 0 {
        return Plan::keep_alive(to_ms);
    }
    let keep_alive_ms = to_ms.saturating_sub(from_ms);
    Plan::keep_alive(0).with_prewarm(Prewarm { after_ms: from_ms, keep_alive_ms })
}

impl Policy for Histogram {
    fn gap(&mut self, gap: Gap) {
        match self.bins.get_mut(usize::try_from(gap.ms() / BIN_MS).unwrap_or(usize::MAX)) {
            Some(bin) => {
                *bin += 1;
                self.within += 1;
            }
            None => {
                self.beyond += 1;
                self.beyond_ms = self.beyond_ms.saturating_add(gap.ms());
            }
        }
    }

    fn plan(&self, _: Asked) -> Plan {
        let all = self.within + self.beyond;
        if all < FEWEST {
            return Plan::keep_alive(RANGE_MS);
        }
        if 2 * self.beyond > all {
            let forecast_ms = self.beyond_ms / self.beyond;
            return awake_between(forecast_ms / 100 * 85, forecast_ms / 100 * 115);
        }
        if self.coefficient_of_variation() < 2.0 {
            return Plan::keep_alive(RANGE_MS);
        }
        let (head, tail) = (self.quantile(50) * BIN_MS, (self.quantile(990) + 1) * BIN_MS);
        awake_between(head / 10 * 9, tail / 10 * 11)
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::Wall;
    use dormouse_core::policy::Ended;

    use super::*;

    const ASKED: Asked = Asked::at(Wall::ZERO);

    fn of(gaps_min: &[u64]) -> Plan {
        let mut histogram = Histogram::new();
        for &minutes in gaps_min {
            let ended = Wall::from_ms(minutes * 60_000 + 1);
            histogram.gap(Gap { began: Wall::ZERO, ended, by: Ended::Arrival });
        }
        histogram.plan(ASKED)
    }

    #[test]
    fn a_regular_cadence_is_slept_through_and_woken_for_ahead() {
        let prewarm = Prewarm { after_ms: 54 * 60_000, keep_alive_ms: 67 * 60_000 + 6_000 - 54 * 60_000 };
        assert_eq!(of(&[60; 30]), Plan::keep_alive(0).with_prewarm(prewarm));
    }

    #[test]
    fn short_gaps_are_waited_out() {
        assert_eq!(of(&[0; 30]), Plan::keep_alive(66_000));
    }

    #[test]
    fn what_says_nothing_is_kept_for_the_whole_range() {
        assert_eq!(of(&[60; 9]), Plan::keep_alive(RANGE_MS));
        assert_eq!(of(&(0..240).collect::<Vec<_>>()), Plan::keep_alive(RANGE_MS));
    }

    #[test]
    fn gaps_beyond_the_range_are_forecast() {
        let prewarm = Some(Prewarm { after_ms: 510 * 60_000, keep_alive_ms: 180 * 60_000 });
        let Plan { keep_alive_ms, prewarm: found, .. } = of(&[600; 12]);
        let near = found.zip(prewarm).is_some_and(|(a, b)| {
            a.after_ms.abs_diff(b.after_ms) < 100 && a.keep_alive_ms.abs_diff(b.keep_alive_ms) < 100
        });
        assert!(keep_alive_ms == Some(0) && near, "{found:?}");
    }
}
