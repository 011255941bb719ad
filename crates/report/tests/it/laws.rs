//! Properties that hold for random rows.

use dormouse_report::{findings, pareto};
use dormouse_sim::rows::{Class, Counts, Labels, Row};
use proptest::prelude::*;

/// Rows with few distinct values, so that ties are common.
fn small_row() -> impl Strategy<Value = Row> {
    (1_u64..8, 0_u64..5, 0_u64..5, 0_u64..3).prop_map(|(minutes, asleep, delayed, missed)| {
        let mut counts = Counts {
            horizon_ms: 10,
            suspended_ms: asleep,
            awake_ms: 10 - asleep,
            user_arrivals: 5,
            ..Counts::default()
        };
        (0..delayed).for_each(|_| counts.delays.push(1));
        counts.violations[Class::FrozenWork as usize] = missed;
        Row::new(&labels(), minutes * 60_000, &counts)
    })
}

fn labels() -> Labels {
    Labels { trace: "random".into(), watcher: "current".into(), platform: "fly".into(), seed: 1 }
}

fn dominates(a: &Row, b: &Row) -> bool {
    let pairs =
        [a.suspended_ms.cmp(&b.suspended_ms), b.delayed.cmp(&a.delayed), b.violations.cmp(&a.violations)];
    pairs.iter().all(|order| order.is_ge()) && pairs.iter().any(|order| order.is_gt())
}

proptest! {
    #[test]
    fn no_efficient_row_is_dominated_and_every_other_is_by_an_efficient_one(
        rows in prop::collection::vec(small_row(), 0..12),
    ) {
        let efficient = pareto(&rows);
        for (row, &is_efficient) in rows.iter().zip(&efficient) {
            let mut front = rows.iter().zip(&efficient).filter(|(_, e)| **e);
            prop_assert_eq!(is_efficient, !front.any(|(other, _)| dominates(other, row)));
        }
    }

    #[test]
    fn the_front_does_not_depend_on_the_order_of_rows(
        rows in prop::collection::vec(small_row(), 0..12),
    ) {
        let mut backwards = rows.clone();
        backwards.reverse();
        let mut efficient = pareto(&backwards);
        efficient.reverse();
        prop_assert_eq!(pareto(&rows), efficient);
    }

    #[test]
    fn the_recommended_row_is_efficient_and_misses_the_least_and_there_is_one_if_any_row_sleeps(
        rows in prop::collection::vec(small_row(), 1..12),
    ) {
        let recommended = findings(&rows, &[]).recommended;
        prop_assert_eq!(recommended.is_some(), rows.iter().any(|row| row.suspended_ms > 0));
        if let Some(i) = recommended {
            prop_assert!(pareto(&rows)[i]);
            prop_assert_eq!(Some(rows[i].violations), rows.iter().map(|r| r.violations).min());
        }
    }
}
