//! `check`: a bounded exhaustive search for missed work by a watcher.

use std::process::ExitCode;

use clap::Parser;
use dormouse_core::{Design, Switches};
use dormouse_proof::check::{Bounds, FaultCounts, Reproduction, explore};

/// Explore everything that can happen to a watcher within bounds.
///
/// Exit codes: 0 no missed work; 1 missed work found; 2 wrong usage.
#[derive(Parser)]
#[command(name = "check")]
struct Args {
    /// The watcher's design: phase0, self-suspend, fenced, current or dormouse.
    #[arg(long, default_value = "dormouse", value_parser = dormouse_sim::design_named)]
    watcher: Design,
    /// Number of messages, at most 8.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=8))]
    arrivals: u8,
    /// Number of requests from outside that begin work.
    #[arg(long, default_value_t = 1)]
    requests: u8,
    /// Number of jobs that the gateway begins by itself.
    #[arg(long, default_value_t = 1)]
    background: u8,
    /// Number of freezes.
    #[arg(long, default_value_t = 2)]
    sleeps: u8,
    /// Faults that may strike once, or twice if given twice: going_idle, ack, refusal, silence, slow_freeze,
    /// poke, dial, snapshot, or all.
    #[arg(long, value_delimiter = ',')]
    faults: Vec<String>,
    /// Turn off a switch of the watcher; may be repeated.
    #[arg(long, value_delimiter = ',')]
    without: Vec<String>,
    /// The connector pokes again while its buffer is not empty.
    #[arg(long)]
    repokes: bool,
    /// The platform drops HTTP requests while it suspends.
    #[arg(long)]
    http_fails: bool,
    /// Number of threads; with one, every trail has minimal length.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Also print each violation as a scenario for the simulator.
    #[arg(long)]
    scenario: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(found) => ExitCode::from(u8::from(found)),
        Err(problem) => {
            eprintln!("check: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Runs the search and prints the result; returns true if missed work was found.
fn run(args: &Args) -> Result<bool, String> {
    let mut settings = args.watcher.settings();
    for name in &args.without {
        if !settings.switches.set(name, false) {
            return Err(format!(
                "--without {name}: no such switch; there are {}",
                Switches::NAMES.join(", ")
            ));
        }
    }
    let mut faults = FaultCounts::default();
    for name in args.faults.iter().map(String::as_str) {
        let all = name == "all";
        let names = if all { FaultCounts::NAMES.to_vec() } else { vec![name] };
        if !names.into_iter().all(|name| faults.add(name)) {
            return Err(format!(
                "--faults {name}: no such fault; there are {}, all",
                FaultCounts::NAMES.join(", ")
            ));
        }
    }
    let bounds = Bounds {
        arrivals: args.arrivals,
        requests: args.requests,
        background: args.background,
        sleeps: args.sleeps,
        faults,
        repokes: args.repokes,
        http_resumes: !args.http_fails,
    };
    let exploration = explore(settings, bounds, args.threads);
    println!(
        "{}: {} states, {} steps, {} deep",
        args.watcher, exploration.states, exploration.steps, exploration.depth
    );
    for wrong in exploration.found() {
        let Some(trail) = exploration.trail_to(wrong) else { continue };
        println!("\n{trail}");
        if args.scenario {
            println!("\n{}", Reproduction::of(args.watcher, trail));
        }
    }
    Ok(!exploration.found().is_empty())
}
