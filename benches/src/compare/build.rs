//! Builds the benchmarks of a folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use dormouse_benches::workspace;
use serde_json::Value;

/// A bench target that was built.
pub(crate) struct Bench {
    /// The target's name.
    pub(crate) name: String,
    /// Its executable.
    pub(crate) executable: PathBuf,
    /// The folder to run it in.
    pub(crate) package: PathBuf,
}

/// Builds the bench targets `names` of `folder`, or all that use criterion.
///
/// # Errors
/// When one of them does not exist or does not use criterion, or a build fails.
pub(crate) fn benches(folder: &Path, names: &[String]) -> anyhow::Result<Vec<Bench>> {
    let there = criterion_targets(folder)?;
    if let Some(unknown) = names.iter().find(|name| !there.contains(name)) {
        bail!("criterion runs no bench target {unknown}; it runs {}", there.join(", "));
    }
    build(folder, if names.is_empty() { &there } else { names })
}

/// Builds those of the bench targets `names` that exist in `folder`.
///
/// # Errors
/// When a build fails.
pub(crate) fn benches_that_are_there(folder: &Path, names: &[String]) -> anyhow::Result<Vec<Bench>> {
    let mut there = criterion_targets(folder)?;
    there.retain(|name| names.contains(name));
    build(folder, &there)
}

/// The bench targets whose source uses criterion. The others print tables of their own.
fn criterion_targets(folder: &Path) -> anyhow::Result<Vec<String>> {
    let benches = folder.join("benches/benches");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&benches).with_context(|| benches.display().to_string())? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_some_and(|it| it == "rs")
            && std::fs::read_to_string(&path)?.contains("criterion_main!")
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn build(folder: &Path, names: &[String]) -> anyhow::Result<Vec<Bench>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(folder).args(["bench", "--quiet", "--locked", "--no-run", "--message-format=json"]);
    cargo.args(["--package", "dormouse-benches"]).args(names.iter().flat_map(|name| ["--bench", name]));
    // Both sides share a target folder: registry dependencies are built once, and our own packages differ by path.
    cargo.env("CARGO_TARGET_DIR", workspace().join("target"));
    let output = cargo.stderr(Stdio::inherit()).output().context("running cargo")?;
    if !output.status.success() {
        bail!("the benchmarks in {} do not build", folder.display());
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    let mut benches: Vec<Bench> = lines.lines().filter_map(built).collect();
    benches.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(benches)
}

/// Parses a line of cargo's JSON output: the bench target that was built, if any.
fn built(line: &str) -> Option<Bench> {
    let message: Value = serde_json::from_str(line).ok()?;
    let target = &message["target"];
    let is_bench = target["kind"].as_array()?.iter().any(|kind| kind == "bench");
    let manifest = Path::new(message["manifest_path"].as_str()?);
    is_bench.then_some(Bench {
        name: target["name"].as_str()?.to_owned(),
        executable: message["executable"].as_str()?.into(),
        package: manifest.parent()?.to_owned(),
    })
}
