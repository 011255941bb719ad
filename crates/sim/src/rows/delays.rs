//! The delays of user-visible arrivals.

use dormouse_text::nearest_rank;

use crate::rows::sketch::Sketch;

/// A multiset of delays in milliseconds. Zeros are only counted.
///
/// Nearly every arrival meets a machine that is up and waits 0 ms. So an exact multiset costs eight bytes for each arrival that
/// *did* wait, which is about one per wake. Up to [`EXACT`](Self::EXACT) delays above zero are kept as they are. If there are more,
/// all of them go into buckets, whose number does not grow with the number of delays. [Quantiles](Self::quantile) are then never
/// less than the true ones and at most a 1024th more; counts and the maximum stay exact. Only the number of delays decides
/// between the two forms, so multisets merge to the same value in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Delays {
    zeros: u64,
    positive: Positive,
}

/// The delays above zero.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Positive {
    /// At most [`Delays::EXACT`] delays, each kept.
    Each(Vec<u64>),
    /// More delays than that, in buckets.
    Buckets(Box<Sketch>),
}

impl Default for Positive {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

impl Delays {
    /// The number of delays above zero up to which all are kept exactly.
    pub const EXACT: usize = 1 << 14;

    /// Adds one delay of `ms` milliseconds.
    #[inline]
    pub fn push(&mut self, ms: u64) {
        if ms == 0 {
            self.zeros += 1;
            return;
        }
        match &mut self.positive {
            Positive::Each(each) if each.len() < Self::EXACT => each.push(ms),
            Positive::Each(_) => self.buckets().push(ms, 1),
            Positive::Buckets(buckets) => buckets.push(ms, 1),
        }
    }

    /// Adds `n` arrivals that did not wait.
    #[inline]
    pub fn push_zeros(&mut self, n: u64) {
        self.zeros += n;
    }

    /// The number of arrivals that did not wait.
    pub(crate) const fn zeros(&self) -> u64 {
        self.zeros
    }

    /// Forgets the arrivals that did not wait.
    pub(crate) const fn clear_zeros(&mut self) {
        self.zeros = 0;
    }

    /// Removes the delays above zero and returns them, if each is still kept.
    pub(crate) fn take_each(&mut self) -> Option<std::vec::Drain<'_, u64>> {
        match &mut self.positive {
            Positive::Each(each) => Some(each.drain(..)),
            Positive::Buckets(_) => None,
        }
    }

    /// The number of delays, zeros included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.zeros + self.delayed()
    }

    /// The number of delays above zero.
    #[must_use]
    pub fn delayed(&self) -> u64 {
        match &self.positive {
            Positive::Each(each) => each.len() as u64,
            Positive::Buckets(buckets) => buckets.count(),
        }
    }

    /// Whether each delay is kept, so that every quantile is exact.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self.positive, Positive::Each(_))
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        match (&mut self.positive, &other.positive) {
            (Positive::Each(mine), Positive::Each(theirs)) if mine.len() + theirs.len() <= Self::EXACT => {
                mine.extend_from_slice(theirs);
            }
            (_, Positive::Each(theirs)) => {
                let buckets = self.buckets();
                theirs.iter().for_each(|&ms| buckets.push(ms, 1));
            }
            (_, Positive::Buckets(theirs)) => self.buckets().merge(theirs),
        }
    }

    /// Sorts the delays that are kept. Equal multisets are then equal values, and [`quantile`](Self::quantile) may be called.
    pub fn sort(&mut self) {
        if let Positive::Each(each) = &mut self.positive {
            // They consist of sorted runs, one for each instance, which the stable sort merges.
            each.sort();
        }
    }

    /// The quantile in milliseconds by [nearest rank](nearest_rank); 1000 is the maximum. 0 if there are no delays. With more than
    /// [`EXACT`](Self::EXACT) delays above zero it may be up to a 1024th too high, except for the maximum.
    ///
    /// Call [`sort`](Self::sort) first; checked in debug builds.
    #[must_use]
    pub fn quantile(&self, per_mille: u64) -> u64 {
        let rank = nearest_rank(self.count(), per_mille);
        let Some(rank) = rank.checked_sub(self.zeros).filter(|&rank| rank > 0) else { return 0 };
        match &self.positive {
            Positive::Each(each) => {
                debug_assert!(each.is_sorted(), "sort() before quantile()");
                each.get(rank as usize - 1).or(each.last()).copied().unwrap_or(0)
            }
            Positive::Buckets(buckets) => buckets.at_rank(rank),
        }
    }

    /// The buckets. Delays that were kept until now are moved into them first.
    fn buckets(&mut self) -> &mut Sketch {
        if let Positive::Each(each) = &mut self.positive {
            let mut buckets = Sketch::new();
            each.iter().for_each(|&ms| buckets.push(ms, 1));
            self.positive = Positive::Buckets(Box::new(buckets));
        }
        match &mut self.positive {
            Positive::Buckets(buckets) => buckets,
            Positive::Each(_) => unreachable!("they were put into buckets just now"),
        }
    }
}

