//! `sims fuzz`: random traffic, worlds and faults, until work is missed.

mod table;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use dormouse_core::Design;
use dormouse_report::File;
use dormouse_report::numbers::counted;
use dormouse_scenario::search::{Profile, Search, SearchReport, Shrunk};
use dormouse_text::DAY_MS;
use rayon::prelude::*;

use crate::args::ThreadArgs;
use crate::output;

/// Trials between two checks of the time limit.
const BATCH: u64 = 4096;
/// Number of seeds if neither `--seeds` nor `--minutes` is given.
const SEEDS: u64 = 10_000;

/// Arguments of `sims fuzz`.
#[derive(Args, Debug)]
pub(crate) struct FuzzArgs {
    /// The watcher's design: phase0, self-suspend, fenced, current or dormouse.
    #[arg(long, value_name = "NAME", default_value = "dormouse", value_parser = dormouse_sim::design_named)]
    watcher: Design,
    /// Which worlds to draw: assumed (those in which dormouse promises to miss nothing; also called swarm) or anything.
    #[arg(long, value_name = "NAME", default_value = "assumed")]
    profile: Profile,
    /// Number of trials to play, one per seed. The same seeds find the same failures on any number of threads.
    /// Default: 10000.
    #[arg(long, value_name = "N", conflicts_with = "minutes")]
    seeds: Option<u64>,
    /// Play trials for this many minutes instead.
    #[arg(long, value_name = "M", value_parser = minutes)]
    minutes: Option<Duration>,
    /// The first seed.
    #[arg(long, value_name = "SEED", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..1 << 62))]
    first: u64,
    /// How many failures of each class to shrink and write, from the first one found.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    keep: u8,
    /// Folder for the scenarios; created when there is one to write.
    #[arg(long, value_name = "DIR", default_value = "found")]
    out: PathBuf,
    /// Only print a table: for every design and every class, the machine-days until the first failure.
    #[arg(long, conflicts_with_all = ["watcher", "minutes"])]
    table: bool,
    #[command(flatten)]
    threads: ThreadArgs,
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes = text.parse().ok().filter(|minutes: &f64| (0.0..=1e6).contains(minutes));
    minutes
        .map(|minutes| Duration::from_secs_f64(minutes * 60.0))
        .ok_or_else(|| format!("{text:?} is no number of minutes; write it like 10 or 0.5"))
}

/// Runs the search. Returns false if missed work was found.
///
/// # Errors
/// When the threads cannot be created or a scenario cannot be written.
pub(crate) fn fuzz(args: &FuzzArgs) -> anyhow::Result<bool> {
    output::check_folder(&args.out)?;
    args.threads.start()?;
    let seeds = args.seeds.unwrap_or(SEEDS).min(1 << 62);
    if args.table {
        output::print(&table::table(args.profile, args.first..args.first + seeds))?;
        return Ok(true);
    }
    let search = Search { design: args.watcher, profile: args.profile };
    let (report, speed) = match args.minutes {
        Some(time) => until_the_time_is_over(&search, args.first, time),
        None => (run(&search, args.first, seeds), String::new()),
    };
    output::print(&(summary(&search, args.first, &report) + &speed))?;
    output::print(&write_down(&search, &report, args)?)?;
    output::print(&report.coverage.to_string())?;
    Ok(report.is_clean())
}

/// Plays `seeds` trials, starting at seed `first`.
fn run(search: &Search, first: u64, seeds: u64) -> SearchReport {
    let mut report = SearchReport::default();
    while report.trials < seeds {
        let from = first + report.trials;
        report.append(&search.run(from..from + BATCH.min(seeds - report.trials)));
    }
    report
}

#[expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the user asked for minutes of their own"
)]
fn until_the_time_is_over(search: &Search, first: u64, time: Duration) -> (SearchReport, String) {
    let start = std::time::Instant::now();
    let mut report = SearchReport::default();
    while start.elapsed() < time {
        let from = first + report.trials;
        report.append(&search.run(from..from + BATCH));
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = days(report.machine_ms) / seconds;
    (report, format!("{seconds:.1} s, {rate:.0} machine-days a second\n"))
}

fn days(ms: u64) -> f64 {
    ms as f64 / DAY_MS as f64
}

fn summary(search: &Search, first: u64, report: &SearchReport) -> String {
    let Search { design, profile } = search;
    format!(
        "{design}, profile {profile}, seeds from {first}: {}, {:.1} machine-days, {:.1} of them under faults, {} events, {} freezes\n",
        counted(report.trials, "trial", "trials"),
        days(report.machine_ms),
        days(report.under_faults_ms),
        report.events,
        report.suspends,
    )
}

/// Shrinks the first failures of each class, writes them as scenarios, and returns the text to print.
fn write_down(search: &Search, report: &SearchReport, args: &FuzzArgs) -> anyhow::Result<String> {
    if report.is_clean() {
        return Ok("nothing found\n".to_owned());
    }
    let mut text = format!("something is missed in {}\n", counted(report.failed, "trial", "trials"));
    for (class, found) in report.classes() {
        let first = found.first.first().map_or(0.0, |first| days(first.after_ms));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}: {}, the first after {first:.1} machine-days",
            class.name(),
            counted(found.trials, "trial", "trials")
        );
        let kept = &found.first[..found.first.len().min(usize::from(args.keep))];
        let shrunk: Vec<Shrunk> = kept.par_iter().map(|one| search.shrink(one.seed, class)).collect();
        for (i, one) in shrunk.iter().enumerate() {
            if shrunk[..i].iter().any(|before| before.trial == one.trial) {
                let _ = writeln!(text, "  seed {}: the same again", one.seed);
                continue;
            }
            let path = write(one, &args.out)?;
            let _ = writeln!(
                text,
                "  seed {}: {} events made {}; replay: sims scenario run {}",
                one.seed,
                one.events_before,
                one.trial.events.len(),
                path.display()
            );
        }
    }
    Ok(text)
}

fn write(shrunk: &Shrunk, folder: &Path) -> anyhow::Result<PathBuf> {
    let name = format!("{}.toml", shrunk.name());
    let path = folder.join(&name);
    let bytes = shrunk.scenario().to_toml().with_context(|| path.display().to_string())?.into_bytes();
    output::write_folder(folder, &[File { name, bytes }])?;
    Ok(path)
}
