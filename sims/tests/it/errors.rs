//! User errors: one line, exit code 2, nothing written.

use crate::{complains, prints, sims, text};

#[test]
fn an_input_error_is_one_line_with_its_fix() {
    for (args, line) in [
        (&["sweep", "missing.csv"][..], "sims: missing.csv: no such file; check the path"),
        (
            &["sweep", "--set", "tikc_ms=1"],
            "sims: --set tikc_ms=1: unknown parameter \"tikc_ms\"; did you mean `tick_ms`?",
        ),
        (
            &["sweep", "--set", "zzzz=1"],
            "sims: --set zzzz=1: unknown parameter \"zzzz\"; docs/model.md lists the parameters",
        ),
        (
            &["sweep", "--set", "platform_timer=false", "--watcher", "phase0"],
            "sims: parameter platform_timer = false: own_suspend is off, as in phase0,",
        ),
        (
            &["run", "--set", "platform_timer=false", "--set", "own_suspend=false"],
            "sims: parameter platform_timer = false: own_suspend is off, as in phase0,",
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
fn an_unknown_preset_suggests_the_nearest() {
    let said = complains(&["sweep", "--preset", "team-chta"]);
    assert!(said.contains("team-chat"), "{said}");
}

/// The error for a duration of `7` where it is not an idle timeout.
const NO_UNIT: &str = "\"7\" has no unit; write \"7m\" for minutes or \"7s\" for seconds";

#[test]
fn an_idle_timeout_without_a_unit_is_in_minutes() {
    let alike =
        |plain: &[&str], with_unit: &[&str]| assert_eq!(prints(plain), prints(with_unit), "{plain:?}");
    alike(&["run", "--timeout", "2"], &["run", "--timeout", "120 sec"]);
    alike(&["sweep", "--timeouts", "1..3:1"], &["sweep", "--timeouts", "1 min..3 min:1 min"]);
    alike(&["tune", "--current", "0.5h"], &["tune", "--current", "30"]);
}

#[test]
fn a_wrong_usage_ends_with_2_and_names_the_argument() {
    for (args, words) in [
        (&["sweep", "--timeouts", "soon"][..], "\"soon\" is not a duration"),
        (&["sweep", "--timeouts", "5..1:1"], "ends before it begins"),
        (&["sweep", "--watcher", "curent"], "unknown watcher `curent`; did you mean `current`?"),
        (&["sweep", "--horizon", "always"], "neither common nor per-instance"),
        (&["sweep", "--horizon", "7"], NO_UNIT),
        (&["sweep", "--per-instance-best", "--wake-cost", "7"], NO_UNIT),
        (&["compare", "--wake-cost", "7"], NO_UNIT),
        (&["compare", "--policy", "fixed:7"], NO_UNIT),
        (&["tune", "--max-delay-p99", "7"], NO_UNIT),
        (&["tune", "--current", "0"], "\"0\" is too short; give 1ms or more"),
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
fn ambiguous_names_and_unwritable_outputs_are_refused_before_the_replay() {
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
