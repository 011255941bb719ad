//! Counts instructions: builds the benchmark `hot_path`, runs it under valgrind with gungraun, and reads gungraun's JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::{Figures, features, workspace};

/// Counts the instructions of the benchmarks whose path (`hot_path::group::function::id`) matches `filter`, or
/// of all. Builds what is missing, including gungraun's runner, below `target/` of the workspace.
///
/// # Errors
/// When valgrind is missing, or something cannot be built or run.
pub fn count(filter: Option<&str>) -> anyhow::Result<Figures> {
    if run(Command::new("valgrind").arg("--version")).is_err() {
        bail!("valgrind is not installed, and without it nothing is counted: apt-get install valgrind");
    }
    let rustc = run(Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into())).arg("--version"))?;
    let mut bench = cargo();
    // With the features of this build, what is built already is used.
    let features = format!("valgrind,{}", features().join(","));
    bench.args(["bench", "--quiet", "--locked", "--package", env!("CARGO_PKG_NAME")]);
    bench.args(["--no-default-features", "--features", &features]);
    bench.args(["--bench", "hot_path", "--", "--output-format=json"]).args(filter);
    let lines = run(bench.env("GUNGRAUN_RUNNER", runner()?))?;
    let instructions: BTreeMap<String, u64> = lines
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| of_summary(line).context("gungraun speaks another JSON than expected"))
        .collect::<anyhow::Result<_>>()?;
    if instructions.is_empty() {
        bail!("nothing was counted: no benchmark of hot_path matches {}", filter.unwrap_or("*"));
    }
    Ok(Figures { rustc: rustc.trim().to_owned(), instructions })
}

/// Parses name and instruction count from a line of gungraun's JSON (schema 7).
fn of_summary(line: &str) -> anyhow::Result<(String, u64)> {
    let summary: Value = serde_json::from_str(line)?;
    let text = |key: &str| summary[key].as_str().with_context(|| format!("there is no {key}"));
    let name = format!("{} {}", text("function_name")?, text("id")?).replace('_', " ");
    let count = summary["profiles"][0]["data"]["total"]["metrics"]["Ir"]["values"]["new"].as_u64();
    Ok((name, count.context("there is no count of instructions")?))
}

/// Gungraun's runner, in the version of the library in `Cargo.lock`; installed if missing. It only reads files,
/// so an unoptimised build suffices, which takes half the time.
fn runner() -> anyhow::Result<PathBuf> {
    let id = run(cargo().args(["pkgid", "--locked", "gungraun"]))?;
    let version = id.trim().rsplit(['@', '#']).next().unwrap_or_default().to_owned();
    let root = workspace().join("target/gungraun").join(&version);
    let runner = root.join("bin/gungraun-runner");
    if !runner.exists() {
        eprintln!("installing gungraun-runner {version} below target/, once");
        let mut install = cargo();
        install.args(["install", "--quiet", "--locked", "--debug", "--version", &version, "--root"]);
        run(install.arg(&root).arg("gungraun-runner").env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    }
    Ok(runner)
}

/// Cargo with the workspace as its folder.
fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(workspace());
    cargo
}

/// Runs a command and returns its output. Its standard error is passed through.
fn run(command: &mut Command) -> anyhow::Result<String> {
    let said = format!("{command:?}");
    let output = command.stderr(Stdio::inherit()).output().with_context(|| said.clone())?;
    if !output.status.success() {
        bail!("{said} ended with {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_what_was_counted() {
        let summary = |ir: &str| {
            let metrics = format!(r#"{{"Dr":{{"values":{{"new":9}}}},"Ir":{{"values":{ir}}}}}"#);
            let profiles = format!(r#"[{{"data":{{"parts":[],"total":{{"metrics":{metrics}}}}}}}]"#);
            format!(r#"{{"function_name":"watcher_tick","id":"quiet_ticks","profiles":{profiles}}}"#)
        };
        // With and without an earlier run to compare with.
        for ir in [r#"{"new":16370,"old":16000}"#, r#"{"new":16370}"#] {
            assert_eq!(of_summary(&summary(ir)).unwrap(), ("watcher tick quiet ticks".into(), 16_370));
        }
        let error = of_summary(&summary(r#"{"old":5}"#)).unwrap_err();
        assert_eq!(error.to_string(), "there is no count of instructions");
    }
}
