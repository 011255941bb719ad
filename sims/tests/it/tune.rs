//! `sims tune`: its output and its exit codes.

use std::fs;

use serde_json::Value;

use crate::{complains, prints, root, sims, text};

#[test]
fn the_decision_comes_first_then_what_it_rests_on_then_the_setting() {
    insta::assert_snapshot!(prints(&[
        "tune",
        "traces/team_agent_turns.csv.gz",
        "--watcher",
        "dormouse",
        "--current",
        "5",
        "--least-saving",
        "0"
    ]));
    let kept = prints(&["tune", "traces/team_agent_turns.csv.gz", "--watcher", "dormouse", "--current", "5"]);
    assert!(kept.starts_with("keep 5 min: 0.5 min saves $0.025 a month "), "{kept}");
    assert!(!kept.contains("To paste"), "{kept}");
}

#[test]
fn traffic_that_cannot_tell_leaves_the_timeout_alone() {
    let said = prints(&["tune", "--watcher", "dormouse"]);
    assert!(said.starts_with("keep 2 min: this traffic cannot tell; "), "{said}");
    assert!(
        said.contains("Beware:\n- this is too little to go by: 7.0 days") && !said.contains("To paste"),
        "{said}"
    );
}

#[test]
fn a_timeout_that_loses_work_is_not_recommended_and_one_that_is_set_is_replaced() {
    // At half a minute this watcher loses work in this week, although it saves more than with any other timeout.
    let answer = json(&["tune", "--current", "0.5"]);
    assert_eq!((&answer["verdict"], &answer["reason"]), (&"set".into(), &"present-loses-work".into()));
    let point = |ms: &Value| {
        let curve = answer["curve"].as_array().expect("a curve");
        curve.iter().find(|point| point["timeout_ms"] == *ms).expect("it was tried").clone()
    };
    let (chosen, present) = (point(&answer["timeout_ms"]), point(&answer["present_ms"]));
    assert_eq!((&chosen["violations"], chosen["near"].as_bool()), (&0.into(), Some(true)));
    assert!(present["violations"].as_u64() > Some(0));
    assert!(
        present["cost"].as_f64() < chosen["cost"].as_f64(),
        "it was cheaper, and is refused all the same"
    );
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&prints(&[args, &["--format", "json"]].concat())).expect("JSON")
}

#[test]
fn every_field_for_machines_is_documented() {
    let documented = fs::read_to_string(root().join("docs/tuning.md")).expect("the page");
    let mut names = Vec::new();
    // One answer with missed work, and one on enough data for everything else.
    collect(&json(&["tune", "--current", "0.5"]), &mut names);
    collect(&json(&["tune", "traces/team_agent_turns.csv.gz"]), &mut names);
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        assert!(documented.contains(&format!("`{name}`")), "docs/tuning.md does not say what `{name}` is");
    }
}

/// The names of all fields, once each.
fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if !names.contains(name) {
                    names.push(name.clone());
                }
                collect(value, names);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        _ => {}
    }
}

#[test]
fn the_number_of_threads_changes_no_byte_and_the_seed_does() {
    let with = |arg: &str, value: &str| {
        prints(&["tune", "traces/team_agent_turns.csv.gz", "--format", "json", arg, value])
    };
    assert_eq!(with("--threads", "1"), with("--threads", "2"));
    assert_eq!(with("--threads", "1"), with("--seed", "1"));
    assert_ne!(with("--seed", "2").replace("\"seed\":2", "\"seed\":1"), with("--seed", "1"));
}

