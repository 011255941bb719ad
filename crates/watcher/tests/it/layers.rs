//! Files import those below them only, so that each can be read without those above it.

use std::fs;
use std::path::{Path, PathBuf};

/// The source files, from the bottom to the top. Facades, which only declare and re-export modules, are not among them.
const LAYERS: [&str; 36] = [
    "caught",
    "clock",
    "config",
    "event",
    "work",
    "gateway",
    "relay/mod",
    "lever/mod",
    "observation",
    "signals",
    "driver",
    "watch",
    "metrics",
    "prometheus",
    "recorder/files",
    "recorder/clients",
    "recorder/queue",
    "recorder/notes",
    "lever/http",
    "lever/wake",
    "lever/fly",
    "lever/brokered",
    "lever/processes",
    "lever/cgroup",
    "lever/tree",
    "lever/local",
    "relay/handled_ids",
    "relay/client/config",
    "relay/client/backoff",
    "relay/client/line",
    "relay/client/state",
    "relay/client/entries",
    "relay/client/dial",
    "relay/client/session",
    "relay/client/supervisor",
    "relay/client/mod",
];

const FACADES: [&str; 2] = ["lib", "recorder/mod"];

fn files(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A file's module: `relay/client/mod` is `relay/client`.
fn module(file: &str) -> &str {
    file.strip_suffix("/mod").unwrap_or(file)
}

/// What a file of this crate imports from it: `use super::x::Y` in the module `a/b` is `a/x/Y`. Unit tests are left out.
fn imports(file: &str, text: &str) -> Vec<String> {
    let own = module(file);
    let parent = own.rsplit_once('/').map_or("", |(parent, _)| parent);
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let paths = text.lines().filter_map(|line| line.strip_prefix("use "));
    let resolve = |path: String| {
        let (first, rest) = path.split_once('/')?;
        match first {
            "crate" => Some(rest.to_owned()),
            "self" => Some(format!("{own}/{rest}")),
            "super" => Some(format!("{parent}/{rest}")),
            _ => None,
        }
    };
    paths.filter_map(|path| resolve(path.replace("::", "/"))).collect()
}

/// The layer of what is imported: that of the file with the longest module path that it begins with.
fn layer(import: &str) -> Option<usize> {
    let begins = |file| import.strip_prefix(module(file)).is_some_and(|rest| rest.starts_with(['/', ';']));
    (0..LAYERS.len()).filter(|&i| begins(LAYERS[i])).max_by_key(|&i| module(LAYERS[i]).len())
}

#[test]
fn files_import_those_below_them_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = 0;
    for path in files(&src) {
        let file = path.strip_prefix(&src).unwrap().with_extension("");
        let file = file.to_str().unwrap();
        if FACADES.contains(&file) {
            continue;
        }
        let own = LAYERS.iter().position(|&other| other == file);
        let own = own.unwrap_or_else(|| panic!("{file} has no layer: add it to the list"));
        for import in imports(file, &fs::read_to_string(&path).unwrap()) {
            let below = layer(&import).unwrap_or_else(|| panic!("{file} imports {import}: what is that?"));
            assert!(below < own, "{file} imports {import}, which is not below it");
            found += 1;
        }
    }
    assert!(found > 60, "only {found} imports were found");
}
