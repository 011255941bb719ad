//! Quantiles by nearest rank: each is a value that occurred (Hyndman and Fan 1996, definition 1).

/// The rank, from 1, of a quantile among `count` values in ascending order: that of the smallest value that at least `per_mille`/1000
/// of all values do not exceed. 1 for 0 per mille, `count` for 1000 per mille and more, and 0 without values.
///
/// ```
/// use dormouse_text::nearest_rank;
/// assert_eq!([0, 1, 500, 501, 1000].map(|per_mille| nearest_rank(10, per_mille)), [1, 1, 5, 6, 10]);
/// ```
#[must_use]
pub fn nearest_rank(count: u64, per_mille: u64) -> u64 {
    let rank = (u128::from(count) * u128::from(per_mille)).div_ceil(1000);
    // At most `count`, so it fits.
    (rank.min(u128::from(count)) as u64).max(1).min(count)
}

/// The quantile of values in ascending order at `per_mille`; `None` without values.
///
/// ```
/// use dormouse_text::quantile;
/// assert_eq!(quantile(&[10, 20, 30], 500), Some(20));
/// ```
#[must_use]
pub fn quantile<T: Copy>(ascending: &[T], per_mille: u64) -> Option<T> {
    let rank = nearest_rank(ascending.len() as u64, per_mille) as usize;
    ascending.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_are_the_least_and_the_largest_value() {
        assert_eq!([0, 500, 1000].map(|per_mille| nearest_rank(0, per_mille)), [0; 3]);
        assert_eq!([0, 1, 1000, 2000].map(|per_mille| nearest_rank(7, per_mille)), [1, 1, 7, 7]);
        assert_eq!(nearest_rank(u64::MAX, 1000), u64::MAX);
        assert_eq!([0, 500, 1000].map(|per_mille| quantile::<u64>(&[], per_mille)), [None; 3]);
        assert_eq!([0, 500, 1000].map(|per_mille| quantile(&[7], per_mille)), [Some(7); 3]);
    }

    proptest! {
        #[test]
        fn a_quantile_is_the_smallest_value_that_enough_values_do_not_exceed(
            mut values in proptest::collection::vec(0..50_u64, 1..60), per_mille in 1..=1000_u64
        ) {
            values.sort_unstable();
            let share_up_to = |most: u64| values.iter().filter(|&&value| value <= most).count() * 1000;
            let enough = values.len() * per_mille as usize;
            let smallest = values.iter().copied().find(|&value| share_up_to(value) >= enough);
            prop_assert_eq!(quantile(&values, per_mille), smallest);
        }
    }
}