#[test]
fn check_ends_with_1_when_the_present_timeout_is_not_right() {
    let with = |args: &[&str]| {
        let output = sims(&[&["tune", "--check"], args].concat()).output().expect("sims runs");
        (output.status.code(), text(output.stderr))
    };
    assert_eq!(with(&[]), (Some(0), String::new()));
    let (code, said) = with(&["--current", "0.5"]);
    assert_eq!(
        (code, said.as_str()),
        (Some(1), "check: team-week: the present 0.5 min loses work, 5 cases (5 flapping) in this traffic\n")
    );
    let (code, said) = with(&["--max-delay-p99", "1s", "--max-wakes-per-day", "20"]);
    assert_eq!((code, said.lines().count()), (Some(1), 2), "{said}");
    assert!(
        said.starts_with("check: team-week: at the present 2 min the 99th percentile of delays is "),
        "{said}"
    );
    let (code, said) = with(&["--current", "60", "--watcher", "dormouse"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("surely saves"), "{said}");
}

#[test]
fn within_bounds_the_cheapest_is_chosen() {
    let bounded = json(&["tune", "--watcher", "dormouse", "--max-wakes-per-day", "20", "--current", "2"]);
    assert_eq!((&bounded["verdict"], &bounded["reason"]), (&"set".into(), &"present-beyond-bound".into()));
    assert_eq!(bounded["timeout_ms"], 600_000);
    let none = prints(&["tune", "--max-wakes-per-day", "0.1"]);
    assert!(none.starts_with("set none: no timeout tried that loses no work is within the bounds"), "{none}");
}

#[test]
fn the_setting_is_in_the_platforms_own_words_and_limits() {
    let on = |args: &[&str]| {
        let args =
            [&["tune", "traces/team_agent_turns.csv.gz", "--watcher", "dormouse", "--current", "60"], args]
                .concat();
        let output = sims(&args).output().expect("sims runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
        text(output.stdout)
    };
    let prices = ["--running-per-month", "5", "--suspended-per-month", "0"];
    // A window from 6 s to an hour, in seconds.
    let knative = on(&[&prices[..], &["--platform", "knative", "--timeouts", "1s,2"]].concat());
    assert!(knative.contains("\n     0.1 ") && knative.starts_with("set 2 min: "), "{knative}");
    assert!(knative.ends_with("autoscaling.knative.dev/window: 120s\n"), "{knative}");
    // A platform with unknown prices: the timeout is kept.
    let unknown = on(&["--platform", "keda"]);
    assert!(unknown.starts_with("keep 60 min: this traffic cannot tell; "), "{unknown}");
    assert!(unknown.contains("- what a machine costs here is not known"), "{unknown}");
}

#[test]
fn a_report_has_the_picture_the_page_and_everything_for_machines() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("tuned");
    let said = prints(&["tune", "--out", out.to_str().expect("UTF-8")]);
    assert!(said.ends_with("README.md\n"), "{said}");
    let mut names: Vec<String> = fs::read_dir(&out)
        .expect("the report")
        .map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names, ["README.md", "cost.png", "cost.svg", "tune.json"]);
    let page = fs::read_to_string(out.join("README.md")).expect("the page");
    assert!(
        page.starts_with("`sims tune --out ")
            && page.contains(&format!("**{}**", said.lines().next().expect("a line"))),
        "{page}"
    );
    let answer: Value =
        serde_json::from_slice(&fs::read(out.join("tune.json")).expect("the answer")).expect("JSON");
    assert_eq!(answer, json(&["tune"]));
}

#[test]
fn an_error_is_one_line_with_its_fix() {
    for (args, problem) in [
        (&["tune", "--platform", "flyy"][..], "no platform is called \"flyy\""),
        (
            &["tune", "--running-per-month", "1", "--suspended-per-month", "2"],
            "a suspended machine costs more than a running one; check",
        ),
    ] {
        let said = complains(args);
        assert!(said.contains(problem), "{said}");
    }
    for (args, problem) in [
        (
            ["--price-of-waiting", "much"],
            "\"much\" is not an amount; write a number from 0 to 1000000000, like 0.25",
        ),
        (
            ["--max-delay-p99", "soon"],
            "\"soon\" is not a duration; write a number and its unit, like 90s, 2m or 1.5h",
        ),
        (["--max-wakes-per-day", "-1"], "\"-1\" is not an amount"),
        (["--price-of-waiting", "1e300"], "\"1e300\" is not an amount"),
    ] {
        let args = [&format!("{}={}", args[0], args[1])[..]];
        let output = sims(&[&["tune"], &args[..]].concat()).output().expect("sims runs");
        let said = text(output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(problem), "{said}");
    }
}