/// The serialised form of delays. It depends only on the multiset.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The number of delays of 0 ms.
    zeros: u64,
    /// The longest, in ms.
    max_ms: u64,
    /// Pairs of a delay in ms (or the lower end of its bucket) and its count, ascending.
    runs: Vec<[u64; 2]>,
}

impl From<Delays> for Written {
    fn from(delays: Delays) -> Self {
        let (max_ms, runs) = match delays.positive {
            Positive::Each(mut each) => {
                each.sort_unstable();
                let runs = each.chunk_by(|a, b| a == b).map(|equal| [equal[0], equal.len() as u64]);
                (each.last().copied().unwrap_or(0), runs.collect())
            }
            Positive::Buckets(buckets) => (buckets.max_ms(), buckets.runs().collect()),
        };
        Self { zeros: delays.zeros, max_ms, runs }
    }
}

impl TryFrom<Written> for Delays {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { zeros, max_ms, runs } = written;
        if !runs.is_sorted_by(|a, b| a[0] < b[0]) || runs.iter().any(|run| run[0] == 0 || run[1] == 0) {
            return Err("runs of delays ascend, and neither delays nor counts are 0");
        }
        let count = runs.iter().try_fold(zeros, |sum, run| sum.checked_add(run[1]));
        let count = count.ok_or("there are more than 2^64 delays")? - zeros;
        let mut delays = Self { zeros, ..Self::default() };
        if count <= Self::EXACT as u64 {
            let each = runs.iter().flat_map(|&[ms, n]| std::iter::repeat_n(ms, n as usize)).collect();
            delays.positive = Positive::Each(each);
            if runs.last().map_or(0, |run| run[0]) != max_ms {
                return Err("max_ms is the longest delay");
            }
        } else {
            let buckets = delays.buckets();
            runs.iter().for_each(|&[ms, n]| buckets.push(ms, n));
            let lower_end = buckets.runs().last().map_or(0, |run| run[0]);
            buckets.push(max_ms, 0);
            if !buckets.runs().eq(runs) || buckets.lowest(max_ms) != lower_end {
                return Err("runs begin at the lower ends of buckets, and max_ms lies in the last one");
            }
        }
        Ok(delays)
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
        assert_eq!((d.count(), d.delayed()), (10, 2));
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

    /// `n` delays over six orders of magnitude, the same ones at each call.
    fn many(n: u64) -> Vec<u64> {
        (0..n).map(|i| (i * i * 7_919 + i * 104_729) % 10_u64.pow(1 + (i % 6) as u32) + 1).collect()
    }

    #[test]
    fn buckets_are_at_most_a_1024th_too_high_and_the_maximum_is_exact() {
        let mut true_ones = many(50_000);
        let sketched = delays(&true_ones);
        true_ones.sort_unstable();
        assert!(!sketched.is_exact());
        for per_mille in 1..1000_usize {
            let truth = true_ones[(50_000 * per_mille).div_ceil(1000) - 1];
            let found = sketched.quantile(per_mille as u64);
            assert!(truth <= found && found <= truth + truth / 1024, "{per_mille}: {truth} {found}");
        }
        assert_eq!(sketched.quantile(1000), *true_ones.last().unwrap());
        assert_eq!((sketched.count(), sketched.delayed()), (50_000, 50_000));
    }

    #[test]
    fn many_delays_merge_to_the_same_value_however_they_were_divided() {
        let values = many(3 * Delays::EXACT as u64 / 2);
        let whole = delays(&values);
        for parts in [1, 2, 3, 7, 1000] {
            let mut merged = Delays::default();
            values.chunks(values.len().div_ceil(parts)).rev().for_each(|part| merged.merge(&delays(part)));
            assert_eq!(merged, whole, "{parts}");
        }
    }

    #[test]
    fn the_limit_is_exact_and_one_delay_more_is_not() {
        let mut d = delays(&many(Delays::EXACT as u64));
        assert!(d.is_exact());
        d.push(1);
        assert!(!d.is_exact());
    }

    #[test]
    fn delays_round_trip() {
        for n in [0, 1, 1000, Delays::EXACT as u64, Delays::EXACT as u64 + 1, 60_000] {
            let mut d = delays(&many(n));
            d.push_zeros(3);
            let text = serde_json::to_string(&d).unwrap();
            assert_eq!(serde_json::from_str::<Delays>(&text).unwrap(), d, "{n}");
        }
    }

    #[test]
    fn invalid_delays_are_refused() {
        for text in [
            r#"{"zeros":0,"max_ms":2,"runs":[[2,1],[1,1]]}"#,
            r#"{"zeros":0,"max_ms":0,"runs":[[0,1]]}"#,
            r#"{"zeros":0,"max_ms":1,"runs":[[1,0]]}"#,
            r#"{"zeros":0,"max_ms":3,"runs":[[1,1]]}"#,
            r#"{"zeros":1,"max_ms":1,"runs":[[1,18446744073709551615]]}"#,
            r#"{"zeros":0,"max_ms":9000001,"runs":[[9000001,99999]]}"#,
            r#"{"zeros":0,"max_ms":1,"runs":[[1,1]],"more":1}"#,
        ] {
            assert!(serde_json::from_str::<Delays>(text).is_err(), "{text}");
        }
    }
}
