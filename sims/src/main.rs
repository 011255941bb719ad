//! `sims`: replays traffic over a range of idle timeouts and measures suspend minutes, wakes, delays and missed work.
//!
//! One file a verb; what several verbs share has a file of its own. Exit codes: 0 done, 2 usage or
//! input, 130 ended by a signal; 1 where a check failed: `sweep --verify`, when the engines differ; `scenario`, when a verdict does; `fuzz`, when it finds something; `tune --check`, when the present timeout is not right.

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

/// Replays traffic over a range of idle timeouts: suspend minutes, wakes, delays and missed work.
///
/// Without a verb it sweeps the embedded trace, a week of a small team.
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
    /// Say which idle timeout to have, what it saves, whom it delays, and how sure that is.
    Tune(tune::TuneArgs),
    /// Play policies that choose the timeout gap by gap, and rank them beside a clairvoyant.
    Compare(compare::CompareArgs),
    /// Put together what was swept part by part; print a table.
    Merge(merge::MergeArgs),
    /// Replay one instance at one idle timeout; print what happened.
    Run(run::RunArgs),
    /// Moved to the package `dormouse-testbed`.
    #[command(hide = true, disable_help_flag = true)]
    Live {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Play stories of missed work, and check that they end as they must.
    #[command(subcommand)]
    Scenario(scenario::ScenarioVerb),
    /// Search for missed work in random traffic, worlds and faults; 1 if some is found.
    Fuzz(fuzz::FuzzArgs),
    /// List platforms, show what is known about one and who says so, compare them.
    Platforms(platforms::PlatformsArgs),
    /// Make, describe and convert traces.
    #[command(subcommand)]
    Trace(trace::TraceVerb),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let verb = cli.verb.unwrap_or(Verb::Sweep(cli.sweep));
    output::clean_up_on_signals();
    // False: a check failed.
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
        // Whoever reads our output has seen enough.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("sims: {error:#}"));
            ExitCode::from(if error.is::<output::CheckFailed>() { 1 } else { 2 })
        }
    }
}
