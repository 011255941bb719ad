//! Properties that hold for random rows.

use dormouse_report::{Mark, Report, TableOptions, findings, pareto, report, table};
use dormouse_rows::{Class, Counts, Labels, Row};
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

/// Rows with any numbers that a file might hold.
fn wild_row() -> impl Strategy<Value = Row> {
    let minutes = prop_oneof![1 => any::<f64>(), 9 => 1e-5..1e5_f64];
    (minutes, any::<[u64; 10]>(), any::<u8>()).prop_map(|(minutes, numbers, zeros)| {
        let number = |i: u32| if zeros >> (i % 8) & 1 == 1 { 0 } else { numbers[i as usize % 10] };
        let mut row = Row::new(&labels(), 60_000, &Counts::default());
        row.idle_timeout_minutes = minutes.abs();
        (row.horizon_ms, row.suspended_ms, row.oracle_suspended_ms) = (number(0), number(1), number(2));
        row.suspend_minutes = minutes * 1e3;
        (row.instances, row.wakes, row.wakes_cron) = (number(3), number(4), number(5));
        (row.delayed, row.user_arrivals, row.late) = (number(6), number(7), number(8));
        (row.delay_ms_p50, row.delay_ms_max) = (number(9), number(0));
        (row.violations, row.frozen_work, row.flapping) = (number(1), number(2), number(3));
        row
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
    fn the_recommended_row_is_efficient_and_misses_the_least(
        rows in prop::collection::vec(small_row(), 1..12),
    ) {
        if let Some(i) = findings(&rows, &[]).recommended {
            prop_assert!(pareto(&rows)[i]);
            prop_assert_eq!(Some(rows[i].violations), rows.iter().map(|r| r.violations).min());
        }
    }

    #[test]
    fn a_table_has_a_line_for_each_row_whatever_is_in_it(
        rows in prop::collection::vec(wild_row(), 1..6), width in any::<Option<u16>>(), colour in any::<bool>(),
    ) {
        let marks = [Mark { label: "a mark".into(), timeout_ms: 60_000 }];
        let text = table(&rows, &TableOptions { colour, marks: &marks, width });
        prop_assert!(text.lines().count() >= 4 + rows.len());
    }
}

proptest! {
    // Each case draws six pictures twice.
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn a_report_is_made_or_refused_but_never_panics(
        rows in prop::collection::vec(wild_row(), 0..6), gaps in prop::collection::vec(any::<u64>(), 0..9),
    ) {
        let _ = report(&Report { rows: &rows, gaps_ms: &gaps, ..Report::default() });
    }
}
