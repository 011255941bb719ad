//! Laws over rows with any numbers at all, as a file might hold them.

use std::cell::Cell;

use dormouse_sim::rows::{Counts, Labels, Row, write_csv, write_json};
use proptest::prelude::*;

use crate::pictures::{Recorder, all};
use crate::report::one_sweep;
use crate::{Mark, Report, TableOptions, page, table};

fn wild_row() -> impl Strategy<Value = Row> {
    let minutes = prop_oneof![1 => any::<f64>(), 9 => 1e-5..1e5_f64];
    (minutes, any::<[u64; 10]>(), any::<u8>()).prop_map(|(minutes, numbers, zeros)| {
        let number = |i: u32| if zeros >> (i % 8) & 1 == 1 { 0 } else { numbers[i as usize % 10] };
        let labels =
            Labels { trace: "random".into(), watcher: "current".into(), platform: "fly".into(), seed: 1 };
        let mut row = Row::new(&labels, 60_000, &Counts::default());
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

#[test]
fn a_report_of_any_rows_is_refused_or_all_of_it_is_written_and_lies_on_the_page() {
    let (cases, made) = (Cell::new(0), Cell::new(0));
    proptest!(|(rows in prop::collection::vec(wild_row(), 0..6), gaps in prop::collection::vec(any::<u64>(), 0..9))| {
        cases.set(cases.get() + 1);
        let Ok(rows) = one_sweep(&rows) else { return Ok(()) };
        made.set(made.get() + 1);
        let report = Report { rows: &rows, gaps_ms: &gaps, ..Report::default() };
        let pictures = all(&report);
        prop_assert!(page::page(&report, &pictures).contains("## Rows"));
        write_csv(&rows, Vec::new()).unwrap();
        write_json(&rows, Vec::new()).unwrap();
        for picture in &pictures {
            let drawn = Recorder::of(picture);
            prop_assert!(!drawn.points.is_empty(), "{} is empty", picture.name);
            for (x, y) in drawn.points {
                let inside = (0.0..=1600.0).contains(&x) && (0.0..=900.0).contains(&y);
                prop_assert!(inside, "{}: ({x}, {y})", picture.name);
            }
        }
    });
    assert!(made.get() * 100 >= cases.get() * 25, "{} of {} are made", made.get(), cases.get());
}

proptest! {
    #[test]
    fn a_table_has_a_line_for_each_row_whatever_is_in_it(
        rows in prop::collection::vec(wild_row(), 1..6), width in any::<Option<u16>>(), colour in any::<bool>(),
    ) {
        let marks = [Mark { label: "a mark".into(), timeout_ms: 60_000 }];
        let text = table(&rows, &TableOptions { colour, marks: &marks, width });
        prop_assert!(text.lines().count() >= 4 + rows.len());
    }
}
