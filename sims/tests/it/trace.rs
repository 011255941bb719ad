//! `sims trace`: generate, describe, convert.

use crate::{complains, prints};

#[test]
fn info_describes_the_embedded_trace() {
    insta::assert_snapshot!(prints(&["trace", "info"]));
}

#[test]
fn every_preset_is_listed_and_can_be_swept() {
    let list = prints(&["trace", "generate", "--list"]);
    for name in dormouse_trace::generate::PRESETS {
        assert!(list.contains(name), "{list}");
        if *name != "million-requests" {
            prints(&["sweep", "--preset", name, "--timeouts", "2", "--format", "csv"]);
        }
    }
}

#[test]
fn a_converted_trace_means_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (plain, packed, back) = (at("a.csv"), at("b.csv.gz"), at("c.csv.zst"));
    prints(&["trace", "generate", "--preset", "personal", "--seed", "3", "--out", &plain]);
    prints(&["trace", "convert", &plain, "--out", &packed]);
    prints(&["trace", "convert", &packed, "--out", &back]);
    assert_eq!(prints(&["trace", "convert", &back]), std::fs::read_to_string(&plain).expect("written"));
}

#[test]
fn generation_takes_overrides_and_is_the_same_for_the_same_seed() {
    let args = [
        "trace",
        "generate",
        "--preset",
        "personal",
        "--set",
        "span=1d",
        "--set",
        "instances=3",
        "--seed",
        "5",
    ];
    let csv = prints(&args);
    assert_eq!(csv, prints(&args));
    for name in ["-1,", "-2,", "-3,"] {
        assert!(csv.contains(name), "{name}");
    }
}

#[test]
fn the_short_form_refuses_what_it_cannot_express() {
    let said = complains(&["trace", "convert", "traces/team-week.csv", "--form", "short"]);
    assert!(said.contains("internal events; use the canonical form"), "{said}");
}
