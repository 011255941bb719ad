//! No golden is kept that no test looks at. A snapshot whose test was renamed or deleted stays behind otherwise, and nothing
//! ever compares it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::published::entries;
use crate::root;

#[test]
fn every_snapshot_in_the_workspace_is_asserted_and_every_assertion_has_its_snapshot() {
    let mut folders = Vec::new();
    find_snapshots(&root(), &mut folders);
    assert!(folders.len() >= 3, "{folders:?}");
    for folder in folders {
        let kept: BTreeSet<String> = entries(&folder).iter().map(|path| name(path)).collect();
        let tests = entries(folder.parent().expect("it lies beside the tests"));
        let asserted: BTreeSet<String> = tests.iter().flat_map(|path| asserted_in(path)).collect();
        let unreferenced: Vec<&String> = kept.difference(&asserted).collect();
        assert!(unreferenced.is_empty(), "no test asserts {unreferenced:?} in {}", folder.display());
        let missing: Vec<&String> = asserted.difference(&kept).collect();
        assert!(missing.is_empty(), "{missing:?} is not in {}", folder.display());
    }
}

/// Every folder `snapshots` of the workspace, what is built and what is hidden left out.
fn find_snapshots(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in entries(folder).into_iter().filter(|path| path.is_dir()) {
        match name(&path).as_str() {
            "target" => {}
            hidden if hidden.starts_with('.') => {}
            "snapshots" => found.push(path),
            _ => find_snapshots(&path, found),
        }
    }
}

/// The names of the snapshots that a file of a crate's tests asserts: `it__MODULE__FUNCTION.snap`, and with `-2`, `-3` from
/// the second in a function on.
fn asserted_in(source: &Path) -> Vec<String> {
    if source.extension().is_none_or(|end| end != "rs") {
        return Vec::new();
    }
    let module = source.file_stem().expect("a module").to_string_lossy();
    let mut names = Vec::new();
    let (mut function, mut nth) = ("", 0);
    let text = fs::read_to_string(source).expect("a source");
    for line in text.lines() {
        let item = line.strip_prefix("async ").unwrap_or(line);
        if let Some((name, _)) = item.strip_prefix("fn ").and_then(|item| item.split_once('(')) {
            (function, nth) = (name, 0);
        }
        if line.trim_start().trim_start_matches("insta::").starts_with("assert_snapshot!(") {
            nth += 1;
            let ordinal = if nth > 1 { format!("-{nth}") } else { String::new() };
            names.push(format!("it__{module}__{function}{ordinal}.snap"));
        }
    }
    names
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}
