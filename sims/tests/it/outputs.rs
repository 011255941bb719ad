//! Reports, pipes and signals.

use std::io::Write;
use std::process::{Command as Process, Stdio};

use crate::prints;

#[test]
fn a_report_has_every_file_and_the_rows_that_were_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("report").display().to_string();
    let args = ["sweep", "--timeouts", "1,2,5,10", "--format", "csv"];
    let output = crate::sims(&[&args[..], &["--out", &out]].concat()).output().expect("sims runs");
    assert!(output.status.success());
    let mut names: Vec<String> = std::fs::read_dir(&out)
        .expect("a report")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    let pictures =
        ["delays", "gap_survival", "missed_work", "pareto", "suspend_minutes", "timeline", "wakes_per_day"];
    let mut expected: Vec<String> =
        pictures.iter().flat_map(|p| [format!("{p}.png"), format!("{p}.svg")]).collect();
    expected.extend(["README.md", "machine.txt", "rows.csv", "rows.json"].map(String::from));
    expected.sort();
    assert_eq!(names, expected);
    let written = std::fs::read_to_string(format!("{out}/rows.csv")).expect("rows");
    assert_eq!(written, prints(&args));
    let page = std::fs::read_to_string(format!("{out}/README.md")).expect("a page");
    assert_eq!(
        page.lines().next(),
        Some(format!("`sims sweep --timeouts 1,2,5,10 --format csv --out {out}`").as_str())
    );
}

#[test]
fn several_traces_give_a_report_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().display().to_string();
    prints(&["sweep", "tests/data/three.csv", "traces/team-week.csv", "--timeouts", "2,5", "--out", &out]);
    for name in ["three", "team-week"] {
        assert!(folder.path().join(name).join("README.md").exists(), "{name}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let sims = assert_cmd::cargo::cargo_bin("sims");
    let pipe = format!("'{}' run --log | head -n 1; exit ${{PIPESTATUS[0]}}", sims.display());
    let output = Process::new("bash").args(["-c", &pipe]).output().expect("bash runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

/// Ctrl-C while the command waits for the rest of its input: exit code 130 and no files left.
#[test]
fn an_interrupt_leaves_no_report_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("report");
    let mut child = Process::new(assert_cmd::cargo::cargo_bin("sims"))
        .args(["sweep", "-", "--out"])
        .arg(&out)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("sims starts");
    // More than a pipe holds: when all of it is written, the command is reading.
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"instance,at_ms,kind,work_ms\n").expect("written");
    stdin.write_all("me,1,inbound,0\n".repeat(100_000).as_bytes()).expect("written");
    let killed = Process::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let status = child.wait().expect("it ends");
    drop(stdin);
    assert_eq!(status.code(), Some(130));
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}
