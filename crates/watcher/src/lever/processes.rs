//! The processes of a tree, as `/proc` shows them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The root and its descendants.
pub(super) fn tree(root: i32) -> BTreeSet<i32> {
    let mut tree = descendants(root);
    if Path::new(&format!("/proc/{root}")).exists() {
        tree.insert(root);
    }
    tree
}

/// All processes below `root`.
pub(super) fn descendants(root: i32) -> BTreeSet<i32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
        let stat = pid.and_then(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok());
        // The name in brackets may contain anything, so fields are counted from its end: the state, then the parent.
        let parent = stat.as_deref().and_then(|stat| stat.rsplit_once(')')).and_then(|(_, rest)| {
            rest.split_ascii_whitespace().nth(1).and_then(|parent| parent.parse::<i32>().ok())
        });
        parents.extend(pid.zip(parent));
    }
    let mut below = BTreeSet::new();
    loop {
        let before = below.len();
        below.extend(
            parents
                .iter()
                .filter(|(_, parent)| *parent == root || below.contains(parent))
                .map(|(pid, _)| *pid)
                .collect::<Vec<_>>(),
        );
        if below.len() == before {
            return below;
        }
    }
}
