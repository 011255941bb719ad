//! `sims fuzz`: its findings, its files, its exit codes.

use crate::{complains, prints, sims, text};

#[test]
fn dormouse_misses_nothing_and_the_search_says_how_far_it_came() {
    let out = prints(&["fuzz", "--seeds", "300"]);
    assert!(out.contains("300 trials") && out.contains("\nnothing found\nreached: "), "{out}");
}

#[test]
fn what_current_misses_is_written_as_a_scenario_that_replays() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = folder.path().join("found");
    let found = found.to_str().expect("a path");
    let args = ["fuzz", "--watcher", "current", "--profile", "swarm", "--seeds", "100", "--out", found];
    let once = sims(&args).output().expect("sims runs");
    assert_eq!(once.status.code(), Some(1));
    let once = text(once.stdout);
    let again = sims(&[&args[..], &["--threads", "1"]].concat()).output().expect("sims runs");
    assert_eq!(once, text(again.stdout), "the same on any number of threads");

    let replays: Vec<&str> =
        once.lines().filter_map(|line| line.split("sims scenario run ").nth(1)).collect();
    assert!(replays.iter().any(|path| path.contains("current-stranded-inbound-assumed-")), "{once}");
    for path in replays {
        let verdict = prints(&["scenario", "run", path]);
        assert!(verdict.contains("as expected"), "{verdict}");
    }
}

#[test]
fn the_table_has_a_row_for_each_design_and_nothing_in_that_of_dormouse() {
    let out = prints(&["fuzz", "--table", "--seeds", "100"]);
    let rows: Vec<&str> = out.lines().collect();
    assert_eq!(rows.len(), 7, "{out}");
    let cells = |row: &str| row.split('|').filter(|cell| cell.contains('.')).count();
    assert!(rows[2].starts_with("| phase0 |") && cells(rows[2]) >= 4, "{out}");
    assert!(rows[6].starts_with("| dormouse |") && cells(rows[6]) == 0, "{out}");
}

#[test]
fn an_invalid_search_is_an_error() {
    assert_eq!(
        complains(&["fuzz", "--out", "Cargo.toml"]),
        "sims: Cargo.toml is there and is not a folder; give another --out"
    );
    for (args, words) in [
        (
            &["fuzz", "--profile", "anthing"][..],
            "no such profile; there are assumed (also called swarm) and anything",
        ),
        (&["fuzz", "--minutes", "soon"], "\"soon\" is no number of minutes; write it like 10 or 0.5"),
        (&["fuzz", "--minutes", "1", "--seeds", "1"], "cannot be used with"),
    ] {
        let output = sims(args).output().expect("sims runs");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(output.stderr).contains(words), "{args:?}");
    }
}
