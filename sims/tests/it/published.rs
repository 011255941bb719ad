//! Everything that is published with the command that made it is what that command makes today.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{root, sims};

/// Says in a report why no test makes it again; the reason follows.
const NOT_MADE_AGAIN: &str = "No test makes this report again: ";

#[test]
fn every_report_is_what_its_command_makes_or_says_why_no_test_makes_it_again() {
    let reports = entries(&root().join("reports"));
    assert!(!reports.is_empty());
    std::thread::scope(|scope| {
        for report in &reports {
            let name = format!("reports/{}", report.file_name().expect("a name").display());
            let page = fs::read_to_string(report.join("README.md")).expect("a report has a page");
            if !page.contains(NOT_MADE_AGAIN) {
                scope.spawn(move || is_what_its_command_makes(&format!("{name}/README.md"), &[&name]));
            }
        }
    });
}

#[test]
fn the_page_of_incidents_is_what_its_command_makes() {
    is_what_its_command_makes("docs/incidents.md", &["docs/incidents.md", "docs/incidents"]);
}

/// Runs the command that a page begins with, to the letter, in a folder that holds its inputs and nothing else, and compares the
/// files and folders that it makes with the published ones.
fn is_what_its_command_makes(page: &str, makes: &[&str]) {
    let text = fs::read_to_string(root().join(page)).expect("a published page");
    let command = text.lines().next().expect("a first line").trim_matches('`');
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words[0], "sims", "{page} begins with the command that made it");
    let out = words.windows(2).find(|pair| pair[0] == "--out").expect("it writes somewhere")[1];
    assert!(page.starts_with(out), "{page} was made as {out}");
    let folder = tempfile::tempdir().expect("a folder");
    for input in words[1..].iter().filter(|word| **word != out && root().join(word).exists()) {
        copy(&root().join(input), &folder.path().join(input));
    }
    fs::create_dir_all(folder.path().join(out).parent().expect("a parent")).expect("a folder");
    sims(&words[1..]).current_dir(folder.path()).assert().success();
    for made in makes {
        let mend = format!("mend: cargo run --release -p sims -- {}", words[1..].join(" "));
        same(&root().join(made), &folder.path().join(made), &mend);
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for path in entries(from) {
            copy(&path, &to.join(path.file_name().expect("a name")));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        fs::copy(from, to).expect("copied");
    }
}

/// The same files with the same bytes. What a report was made on is the one thing that may differ.
fn same(published: &Path, made: &Path, mend: &str) {
    if !published.is_dir() {
        let same = published.ends_with("machine.txt")
            || fs::read(published).expect("a file") == fs::read(made).expect("a file");
        return assert!(same, "{} is out of date; {mend}", published.display());
    }
    let names = |folder: &Path| {
        entries(folder).iter().map(|path| path.file_name().map(ToOwned::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(names(published), names(made), "{mend}");
    for (published, made) in entries(published).iter().zip(entries(made)) {
        same(published, &made, mend);
    }
}

/// What is in a folder, in order.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut all: Vec<_> = all.map(|entry| entry.expect("an entry").path()).collect();
    all.sort();
    all
}
