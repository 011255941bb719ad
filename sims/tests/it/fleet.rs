//! Fleets: they give the rows of the same traffic in CSV, however they are split, and the saving with a timeout
//! per instance.

use dormouse_sim::rows::Row;

use crate::{complains, prints};

/// A folder with the preset `webhooks`, as `a.csv` and as `a.parquet`.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        for name in ["a.csv", "a.parquet"] {
            prints(&["trace", "generate", "--preset", "webhooks", "--seed", "3", "--out", &folder.at(name)]);
        }
        folder
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

#[test]
fn a_fleet_gives_the_rows_of_its_trace_on_any_number_of_threads_and_within_any_bound() {
    let folder = Folder::new();
    let rows = |name: &str, more: &[&str]| {
        prints(&[&["sweep", &folder.at(name), "--timeouts", "0.5,2,20", "--format", "csv"], more].concat())
    };
    let csv = rows("a.csv", &[]);
    for more in [
        &[][..],
        &["--threads", "1"],
        &["--threads", "16"],
        &["--memory", "1MiB"],
        &["--engine", "replay"],
        &["--per-instance-best"],
    ] {
        assert_eq!(rows("a.parquet", more), csv, "{more:?}");
    }
    for horizon in ["per-instance", "3d"] {
        assert_eq!(rows("a.parquet", &["--horizon", horizon]), rows("a.csv", &["--horizon", horizon]));
    }
    // Output that is not streamed has a different order, but the same rows.
    let sorted = |name| {
        let rows = rows(name, &["--per-instance"]);
        let mut rows: Vec<Row> = dormouse_sim::rows::read_csv(rows.as_bytes()).expect("rows");
        rows.sort_by(|a, b| a.trace.cmp(&b.trace));
        rows
    };
    assert_eq!(sorted("a.parquet"), sorted("a.csv"));
}

#[test]
fn the_ideal_curve_of_a_fleet_is_that_of_its_trace() {
    let folder = Folder::new();
    let curve = |name: &str, more: &[&str]| prints(&[&["sweep", &folder.at(name), "--ideal"], more].concat());
    for horizon in ["common", "per-instance"] {
        let csv = curve("a.csv", &["--horizon", horizon]);
        assert_eq!(csv.lines().count(), 15, "the default has 14 timeouts");
        for more in [&[][..], &["--threads", "1"], &["--memory", "1MiB"]] {
            assert_eq!(curve("a.parquet", &[&["--horizon", horizon], more].concat()), csv, "{more:?}");
        }
    }
    let gaps = |name: &str| prints(&["sweep", &folder.at(name), "--ideal=gaps"]);
    assert_eq!(gaps("a.parquet"), gaps("a.csv"));
}

#[test]
fn a_trace_survives_being_a_fleet() {
    let folder = Folder::new();
    let (csv, fleet, other) = (folder.at("a.csv"), folder.at("a.parquet"), folder.at("b.parquet"));
    assert_eq!(prints(&["trace", "convert", &fleet]), std::fs::read_to_string(&csv).expect("written"));
    prints(&["trace", "convert", &csv, "--out", &other]);
    assert!(std::fs::read(&fleet).expect("written") == std::fs::read(&other).expect("written"));
    assert_eq!(prints(&["trace", "info", &fleet]), prints(&["trace", "info", &csv]));
}

#[test]
fn parts_merge_to_the_whole_in_any_order() {
    let folder = Folder::new();
    let fleet = folder.at("a.parquet");
    let sweep = |part: &str, name: &str| {
        let args =
            ["sweep", &fleet, "--timeouts", "2,20", "--per-instance-best", "--partial", &folder.at(name)];
        prints(&[&args[..], &["--part", part]].concat())
    };
    let said = sweep("1/3", "1.json");
    assert!(said.starts_with("a: ") && said.contains(" of 20 instances, "), "{said}");
    sweep("2/3", "2.json");
    sweep("3/3", "3.json");
    let whole = sweep("1/1", "whole.json");
    let at = |names: &[&str]| names.iter().map(|name| folder.at(name)).collect::<Vec<_>>();
    let merge = |names: &[&str], more: &[&str]| {
        let names = at(names);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        prints(&[&["merge"], &names[..], more].concat())
    };
    assert_eq!(merge(&["3.json", "1.json", "2.json"], &[]), whole);
    merge(&["2.json", "3.json"], &["--partial", &folder.at("23.json")]);
    assert_eq!(merge(&["23.json", "1.json"], &[]), whole);
    let refused = |names: &[&str]| {
        let names = at(names);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        complains(&[&["merge"], &names[..]].concat())
    };
    assert!(refused(&["1.json", "1.json"]).contains("is given twice"));
    assert!(refused(&["1.json", "2.json"]).contains("add the missing parts"));
    assert!(refused(&["1.json", "23.json", "3.json"]).contains("of the fleet are already included"));
    assert!(refused(&["a.csv"]).contains("not a partial result"));
}

#[test]
fn each_instance_at_its_own_best_costs_no_more_than_all_at_one() {
    let said = prints(&[
        "sweep",
        "--preset",
        "webhooks",
        "--timeouts",
        "1,2,5,10,20",
        "--watcher",
        "dormouse",
        "--per-instance-best",
        "--wake-cost",
        "5m",
    ]);
    let cost = |row: &str| {
        let line = said.lines().find(|line| line.starts_with(row)).expect("a row");
        line.split_whitespace().last().expect("a cost").parse::<f64>().expect("a number")
    };
    assert!(cost("each its own") <= cost("one for all"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn an_error_in_a_fleet_is_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("x.parquet"), b"PAR1 and nothing more").expect("written");
    let said = complains(&["sweep", &at("x.parquet")]);
    assert!(said.contains("x.parquet: not a fleet (") && said.contains("sims trace convert"), "{said}");
    let said = complains(&["sweep", "tests/data/three.csv", "--partial", &at("p.json"), "--part", "1/2"]);
    assert!(said.contains("only fleets in Parquet have parts"), "{said}");
    let said = complains(&[
        "trace",
        "convert",
        "tests/data/three.csv",
        "--form",
        "short",
        "--out",
        &at("y.parquet"),
    ]);
    assert!(said.contains("a fleet has one form"), "{said}");
    let said =
        complains(&["sweep", "traces/team-week.csv", "tests/data/three.csv", "--partial", &at("p.json")]);
    assert!(said.contains("--partial holds the answer of one trace"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}
