//! `sims platforms`, and `--platform`.

use dormouse_sim::rows::read_csv;
use insta::assert_snapshot;

use crate::{complains, prints, sims, text};

#[test]
fn all_platforms_are_listed_with_their_clock_limits_prices_and_break_even() {
    assert_snapshot!(prints(&["platforms"]));
}

#[test]
fn a_platform_shows_every_field_and_who_says_so() {
    assert_snapshot!(prints(&["platforms", "fly", "knative"]));
}

#[test]
fn platforms_are_compared_side_by_side() {
    assert_snapshot!(prints(&["platforms", "fly", "keda", "neon", "snowflake", "--compare"]));
}

#[test]
fn what_everybody_would_paste_is_pinned() {
    let names = prints(&["platforms"]);
    let names = names.lines().skip(1).map_while(|line| line.split_whitespace().next());
    let pastes: String = names
        .map(|name| {
            let full = prints(&["platforms", name]);
            let paste = full.split_once("\nto paste:\n\n").map_or("(nothing)\n", |(_, paste)| paste);
            format!("== {name}\n{paste}")
        })
        .collect();
    assert_snapshot!(pastes);
}

#[test]
fn an_unknown_name_suggests_the_nearest() {
    assert_eq!(
        complains(&["platforms", "knativ"]),
        "sims: no platform is called \"knativ\", and it is no .toml file; did you mean `knative`?"
    );
    assert_eq!(complains(&["platforms", "mine.toml"]), "sims: mine.toml: no such file; check the path");
}

#[test]
fn a_platforms_clock_is_swept_and_defaults_for_unknown_values_are_reported() {
    let args =
        ["sweep", "tests/data/three.csv", "--timeouts", "1,60", "--format", "csv", "--platform", "knative"];
    let output = sims(&args).output().expect("sims runs");
    assert!(output.status.success());
    assert_eq!(
        text(output.stderr),
        "sims: knative: sleep.wake_ms is unknown; simulated as 2000, which --set cold_start_ms=… changes\n"
    );
    let out = text(output.stdout);
    // With an explicit `--set` there is no note.
    let set = prints(&[&args[..], &["--set", "cold_start_ms=2000"]].concat());
    assert_eq!(out, set);
    let rows = read_csv(out.as_bytes()).expect("rows");
    assert_eq!((rows.len(), rows[0].platform.as_str()), (2, "knative"));
    assert!(rows[0].suspended_ms > rows[1].suspended_ms, "the window is what is swept");
}
