//! Published reports are identical to what their commands generate today.

use std::fs;
use std::path::Path;

use crate::scenario::{copy, same};
use crate::{root, sims};

const REPORT: &str = "reports/2026-11-24-team-week";

#[test]
fn the_published_report_is_what_its_command_makes() {
    let page = fs::read_to_string(root().join(REPORT).join("README.md")).expect("a published report");
    let command = page.lines().next().expect("a first line").trim_matches('`').to_owned();
    assert_eq!(command, format!("sims --out {REPORT}"));
    // Generated again in a separate folder by exactly the same command, since the command is part of the page.
    let folder = tempfile::tempdir().expect("a folder");
    sims(&["--out", REPORT]).current_dir(folder.path()).assert().success();
    for entry in fs::read_dir(root().join(REPORT)).expect("the report") {
        let name = entry.expect("an entry").file_name();
        // Only the description of the machine may differ.
        if name != "machine.txt" {
            let same =
                read(&root().join(REPORT).join(&name)) == read(&folder.path().join(REPORT).join(&name));
            assert!(
                same,
                "{REPORT}/{} is out of date; mend: cargo run --release -p sims -- --out {REPORT}",
                name.display()
            );
        }
    }
}

#[test]
fn the_published_incidents_are_what_their_command_makes() {
    const REPORT: &str = "reports/2026-11-24-incidents";
    let page = fs::read_to_string(root().join(REPORT).join("README.md")).expect("a published report");
    let command = page.lines().next().expect("a first line").trim_matches('`');
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(args[..2], ["scenario", "book"]);
    assert_eq!(*args.last().expect("a page"), format!("{REPORT}/README.md"));
    // Generated again in a separate folder, from the same scenarios, by exactly the same command.
    let folder = tempfile::tempdir().expect("a folder");
    copy(&root().join("sims/scenarios"), &folder.path().join("sims/scenarios"));
    sims(&args).current_dir(folder.path()).assert().success();
    same(
        &root().join(REPORT),
        &folder.path().join(REPORT),
        &format!("mend: cargo run -p sims -- {}", args.join(" ")),
    );
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
