//! Delays in buckets, for when there are too many to keep each one.

use hdrhistogram::Histogram;

/// Significant decimal digits of a bucket: a bucket of delays from `v` on is at most `v / 1024` wide.
const DIGITS: u8 = 3;

/// The upper limit of the buckets in ms: 2^52, beyond any horizon. Longer delays are not distinguished.
const LONGEST_MS: u64 = 1 << 52;

/// A multiset of delays above zero in buckets, with its exact maximum. The value depends only on the multiset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sketch {
    buckets: Histogram<u64>,
    max_ms: u64,
}

impl Eq for Sketch {}

impl Sketch {
    /// An empty sketch.
    ///
    /// # Panics
    /// Never: three digits are a valid precision.
    pub(crate) fn new() -> Self {
        Self { buckets: Histogram::new(DIGITS).expect("three digits are a valid precision"), max_ms: 0 }
    }

    /// Adds `n` delays of `ms` each.
    ///
    /// # Panics
    /// Never: it grows, and is at most 344 KB large.
    #[inline]
    pub(crate) fn push(&mut self, ms: u64, n: u64) {
        self.max_ms = self.max_ms.max(ms);
        self.buckets.record_n(ms.min(LONGEST_MS), n).expect("a histogram that grows takes every value");
    }

    /// The number of delays.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.len()
    }

    /// Adds all of `other`.
    ///
    /// # Panics
    /// Never: both have the same precision and grow.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.max_ms = self.max_ms.max(other.max_ms);
        self.buckets.add(&other.buckets).expect("two histograms that grow can be added");
    }

    /// The delay at this rank, counted from 1, in ms: never less than the true one, and at most a 1024th more.
    pub(crate) fn at_rank(&self, rank: u64) -> u64 {
        let mut before = 0;
        for bucket in self.buckets.iter_recorded() {
            before += bucket.count_since_last_iteration();
            if before >= rank {
                return bucket.value_iterated_to().min(self.max_ms);
            }
        }
        self.max_ms
    }

    /// The longest delay, exactly, in ms.
    pub(crate) fn max_ms(&self) -> u64 {
        self.max_ms
    }

    /// The lower end of the bucket that contains this delay, in ms.
    pub(crate) fn lowest(&self, ms: u64) -> u64 {
        self.buckets.lowest_equivalent(ms.min(LONGEST_MS))
    }

    /// The lower ends of the buckets in ms, with their counts, in ascending order.
    pub(crate) fn runs(&self) -> impl Iterator<Item = [u64; 2]> + '_ {
        self.buckets
            .iter_recorded()
            .map(|bucket| [self.lowest(bucket.value_iterated_to()), bucket.count_since_last_iteration()])
    }
}
