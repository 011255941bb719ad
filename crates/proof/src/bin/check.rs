//! `check`: tries everything that can happen to a watcher within bounds, and says what goes wrong.

use std::process::ExitCode;

use clap::Parser;
use dormouse_core::{Design, Switches};
use dormouse_proof::check::{Bounds, FaultCounts, Reproduction, explore};

/// Tries everything that can happen to a watcher within bounds.
///
/// Exit code 0: nothing goes wrong; 1: something does; 2: usage.
#[derive(Parser)]
#[command(name = "check")]
struct Args {
    /// Which watcher: phase0, self-suspend, fenced, current or dormouse.
    #[arg(long, default_value = "dormouse", value_parser = |name: &str| name.parse::<Design>().map_err(|e| e.to_string()))]
    watcher: Design,
    /// Messages, at most 8.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=8))]
    arrivals: u8,
    /// Requests from outside that begin work.
    #[arg(long, default_value_t = 1)]
    requests: u8,
    /// Work that the gateway begins by itself.
    #[arg(long, default_value_t = 1)]
    background: u8,
    /// Freezes.
    #[arg(long, default_value_t = 2)]
    sleeps: u8,
    /// What may go wrong once, or twice if it is named twice: going_idle, ack, refusal, silence, slow_freeze, poke, dial,
    /// snapshot, or all.
    #[arg(long, value_delimiter = ',')]
    faults: Vec<String>,
    /// A switch of the watcher that is turned off, may be given several times.
    #[arg(long, value_delimiter = ',')]
    without: Vec<String>,
    /// A connector that pokes again while something waits.
    #[arg(long)]
    repokes: bool,
    /// A platform that swallows HTTP while it suspends.
    #[arg(long)]
    http_fails: bool,
    /// Threads; with one, every trail is a shortest one.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Prints each violation as a scenario for the simulator, too.
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

/// True if something goes wrong.
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
