use dormouse_report::findings;
use dormouse_rows::Class;

use crate::rows::{clean, marks, missing, row, row_missing};

#[test]
fn the_recommended_timeout_and_its_price() {
    let found = findings(&clean(), &marks());
    // 1100 - 10*40 = 700; 1050 - 300 = 750; 900 - 120 = 780; 890 - 120 = 770; 600 - 40 = 560.
    assert_eq!(found.recommended, Some(2));
    insta::assert_snapshot!(found);
}

#[test]
fn a_timeout_that_misses_work_is_not_recommended() {
    let found = findings(&missing(), &marks());
    assert_eq!(found.recommended, Some(2));
    insta::assert_snapshot!(found);
}

#[test]
fn if_every_timeout_misses_work_the_text_says_so_first() {
    let rows = [
        row_missing(2, 1050, 30, &[(Class::FrozenWork, 3)]),
        row_missing(5, 900, 12, &[(Class::StrandedInbound, 1)]),
    ];
    insta::assert_snapshot!(findings(&rows, &marks()));
}

#[test]
fn at_a_tie_the_shorter_timeout_is_recommended() {
    assert_eq!(findings(&[row(5, 900, 10), row(2, 910, 11)], &[]).recommended, Some(1));
}

#[test]
fn a_machine_that_never_sleeps_gets_no_recommendation() {
    let mut rows = vec![row(2, 0, 0), row(5, 0, 0)];
    assert_eq!(findings(&rows, &marks()).recommended, None);
    insta::assert_snapshot!(findings(&rows, &marks()));
    rows.iter_mut().for_each(|row| row.oracle_suspended_ms = 0);
    insta::assert_snapshot!(findings(&rows, &marks()));
}

#[test]
fn without_rows_there_is_no_recommendation() {
    let none = findings(&[], &marks());
    assert_eq!((none.recommended, none.to_string().as_str()), (None, "There are no rows."));
}
