//! Laws of the ideal curve.

use dormouse_sim::Horizon;
use dormouse_sim::ideal::{Ideal, IdealPrice, IdealSums};
use dormouse_trace::Kind;
use dormouse_trace::info::idle_gaps_ms;
use proptest::prelude::*;

use dormouse_proof::cases::{config, some_trace};

/// Gaps from nothing to an hour, many of them equal.
fn some_gaps() -> impl Strategy<Value = Vec<u64>> {
    let gap = prop_oneof![1 => 0..3_600_000_u64, 1 => (0..20_u64).prop_map(|n| n * 1000)];
    proptest::collection::vec(gap, 0..40)
}

fn some_price() -> impl Strategy<Value = IdealPrice> {
    (0..5_u64, 0..2_000_000_u64).prop_map(|(idle_ms, wake)| IdealPrice { idle_ms, wake })
}

/// The cost by its definition, gap by gap.
fn defined(gaps: &[u64], cut_off: &[u64], timeout: u64, price: IdealPrice) -> u128 {
    let idle: u128 = gaps.iter().chain(cut_off).map(|&gap| u128::from(gap.min(timeout))).sum();
    let wakes = gaps.iter().filter(|&&gap| gap > timeout).count() as u128;
    idle * u128::from(price.idle_ms) + wakes * u128::from(price.wake)
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn the_curve_is_the_sum_over_gaps(
        gaps in some_gaps(), cut_off in some_gaps(), price in some_price(), timeout in 0..4_000_000_u64
    ) {
        let ideal = Ideal::new(gaps.iter().copied(), cut_off.iter().copied());
        for timeout in gaps.iter().copied().chain([timeout, 0, u64::MAX]) {
            let point = ideal.at(timeout);
            prop_assert_eq!(point.cost(price), defined(&gaps, &cut_off, timeout, price));
            prop_assert_eq!(point.idle_ms + point.asleep_ms, gaps.iter().chain(&cut_off).sum::<u64>());
        }
    }

    #[test]
    fn no_timeout_is_cheaper_than_the_best(
        gaps in some_gaps(), cut_off in some_gaps(), price in some_price(), timeout in 0..4_000_000_u64
    ) {
        let ideal = Ideal::new(gaps.iter().copied(), cut_off);
        let best = ideal.best(price).cost(price);
        for timeout in gaps.iter().flat_map(|gap| [gap.saturating_sub(1), *gap, gap + 1]).chain([timeout, 0, u64::MAX]) {
            prop_assert!(best <= ideal.at(timeout).cost(price));
        }
    }

    #[test]
    fn between_two_corners_the_curve_rises_and_wakes_as_often(
        gaps in some_gaps(), price in some_price(), a in 0..4_000_000_u64
    ) {
        let ideal = Ideal::new(gaps, []);
        let corner = ideal.corners().take_while(|corner| corner.timeout_ms <= a).last().unwrap();
        prop_assert_eq!(corner.wakes, ideal.at(a).wakes);
        prop_assert!(corner.cost(price) <= ideal.at(a).cost(price));
    }

    #[test]
    fn scaling_time_scales_the_best_timeout(gaps in some_gaps(), price in some_price(), k in 1..50_u64) {
        let scaled = Ideal::new(gaps.iter().map(|gap| gap * k), []);
        let (best, longer) = (Ideal::new(gaps, []).best(price), scaled.best(IdealPrice { wake: price.wake * k, ..price }));
        prop_assert_eq!(best.timeout_ms.saturating_mul(k), longer.timeout_ms);
        prop_assert_eq!(best.cost(price) * u128::from(k), longer.cost(IdealPrice { wake: price.wake * k, ..price }));
    }

    #[test]
    fn scaling_both_prices_leaves_the_best_timeout(gaps in some_gaps(), price in some_price(), k in 1..50_u64) {
        let ideal = Ideal::new(gaps, []);
        let dearer = IdealPrice { idle_ms: price.idle_ms * k, wake: price.wake * k };
        prop_assert_eq!(ideal.best(price), ideal.best(dearer));
    }

    #[test]
    fn where_wakes_are_free_the_best_is_to_sleep_at_once(gaps in some_gaps(), idle_ms in 1..5_u64) {
        prop_assert_eq!(Ideal::new(gaps, []).best(IdealPrice { idle_ms, wake: 0 }).timeout_ms, 0);
    }

    #[test]
    fn where_idling_is_free_the_best_never_wakes(gaps in some_gaps(), wake in 1..5_000_u64) {
        prop_assert_eq!(Ideal::new(gaps, []).best(IdealPrice { idle_ms: 0, wake }).wakes, 0);
    }

    #[test]
    fn a_gap_no_longer_than_the_best_timeout_and_the_break_even_leaves_it_best(
        gaps in some_gaps(), wake in 0..2_000_000_u64, pick: u64
    ) {
        let price = IdealPrice { idle_ms: 1, wake };
        let best = Ideal::new(gaps.iter().copied(), []).best(price);
        // One more gap that is not worth sleeping in: idling through it costs no more than a wake.
        let more = pick % (best.timeout_ms.min(wake) + 1);
        let with = Ideal::new(gaps.into_iter().chain([more]), []);
        prop_assert_eq!(with.best(price).cost(price), with.at(best.timeout_ms).cost(price));
    }

    #[test]
    fn a_gap_longer_than_all_by_the_break_even_never_raises_the_best_timeout(
        gaps in some_gaps(), wake in 1..2_000_000_u64, more in 0..1_000_000_u64
    ) {
        let price = IdealPrice { idle_ms: 1, wake };
        let longest = gaps.iter().copied().max().unwrap_or(0);
        let before = Ideal::new(gaps.iter().copied(), []).best(price);
        let after = Ideal::new(gaps.into_iter().chain([longest + wake + more]), []).best(price);
        prop_assert!(after.timeout_ms <= before.timeout_ms);
    }

    #[test]
    fn the_clairvoyant_is_never_beaten_and_the_break_even_pays_at_most_double(gaps in some_gaps(), wake in 0..2_000_000_u64) {
        let (price, ideal) = (IdealPrice { idle_ms: 1, wake }, Ideal::new(gaps, []));
        let clairvoyant = ideal.clairvoyant(price);
        for corner in ideal.corners() {
            prop_assert!(clairvoyant <= corner.cost(price));
        }
        prop_assert!(ideal.at(wake).cost(price) <= 2 * clairvoyant);
    }

    #[test]
    fn a_partition_of_the_gaps_adds_up(left in some_gaps(), right in some_gaps(), timeout in 0..4_000_000_u64) {
        let of = |gaps: &[u64]| Ideal::new(gaps.iter().copied(), []).at(timeout);
        let (a, b, both) = (of(&left), of(&right), of(&[left.clone(), right.clone()].concat()));
        prop_assert_eq!((a.idle_ms + b.idle_ms, a.wakes + b.wakes), (both.idle_ms, both.wakes));
    }

    #[test]
    fn sums_over_parts_of_a_trace_are_points_of_its_curve(trace in some_trace(), part in any::<prop::sample::Index>(), common: bool) {
        let timeouts = [1, 2_000, 30_000, 60_000, 600_000, 86_400_000];
        let horizon = if common { Horizon::Common } else { Horizon::PerInstance };
        let (first, others) = trace.instances.split_at(part.index(trace.instances.len() + 1));
        let mut sums = IdealSums::new(&timeouts);
        for part in [first, others] {
            sums.add(part, horizon.resolved(trace.end_of_work_ms()));
        }
        let all = Ideal::of(&trace, horizon);
        prop_assert_eq!(sums.points(), timeouts.map(|timeout| all.at(timeout)));
    }

    #[test]
    fn per_instance_the_gaps_are_those_that_the_trace_is_described_by(mut trace in some_trace()) {
        // Internal events end no gap, but a span may begin or end with one. Without them an instance has no silence between the
        // start of its span and its first event, or between its last end of work and the end of its span.
        for instance in &mut trace.instances {
            instance.events = instance.events.iter().filter(|event| event.kind != Kind::Internal).collect();
        }
        let described = Ideal::new(idle_gaps_ms(&trace), vec![0; trace.instances.len()]);
        let found = Ideal::of(&trace, Horizon::PerInstance);
        for timeout in [0, 1, 1_000, 60_000, 600_000] {
            prop_assert_eq!(found.at(timeout), described.at(timeout));
        }
    }
}
