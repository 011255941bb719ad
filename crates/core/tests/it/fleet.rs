//! The predicate over a fleet gives the same answers as for each gateway alone.

use dormouse_core::{FleetColumns, Wall, is_idle};
use proptest::collection::vec;
use proptest::prelude::*;

/// Items in flight: mostly none, some, the largest number, or unreadable.
fn some_work() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![6 => Just(Some(0)), 1 => any::<u32>().prop_map(Some), 1 => Just(Some(u32::MAX)), 1 => Just(None)]
}

/// Times close to each other and to both ends of the range, so that thresholds are hit exactly.
fn some_ms() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..6_u64, 1 => any::<u64>(), 1 => (0..6_u64).prop_map(|less| u64::MAX - less)]
}

fn column(work: &[Option<u32>]) -> Vec<u32> {
    work.iter().map(|work| work.unwrap_or(FleetColumns::UNREADABLE)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn a_fleet_is_idle_where_its_gateways_are(
        gateways in vec((some_work(), some_work(), some_ms()), 0..80),
        now in some_ms(),
        timeout_ms in some_ms(),
    ) {
        let (work, rest): (Vec<_>, Vec<_>) = gateways.iter().map(|&(work, background, ms)| (work, (background, ms))).unzip();
        let (background, seen): (Vec<_>, Vec<_>) = rest.into_iter().unzip();
        let seen: Vec<Wall> = seen.into_iter().map(Wall::from_ms).collect();
        let now = Wall::from_ms(now);
        let expected: Vec<bool> = (0..gateways.len())
            .map(|i| is_idle(work[i], background[i], now, seen[i], timeout_ms))
            .collect();

        let fleet = FleetColumns { in_flight: &column(&work), background: &column(&background), last_seen: &seen };
        // The previous content of the slice must not matter.
        for before in [false, true] {
            let mut idle = vec![before; gateways.len()];
            fleet.idle(now, timeout_ms, &mut idle);
            prop_assert_eq!(&idle, &expected);
        }
    }

    #[test]
    fn a_gateway_that_a_column_is_too_short_for_is_busy(lengths in (0..9_usize, 0..9_usize, 0..9_usize, 0..9_usize)) {
        let (work, background, seen, asked) = lengths;
        let fleet = FleetColumns {
            in_flight: &vec![0; work],
            background: &vec![0; background],
            last_seen: &vec![Wall::ZERO; seen],
        };
        let mut idle = vec![true; asked];
        fleet.idle(Wall::from_ms(9), 9, &mut idle);
        let known = work.min(background).min(seen).min(asked);
        prop_assert!(idle.iter().enumerate().all(|(i, &idle)| idle == (i < known)), "{:?}", idle);
    }
}
