//! Criterion's estimates for both sides.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use dormouse_benches::workspace;
use serde::Deserialize;

use crate::Args;
use crate::build::Bench;

/// The two sides of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The working tree.
    This,
    /// The revision.
    That,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::This => "this",
            Self::That => "that",
        }
    }
}

/// Criterion's estimate of the time of one iteration, in ns, with its confidence interval (95 %).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) low_ns: f64,
    pub(crate) ns: f64,
    pub(crate) high_ns: f64,
}

/// The estimates of each round, by benchmark and side.
#[derive(Debug, Default)]
pub(crate) struct Results(BTreeMap<String, [Vec<Estimate>; 2]>);

/// A benchmark with the best round of each side that has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) benchmark: String,
    pub(crate) that: Option<Estimate>,
    pub(crate) this: Option<Estimate>,
}

/// A ratio with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) low: f64,
    pub(crate) ratio: f64,
    pub(crate) high: f64,
}

impl Row {
    /// The ratio of this to that. Its interval is the widest that both confidence intervals allow.
    pub(crate) fn ratio(&self) -> Option<Ratio> {
        let (this, that) = (self.this?, self.that?);
        Some(Ratio {
            low: this.low_ns / that.high_ns,
            ratio: this.ns / that.ns,
            high: this.high_ns / that.low_ns,
        })
    }
}

impl Results {
    /// Runs all benchmarks of a side once.
    ///
    /// # Errors
    /// When one of them fails, or its estimates cannot be read.
    pub(crate) fn run(&mut self, side: Side, benches: &[Bench], args: &Args) -> anyhow::Result<()> {
        let baseline = format!("{}-{}", args.save_baseline, side.name());
        let home = workspace().join("target/criterion");
        // Remove what an earlier comparison stored under this name.
        remove(&home, &baseline)?;
        for bench in benches {
            let mut command = Command::new(&bench.executable);
            command.current_dir(&bench.package).env("CRITERION_HOME", &home);
            command.args(["--bench", "--noplot", "--quiet", "--save-baseline", &baseline]);
            command.args(["--warm-up-time", &(args.seconds / 2.0).to_string()]);
            command.args(["--measurement-time", &args.seconds.to_string()]).args(&args.filter);
            let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
            let status = status.with_context(|| format!("running {}", bench.executable.display()))?;
            if !status.success() {
                bail!("benchmark {} of {} failed; run {command:?}", bench.name, side.name());
            }
        }
        self.collect(side, &home, &baseline)
    }

    /// Reads all estimates of a baseline below `folder`.
    fn collect(&mut self, side: Side, folder: &Path, baseline: &str) -> anyhow::Result<()> {
        each_folder(folder, baseline, &mut |found| {
            let name: Benchmark = json(&found.join("benchmark.json"))?;
            let Estimates { median } = json(&found.join("estimates.json"))?;
            let Interval { lower_bound, upper_bound } = median.confidence_interval;
            let estimate = Estimate { low_ns: lower_bound, ns: median.point_estimate, high_ns: upper_bound };
            self.0.entry(name.full_id).or_default()[side as usize].push(estimate);
            Ok(())
        })
    }

    /// The best round of each side, ordered by the benchmarks' names.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let best = |rounds: &[Estimate]| rounds.iter().copied().min_by(|a, b| a.ns.total_cmp(&b.ns));
        let row = |(name, [this, that]): (&String, &[Vec<Estimate>; 2])| Row {
            benchmark: name.clone(),
            this: best(this),
            that: best(that),
        };
        self.0.iter().map(row).collect()
    }
}

/// The fields of criterion's files that are used.
#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
}

#[derive(Deserialize)]
struct Estimates {
    median: Point,
}

#[derive(Deserialize)]
struct Point {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

fn json<T: for<'a> Deserialize<'a>>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// Calls `found` for every folder named `name` below `folder`, which need not exist.
fn each_folder(
    folder: &Path,
    name: &str,
    found: &mut dyn FnMut(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|it| it == name) {
            found(&path)?;
        } else {
            each_folder(&path, name, found)?;
        }
    }
    Ok(())
}

fn remove(home: &Path, baseline: &str) -> anyhow::Result<()> {
    each_folder(home, baseline, &mut |found| {
        fs::remove_dir_all(found).with_context(|| format!("removing {}", found.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criterion_wrote(home: &Path, group: &str, baseline: &str, median: [f64; 3]) {
        let folder = home.join(group).join(baseline);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("benchmark.json"), format!(r#"{{"full_id":"{group}/one","title":""}}"#))
            .unwrap();
        let [low, ns, high] = median;
        let interval = format!(r#"{{"confidence_level":0.95,"lower_bound":{low},"upper_bound":{high}}}"#);
        let median =
            format!(r#"{{"confidence_interval":{interval},"point_estimate":{ns},"standard_error":1}}"#);
        fs::write(folder.join("estimates.json"), format!(r#"{{"median":{median},"mean":null}}"#)).unwrap();
    }

    #[test]
    fn the_best_rounds_of_both_sides_are_paired_and_what_one_side_lacks_has_no_ratio() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        let mut results = Results::default();
        // Two rounds; a noisy neighbour slowed the first round of that and the second round of this.
        for (this, that) in
            [([9.0, 10.0, 11.0], [39.0, 40.0, 41.0]), ([29.0, 30.0, 31.0], [19.0, 20.0, 21.0])]
        {
            criterion_wrote(home, "replay", "c-this", this);
            criterion_wrote(home, "replay", "c-that", that);
            criterion_wrote(home, "fresh", "c-this", this);
            criterion_wrote(home, "replay", "another", [1.0, 1.0, 1.0]);
            results.collect(Side::This, home, "c-this").unwrap();
            results.collect(Side::That, home, "c-that").unwrap();
        }
        let rows = results.rows();
        let ratios: Vec<_> = rows.iter().map(Row::ratio).collect();
        let replay = Ratio { low: 9.0 / 21.0, ratio: 0.5, high: 11.0 / 19.0 };
        assert_eq!(ratios, [None, Some(replay)]);
        assert_eq!(rows[0].that, None);
    }

    #[test]
    fn what_an_earlier_comparison_kept_is_gone_and_other_baselines_stay() {
        let folder = tempfile::tempdir().unwrap();
        criterion_wrote(folder.path(), "replay", "c-this", [1.0; 3]);
        criterion_wrote(folder.path(), "replay", "mine", [1.0; 3]);
        remove(folder.path(), "c-this").unwrap();
        let mut left = Results::default();
        left.collect(Side::This, folder.path(), "c-this").unwrap();
        assert!(left.rows().is_empty());
        left.collect(Side::This, folder.path(), "mine").unwrap();
        assert_eq!(left.rows().len(), 1);
        assert!(remove(&folder.path().join("nowhere"), "c-this").is_ok());
    }
}
