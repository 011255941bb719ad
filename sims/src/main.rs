//! `sims`: replays traffic over a range of idle timeouts and measures suspend minutes, wakes, delays and missed work.
//!
//! Each verb has its own file, and so has code that several verbs share. Exit codes: 0 success; 1 a check
//! failed; 2 wrong usage or input; 130 ended by a signal. These checks end with 1: `sweep --verify` when the
//! engines differ, `scenario` when a verdict differs, `fuzz` when it finds missed work, and `tune --check` when
//! the present timeout is not right.

mod args;
mod best;
mod compare;
mod fleet;
mod fuzz;
mod ideal;
mod input;
mod machine;
mod merge;
mod output;
mod platforms;
mod progress;
mod run;
mod scenario;
mod shelf;
mod sweep;
mod timeline;
mod trace;
mod tune;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Replay traffic over a range of idle timeouts: suspend minutes, wakes, delays and missed work.
///
/// Without a verb, sweep the embedded trace: a week of a small team.
#[derive(Parser)]
#[command(name = "sims", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    sweep: sweep::SweepArgs,
}

#[derive(Subcommand)]
enum Verb {
    /// Replay traces at every idle timeout; print a table, write a report.
    Sweep(sweep::SweepArgs),
    /// Recommend an idle timeout: what it saves, whom it delays, and how sure that is.
    Tune(tune::TuneArgs),
    /// Replay policies that choose the timeout for each gap, and rank them against a clairvoyant.
    Compare(compare::CompareArgs),
    /// Merge the partial results of a fleet; print a table.
    Merge(merge::MergeArgs),
    /// Replay one instance at one idle timeout; print what happened.
    Run(run::RunArgs),
    /// Moved to the package `dormouse-testbed`.
    #[command(hide = true, disable_help_flag = true)]
    Live {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Play scenarios of missed work and check their verdicts.
    #[command(subcommand)]
    Scenario(scenario::ScenarioVerb),
    /// Search for missed work in random traffic, worlds and faults; exit code 1 if any is found.
    Fuzz(fuzz::FuzzArgs),
    /// List platforms, show one with the source of every field, or compare several.
    Platforms(platforms::PlatformsArgs),
    /// Generate, describe and convert traces.
    #[command(subcommand)]
    Trace(trace::TraceVerb),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let verb = cli.verb.unwrap_or(Verb::Sweep(cli.sweep));
    output::clean_up_on_signals();
    // False means that a check failed.
    let done = match verb {
        Verb::Sweep(args) => sweep::sweep(&args).map(|()| true),
        Verb::Tune(args) => tune::tune(&args),
        Verb::Compare(args) => compare::compare(&args).map(|()| true),
        Verb::Merge(args) => merge::merge(&args).map(|()| true),
        Verb::Run(args) => run::run(&args).map(|()| true),
        Verb::Live { .. } => Err(anyhow::anyhow!(
            "live is a package of its own now; use `cargo run --release -p dormouse-testbed --` with the same arguments"
        )),
        Verb::Scenario(verb) => scenario::scenario(&verb),
        Verb::Fuzz(args) => fuzz::fuzz(&args),
        Verb::Platforms(args) => platforms::platforms(&args).map(|()| true),
        Verb::Trace(verb) => trace::trace(&verb).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // The reader closed the pipe, as `head` does: not an error.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::warn(&format!("sims: {error:#}"));
            ExitCode::from(if error.is::<output::CheckFailed>() { 1 } else { 2 })
        }
    }
}
