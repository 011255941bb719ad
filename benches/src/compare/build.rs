//! Builds the benchmarks of a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use dormouse_benches::{features, workspace};
use serde::Deserialize;
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

/// The parts of the manifest of the benchmarks that say what to build.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    bench: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Target {
    name: String,
    #[serde(default)]
    required_features: Vec<String>,
}

impl Manifest {
    /// The features that the bench targets `names` require, and of `ours` those that there are.
    fn features(&self, names: &[String], ours: &[&str]) -> String {
        let asked = self.bench.iter().filter(|bench| names.contains(&bench.name));
        let mut features: Vec<&str> =
            asked.flat_map(|bench| bench.required_features.iter().map(String::as_str)).collect();
        features.extend(ours.iter().filter(|&&feature| self.features.contains_key(feature)));
        features.sort_unstable();
        features.dedup();
        features.join(",")
    }
}

fn build(folder: &Path, names: &[String]) -> anyhow::Result<Vec<Bench>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let manifest = folder.join("benches/Cargo.toml");
    let read = std::fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    let manifest: Manifest = toml::from_str(&read).with_context(|| manifest.display().to_string())?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(folder).args(["bench", "--quiet", "--locked", "--no-run", "--message-format=json"]);
    cargo.args(["--package", "dormouse-benches"]).args(names.iter().flat_map(|name| ["--bench", name]));
    // Only what the targets require, and what this was built with, which is there already.
    cargo.args(["--no-default-features", "--features", &manifest.features(names, &features())]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_targets_require_is_built_and_of_ours_what_the_revision_has() {
        let text = "[package]\nname = \"b\"\n[features]\ndefault = [\"small\", \"large\"]\nsmall = []\nlarge = []\n\
                    [[bench]]\nname = \"quick\"\nrequired-features = [\"small\"]\n\
                    [[bench]]\nname = \"fleets\"\nrequired-features = [\"small\", \"large\"]\n\
                    [[bench]]\nname = \"plain\"\n";
        let manifest: Manifest = toml::from_str(text).unwrap();
        let features = |names: &[&str], ours: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            manifest.features(&names, ours)
        };
        assert_eq!(features(&["quick"], &[]), "small");
        assert_eq!(features(&["fleets", "quick"], &["small"]), "large,small");
        assert_eq!(features(&["plain"], &["large", "newer"]), "large");
        assert_eq!(features(&["plain"], &[]), "");
        // This package names features that it has.
        let own = std::fs::read_to_string(workspace().join("benches/Cargo.toml")).unwrap();
        let own: Manifest = toml::from_str(&own).unwrap();
        assert!(features_exist(&own, &dormouse_benches::features()));
    }

    fn features_exist(manifest: &Manifest, features: &[&str]) -> bool {
        !features.is_empty() && features.iter().all(|&feature| manifest.features.contains_key(feature))
    }
}
