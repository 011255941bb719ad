//! What a user gets who gets something wrong: one line, exit code 2, nothing written.

use crate::{complains, sims, text};

#[test]
fn a_wrong_input_is_one_line_that_says_how_to_mend_it() {
    for (args, line) in [
        (&["sweep", "missing.csv"][..], "sims: missing.csv: no such file; check the path"),
        (
            &["sweep", "--set", "tikc_ms=1"],
            "sims: --set tikc_ms=1: unknown parameter \"tikc_ms\"; did you mean \"tick_ms\"?",
        ),
        (&["sweep", "--set", "tick_ms"], "sims: --set tick_ms: write it like KEY=VALUE"),
        (
            &["sweep", "--platform", "flyy"],
            "sims: no platform is called \"flyy\", and it is no .toml file; did you mean `fly`?",
        ),
        (
            &["run", "--instance", "nobody"],
            "sims: team-week has no instance \"nobody\"; `sims sweep --per-instance` lists them",
        ),
    ] {
        let said = complains(args);
        assert!(said.starts_with(line), "{said}");
    }
}

#[test]
fn an_unknown_preset_is_told_the_nearest() {
    let said = complains(&["sweep", "--preset", "team-chta"]);
    assert!(said.contains("team-chat"), "{said}");
}

#[test]
fn a_wrong_usage_ends_with_2_and_names_the_argument() {
    for (args, words) in [
        (&["sweep", "--timeouts", "soon"][..], "\"soon\" is not a duration"),
        (&["sweep", "--timeouts", "5..1:1"], "ends before it begins"),
        (
            &["sweep", "--watcher", "curent"],
            "no such watcher; there are phase0, self-suspend, fenced, current and dormouse",
        ),
        (&["sweep", "--horizon", "always"], "neither common nor per-instance"),
        (&["sweep", "--threads", "0"], "--threads"),
        (&["sleep"], "sleep"),
        (&["trace", "generate"], "--preset"),
    ] {
        let output = sims(args).output().expect("sims runs");
        let err = text(output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(err.contains(words), "{args:?}: {err}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_verb_that_has_moved_says_where_to() {
    for args in [&["live"][..], &["live", "my.csv", "--speed", "20"], &["live", "--help"]] {
        let said = complains(args);
        assert!(said.contains("cargo run --release -p dormouse-testbed"), "{said}");
    }
}

#[test]
fn a_broken_trace_leaves_no_report_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let (trace, out) = (folder.path().join("broken.csv"), folder.path().join("out"));
    std::fs::write(&trace, "instance,at_ms,kind,work_ms\nme,1,inbound,\nme,-2,inbound,\n").expect("written");
    let said = complains(&["sweep", &trace.display().to_string(), "--out", &out.display().to_string()]);
    assert!(said.contains("broken.csv:3: at_ms -2 is negative"), "{said}");
    assert!(!out.exists());
}

#[test]
fn what_could_not_be_told_apart_or_written_is_refused_before_the_replay() {
    let said = complains(&["sweep", "tests/data/three.csv", "tests/../tests/data/three.csv"]);
    assert_eq!(
        said,
        "sims: two traces are called three, which rows and reports could not tell apart; rename one"
    );
    let said = complains(&["sweep", "--out", "Cargo.toml"]);
    assert_eq!(said, "sims: Cargo.toml is there and is not a folder; give another --out");
    let said = complains(&["trace", "convert", "tests/data/three.csv", "--out", "nowhere/x.csv"]);
    assert_eq!(said, "sims: writing nowhere/x.csv: there is no folder nowhere; make it first");
}
