//! Delays of user-visible arrivals, kept exactly.

/// A multiset of delays in milliseconds: zeros are counted, the others kept.
///
/// Nearly every arrival meets a machine that is up and waits 0 ms, so an exact multiset costs eight bytes for each
/// arrival that *did* wait, which is about one a wake. Exact values merge without error in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delays {
    zeros: u64,
    positive: Vec<u64>,
}

impl Delays {
    /// Adds one delay of `ms` milliseconds.
    #[inline]
    pub fn push(&mut self, ms: u64) {
        if ms == 0 {
            self.zeros += 1;
        } else {
            self.positive.push(ms);
        }
    }

    /// Adds `n` arrivals that did not wait.
    #[inline]
    pub fn push_zeros(&mut self, n: u64) {
        self.zeros += n;
    }

    /// How many delays there are, zeros included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.zeros + self.positive.len() as u64
    }

    /// How many delays are above zero.
    #[must_use]
    pub fn delayed(&self) -> u64 {
        self.positive.len() as u64
    }

    /// How many delays are longer than `bound_ms` (a delay equal to the bound is not).
    #[must_use]
    pub fn longer_than(&self, bound_ms: u64) -> u64 {
        self.positive.iter().filter(|&&d| d > bound_ms).count() as u64
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        self.positive.extend_from_slice(&other.positive);
    }

    /// Sorts the kept delays, which makes equal multisets equal values and allows [`quantile`](Self::quantile).
    pub fn sort(&mut self) {
        self.positive.sort_unstable();
    }

    /// The nearest-rank quantile in milliseconds: the smallest delay that at least `per_mille`/1000 of all delays do not
    /// exceed (Hyndman and Fan 1996, definition 1); 1000 is the maximum; 0 when there are no delays.
    ///
    /// Call [`sort`](Self::sort) first; checked in debug builds.
    #[must_use]
    pub fn quantile(&self, per_mille: u64) -> u64 {
        debug_assert!(self.positive.is_sorted(), "sort() before quantile()");
        let rank = (u128::from(self.count()) * u128::from(per_mille)).div_ceil(1000) as u64;
        match rank.checked_sub(self.zeros + 1) {
            Some(i) => self.positive.get(i as usize).or(self.positive.last()).copied().unwrap_or(0),
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(values: &[u64]) -> Delays {
        let mut all = Delays::default();
        for &v in values {
            all.push(v);
        }
        all.sort();
        all
    }

    #[test]
    fn quantiles_are_nearest_rank_with_zeros_in_front() {
        let d = delays(&[0, 0, 0, 0, 0, 0, 0, 0, 30, 10]);
        assert_eq!(
            (d.quantile(500), d.quantile(800), d.quantile(801), d.quantile(900), d.quantile(1000)),
            (0, 0, 10, 10, 30)
        );
        assert_eq!((d.count(), d.delayed(), d.longer_than(10)), (10, 2, 1));
    }

    #[test]
    fn no_delays_have_quantile_zero() {
        assert_eq!(Delays::default().quantile(1000), 0);
    }

    #[test]
    fn merging_in_any_order_gives_the_same_multiset() {
        let (a, b) = (delays(&[5, 0, 7]), delays(&[6, 0]));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        ab.sort();
        ba.sort();
        assert_eq!(ab, ba);
        assert_eq!(ab.quantile(1000), 7);
    }
}
