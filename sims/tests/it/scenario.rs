//! `sims scenario`: every scenario, with the defect and with the cure.

use std::fs;
use std::path::Path;

use crate::{complains, prints, root, sims, text};

/// The incidents that must have a scenario.
const INCIDENTS: [&str; 21] = [
    "abort-storm",
    "cron-gives-up",
    "cron-mid-run",
    "dashboard-flap",
    "deaf-but-connected",
    "first-message-lost",
    "lost-snapshot",
    "never-armed",
    "never-slept",
    "no-time-to-answer",
    "own-heartbeat",
    "platform-froze-the-job",
    "redial-beats-freeze",
    "replayed-buttons",
    "silent-phone",
    "slept-mid-run",
    "slow-drain",
    "spent-poke",
    "stale-token",
    "unseen-delegation",
    "useless-quiesce",
];

#[test]
fn every_incident_ends_as_it_must_with_the_defect_and_with_the_cure() {
    let table = prints(&["scenario", "check"]);
    assert!(table.ends_with("every verdict as expected\n"), "{table}");
    for incident in INCIDENTS {
        assert!(
            table.lines().any(|line| line.starts_with(&format!("{incident} "))),
            "no {incident} in\n{table}"
        );
    }
}

#[test]
fn an_explanation_has_both_clocks_a_picture_and_the_switch() {
    insta::assert_snapshot!(prints(&[
        "scenario",
        "explain",
        "scenarios/incidents/redial-beats-freeze.toml",
        "--context",
        "6"
    ]));
}

#[test]
fn an_explanation_names_what_comes_like_clockwork_and_too_often() {
    let said =
        |incident: &str| prints(&["scenario", "explain", &format!("scenarios/incidents/{incident}.toml")]);
    let heartbeat = said("own-heartbeat");
    assert!(heartbeat.ends_with(
        "Prevented by: `pace_sleeps = true`.\n\
         Regular, and shorter than the timeout: 120 probe arrivals, one every 1m.\n"
    ));
    // Nightly arrivals are regular too, but a night is longer than a timeout.
    assert!(said("cron-gives-up").ends_with("or `cron_catch_up = true`.\n"));
}

#[test]
fn a_run_says_what_came_out_both_ways() {
    insta::assert_snapshot!(prints(&["scenario", "run", "scenarios/incidents/cron-mid-run.toml"]));
}

#[test]
fn a_plot_is_an_svg_or_a_png() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = "scenarios/incidents/slow-drain.toml";
    for (name, begins) in [("x.svg", &b"<svg"[..]), ("x.png", b"\x89PNG")] {
        let path = folder.path().join(name).display().to_string();
        prints(&["scenario", "explain", file, "--plot", &path]);
        assert!(fs::read(&path).expect("a picture").starts_with(begins), "{name}");
    }
    let path = folder.path().join("x.jpg").display().to_string();
    let said = complains(&["scenario", "explain", file, "--plot", &path]);
    assert_eq!(said, format!("sims: --plot {path}: draws .svg and .png; end the name so"));
}

/// A scenario in a folder of its own, with one change.
fn changed(from: &str, to: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario =
        fs::read_to_string(root().join("sims/scenarios/incidents/slow-drain.toml")).expect("a scenario");
    assert!(scenario.contains(from));
    fs::write(folder.path().join("x.toml"), scenario.replacen(from, to, 1)).expect("written");
    let path = folder.path().display().to_string();
    (folder, path)
}

#[test]
fn a_verdict_that_differs_ends_with_1_and_says_how() {
    for (from, to, line) in [
        ("stranded-inbound = 1", "stranded-inbound = 2", "with the defect: stranded-inbound: 1, expected 2"),
        ("\"..1500\"", "\"..500\"", "with the cure: delay_ms_max: "),
        ("wake_marker = true", "wake_marker = false", "with the cure: stranded-inbound: 1, expected 0"),
        (
            "watcher = \"fenced\"",
            "watcher = \"fenced\"\nof_the_day = \"current\"",
            "under current: no stranded-inbound",
        ),
    ] {
        let (_folder, path) = changed(from, to);
        let output = sims(&["scenario", "check", &path]).output().expect("sims runs");
        let out = text(output.stdout);
        assert_eq!((output.status.code(), text(output.stderr)), (Some(1), String::new()), "{out}");
        assert!(
            out.contains(&format!("DIFFERS  {line}")) && out.ends_with("1 with a verdict that differs\n"),
            "{out}"
        );
    }
}

#[test]
fn a_cure_that_shows_what_the_defect_shows_proves_nothing() {
    let (_folder, path) = changed("", "");
    let file = Path::new(&path).join("x.toml");
    // Make the expectations exactly equal, and remove the cure.
    let scenario = fs::read_to_string(&file).expect("a scenario");
    let cured = scenario.split("[cure.set]").next().expect("a beginning").to_owned();
    let expect = cured.split("[expect]").nth(1).expect("a verdict").to_owned();
    fs::write(&file, format!("{cured}[cure.expect]{expect}")).expect("written");
    let output = sims(&["scenario", "check", &path]).output().expect("sims runs");
    let out = text(output.stdout);
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(
        out.contains("DIFFERS  with the cure: what is expected of the defect too, which proves nothing"),
        "{out}"
    );
}

#[test]
fn a_scenario_error_is_one_line_with_its_fix() {
    let (_folder, path) = changed("wake_marker = true", "wake_maker = true");
    let said = complains(&["scenario", "check", &path]);
    assert!(
        said.ends_with("x.toml:26: unknown parameter `wake_maker`; did you mean `wake_marker`?"),
        "{said}"
    );
    for (args, line) in [
        (&["scenario", "run", "missing.toml"][..], "sims: missing.toml: no such file; check the path"),
        (&["scenario", "check", "tests"], "sims: tests: no scenarios in it; name a folder with .toml files"),
        (
            &["scenario", "book", "scenarios", "--out", "x.txt"],
            "sims: --out x.txt: the page is Markdown; end its name in .md",
        ),
    ] {
        assert_eq!(complains(args), line);
    }
}
