//! How long to wait before the next attempt: doubling, with jitter.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::config::Timings;

/// Doubles from the shortest wait to the longest. Each wait is stretched by up to half of itself, so that gateways that lost the
/// same connector at the same time do not keep dialling at the same time. The stretch depends on the instance's name and the
/// number of the draw only, so it is the same in every run.
pub(super) struct Backoff {
    instance: String,
    draws: u64,
    next_ms: u64,
    min_ms: u64,
    max_ms: u64,
}

impl Backoff {
    pub(super) fn new(instance: &str, t: Timings) -> Self {
        let (min_ms, max_ms) = (t.backoff_min_ms, t.backoff_max_ms);
        Self { instance: instance.to_owned(), draws: 0, next_ms: min_ms, min_ms, max_ms }
    }

    /// The next wait. The one after it is twice as long, up to the longest.
    pub(super) fn take(&mut self) -> u64 {
        let ms = self.next_ms;
        self.next_ms = ms.saturating_mul(2).min(self.max_ms);
        self.stretch(ms)
    }

    /// The longest wait. Does not change the next one.
    pub(super) fn longest(&mut self) -> u64 {
        self.stretch(self.max_ms)
    }

    /// The next wait is the shortest again.
    pub(super) fn reset(&mut self) {
        self.next_ms = self.min_ms;
    }

    fn stretch(&mut self, ms: u64) -> u64 {
        let draw = xxh3_64_with_seed(self.instance.as_bytes(), self.draws);
        self.draws += 1;
        ms.saturating_add(draw % (ms / 2 + 1))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn waits(instance: &str, n: usize) -> Vec<u64> {
        let mut backoff = Backoff::new(instance, Timings::default());
        (0..n).map(|_| backoff.take()).collect()
    }

    #[test]
    fn waits_double_to_the_longest_and_are_stretched_by_half_at_most() {
        for (wait, base) in waits("me", 7).into_iter().zip([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
            assert!((base..=base + base / 2).contains(&wait), "{wait} for {base}");
        }
    }

    #[test]
    fn the_same_instance_waits_the_same_and_many_do_not_wait_in_step() {
        assert_eq!(waits("me", 5), waits("me", 5));
        // 10,000 instances spread over the 501 values of the first stretch.
        let firsts: Vec<u64> = (0..10_000).map(|n| waits(&format!("i{n}"), 1)[0]).collect();
        assert!(firsts.iter().copied().collect::<BTreeSet<_>>().len() > 490);
        let most = firsts.iter().filter(|ms| **ms < 1050).count();
        assert!((800..1200).contains(&most), "{most} of 10,000 in a tenth of the time");
    }
}
