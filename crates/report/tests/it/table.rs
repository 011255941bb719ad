use dormouse_report::{TableOptions, table};
use dormouse_rows::{Class, Row};

use crate::rows::{clean, marks, missing, row, row_missing};

fn plain(rows: &[Row]) -> String {
    table(rows, &TableOptions { marks: &marks(), ..TableOptions::default() })
}

#[test]
fn a_sweep_without_missed_work() {
    insta::assert_snapshot!(plain(&clean()));
}

#[test]
fn classes_that_occur_are_columns() {
    insta::assert_snapshot!(plain(&missing()));
}

#[test]
fn classes_that_do_not_fit_move_below() {
    let all = Class::ALL.map(|class| (class, 12));
    insta::assert_snapshot!(plain(&[row_missing(2, 1050, 30, &all), row(5, 900, 12)]));
}

#[test]
fn rows_of_two_watchers_name_their_watcher() {
    let mut other = row(2, 700, 5);
    other.watcher = "phase0".into();
    insta::assert_snapshot!(table(&[row(2, 1050, 30), other], &TableOptions::default()));
}

#[test]
fn one_row_and_none() {
    insta::assert_snapshot!(plain(&[row(5, 900, 12)]));
    assert_eq!(plain(&[]), "no rows\n");
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let coloured = table(&missing(), &TableOptions { colour: true, marks: &marks(), width: None });
    assert!(coloured.contains("\x1b[1;32m"));
    let mut text = coloured;
    for escape in ["\x1b[1;32m", "\x1b[1m", "\x1b[2m", "\x1b[0m"] {
        text = text.replace(escape, "");
    }
    assert_eq!(text, plain(&missing()));
}

#[test]
fn names_cannot_break_a_line_or_reach_the_terminal() {
    let mut hostile = row(5, 900, 12);
    hostile.trace = "a\nb\u{1b}[2J".into();
    let text = table(&[row(2, 1050, 30), hostile], &TableOptions::default());
    assert!(text.contains("a b [2J") && !text.contains('\u{1b}'), "{text}");
}
