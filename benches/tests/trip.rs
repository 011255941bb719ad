//! Does the gate trip when it should? Runs the real command with real counts: a deliberate slowdown trips it, a
//! change that the optimiser removes does not.
//!
//! Needs valgrind, and is therefore not part of `cargo test --workspace`:
//! `cargo test --release -p dormouse-benches --no-default-features --features valgrind --test trip`.

use std::path::Path;
use std::process::{Command, Output};

use dormouse_benches::{Figures, count::count};

/// Runs the command with `figures` on the benchmarks that match `only`.
fn gate(only: &str, figures: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_instructions"));
    command.args(["--only", only, "--figures"]).arg(figures).output().unwrap()
}

#[test]
fn a_deliberate_slowdown_trips_the_gate_and_a_change_of_nothing_does_not() {
    // The counts before the changes.
    let before = count(Some("hot_path::kept_figures::replay::requests_current")).unwrap();
    let [(_, plain)] = before.instructions.iter().collect::<Vec<_>>()[..] else {
        panic!("{:?}", before.instructions)
    };
    let kept = ["replay changed nothing", "replay changed slowdown"].map(|name| (name.to_owned(), *plain));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("instructions.toml");
    Figures { rustc: before.rustc.clone(), instructions: kept.into() }.write(&path).unwrap();

    for (change, code, verdict) in [("nothing", 0, "holds"), ("slowdown", 1, "SLOWER")] {
        let output = gate(&format!("hot_path::trip::replay_changed::{change}"), &path);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{change}: {said}");
        let line = said.lines().find(|line| line.starts_with(&format!("replay changed {change}")));
        assert!(line.is_some_and(|line| line.ends_with(verdict)), "{said}");
    }
}
