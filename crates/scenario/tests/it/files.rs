//! An error in a scenario file is reported in one line, with its place and its fix.

use dormouse_scenario::{Scenario, prevention};

/// A valid scenario, its lines numbered from 1.
const GOOD: &str = r#"title = "t"
story = "s"
watcher = "current"
horizon = "20m"
[set]
count_cron = false
[set.faults]
lost_ack = 0.0
[traffic]
events = "10s cron 10m"
[expect]
missed = { frozen-work = 1 }
[cure.set]
count_cron = true
"#;

fn mismatch(text: &str) -> String {
    Scenario::from_toml(text, "x.toml").unwrap_err().to_string()
}

#[test]
fn errors_have_the_line_and_the_nearest_name() {
    assert!(Scenario::from_toml(GOOD, "x.toml").is_ok());
    for (from, to, said) in [
        ("title", "titel", "x.toml:1: unknown key `titel`; did you mean `title`?"),
        (
            "count_cron = false",
            "count_corn = false",
            "x.toml:6: unknown parameter `count_corn`; did you mean `count_cron`?",
        ),
        (
            "lost_ack",
            "lost_akc",
            "x.toml:8: unknown parameter `faults.lost_akc`; did you mean `faults.lost_ack`?",
        ),
        (
            "lost_ack = 0.0",
            "lost_ack = 2.0",
            "x.toml:8: parameter faults.lost_ack = 2.0: lost_ack is a probability, which lies between 0 and 1; docs/model.md lists the parameters",
        ),
        (
            "count_cron = false",
            "platform_timer = false\nown_suspend = false",
            "x.toml:6: parameter platform_timer = false: own_suspend is off, as in phase0, so nothing but the platform's timer suspends; set own_suspend = true or leave platform_timer out; docs/model.md lists the parameters",
        ),
        (
            "count_cron = true",
            "platform_timer = false\nown_suspend = false",
            "x.toml:14: parameter platform_timer = false: own_suspend is off, as in phase0, so nothing but the platform's timer suspends; set own_suspend = true or leave platform_timer out; docs/model.md lists the parameters",
        ),
        (
            "count_cron = true",
            "count_corn = true",
            "x.toml:14: unknown parameter `count_corn`; did you mean `count_cron`?",
        ),
        ("frozen-work", "frozen-wrok", "x.toml:12: unknown name `frozen-wrok`; did you mean `frozen-work`?"),
        (
            "10s cron",
            "10s corn",
            "x.toml:10: event line 1 (`10s corn 10m`): unknown kind `corn`; did you mean `cron`?; see docs/scenarios.md",
        ),
        (
            "\"current\"",
            "\"curent\"",
            "x.toml:3: unknown watcher `curent`; did you mean `current`?; see docs/scenarios.md",
        ),
        ("20m", "0m", "x.toml:4: \"0m\" is too short; give 1ms or more; see docs/scenarios.md"),
        (
            "horizon = \"20m\"",
            "timeout = \"2\"\nhorizon = \"20m\"",
            "x.toml:4: \"2\" has no unit; write \"2m\" for minutes or \"2s\" for seconds; see docs/scenarios.md",
        ),
        (
            "\"20m\"",
            "1.5",
            "x.toml:4: \"1.5\" has no unit; write \"1.5m\" for minutes or \"1.5s\" for seconds; see docs/scenarios.md",
        ),
        (
            "\"20m\"",
            "1200",
            "x.toml:4: \"1200\" has no unit; write \"1200m\" for minutes or \"1200s\" for seconds; see docs/scenarios.md",
        ),
        (
            "\"20m\"",
            "[20]",
            "x.toml:4: invalid type: sequence, expected a time such as \"30m\"; see docs/scenarios.md",
        ),
        (
            "10s cron 10m",
            "10 cron 10m",
            "x.toml:10: event line 1 (`10 cron 10m`): \"10\" has no unit; write \"10m\" for minutes or \"10s\" for seconds; see docs/scenarios.md",
        ),
        (
            "= 1 }",
            "= \"2..1\" }",
            "x.toml:12: `2..1` is no bound; write 3, \"2..\", \"..5\" or \"2..5\"; see docs/scenarios.md",
        ),
        ("story = \"s\"\n", "", "x.toml:1: missing field `story`; see docs/scenarios.md"),
    ] {
        assert!(GOOD.contains(from));
        assert_eq!(mismatch(&GOOD.replacen(from, to, 1)), said);
    }
}

#[test]
fn events_are_text_or_tables() {
    let tables = GOOD.replace("\"10s cron 10m\"", "[{ at_ms = 10000, kind = \"cron\", work_ms = 600000 }]");
    assert_eq!(Scenario::from_toml(&tables, "x.toml").unwrap(), Scenario::from_toml(GOOD, "x.toml").unwrap());
    let wrong = GOOD.replace("\"10s cron 10m\"", "[{ at_ms = 10000, knid = \"cron\" }]");
    assert_eq!(mismatch(&wrong), "x.toml:10: unknown key `knid`; did you mean `kind`?");
}

#[test]
fn traffic_can_be_a_preset_or_a_trace_in_the_same_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/x.toml");
    let with = |traffic: &str| {
        Scenario::from_toml(&GOOD.replace("events = \"10s cron 10m\"", traffic), folder).unwrap()
    };
    let preset = with("preset = { name = \"personal\", set = { span = \"1d\" } }").defect().unwrap();
    assert!(preset.instance.events.len() > 10);
    let file = with("file = { path = \"two.csv\", instance = \"b\" }").defect().unwrap();
    assert_eq!(file.instance.events.at_ms(), [2000]);
    for (traffic, said) in [
        ("file = { path = \"two.csv\" }", "traffic: two.csv has no instance \"\"; name one of its 2"),
        ("file = { path = \"none.csv\" }", "none.csv: no such file; check the path"),
        ("preset = { name = \"personnal\" }", "did you mean `personal`?"),
    ] {
        let error = with(traffic).defect().unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn preventions_are_found_by_trying_changes_alone_and_then_together() {
    let said = |text: &str| {
        let answers = prevention(&Scenario::from_toml(text, "x.toml").unwrap()).unwrap();
        let answer = |changes: Vec<dormouse_scenario::Change>| {
            changes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
        };
        answers.into_iter().map(answer).collect::<Vec<_>>()
    };
    assert_eq!(said(GOOD), ["count_cron = true"]);
    // Two defects, each of which suffices alone.
    let two = GOOD.replace("count_cron = false", "count_cron = false\ncount_api = false");
    let two = two.replace("10s cron 10m", "10s cron 10m\\n14m api 5m");
    assert_eq!(said(&two), ["count_cron = true and count_api = true"]);
    // Nothing to prevent.
    assert_eq!(said(&GOOD.replace("10s cron", "10s inbound")), [""; 0]);
}
