//! What each measure of `dormouse` costs and saves on a trace, as the tables of `docs/watcher.md` have it.
//!
//! ```sh
//! cargo run --release -p dormouse-sweep --example windows -- sims/traces/team-week.csv
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use dormouse_core::Design;
use dormouse_rows::{Class, Counts};
use dormouse_sim::{Horizon, Setup};
use dormouse_sweep::Sweep;
use dormouse_trace::{Event, Instance, Kind, ReadOptions, Trace, read_path};

/// Two minutes, the default.
const TIMEOUT_MS: u64 = 120_000;
/// Faults are drawn anew for each of so many seeds.
const SEEDS: u64 = 50;

/// What is set on top of a design.
type Set = &'static [(&'static str, &'static str)];

/// The design, and what it costs or saves to leave something out.
const COSTS: &[(&str, Design, Set)] = &[
    ("current", Design::Current, &[]),
    ("dormouse", Design::Dormouse, &[]),
    ("  the whole timeout after an answer", Design::Dormouse, &[("answer_ms", "120000")]),
    ("  no time to answer", Design::Dormouse, &[("idle_since_activity", "false")]),
    ("  unpaced", Design::Dormouse, &[("pace_sleeps", "false")]),
    ("  the fence as it was", Design::Dormouse, &[("fence_on_evidence", "false")]),
];

/// One fault in a hundred occasions, and a platform that swallows what comes while it suspends.
const FAULTS: &[(&str, Set)] = &[
    ("none", &[]),
    ("lost_ack", &[("faults.lost_ack", "0.01")]),
    ("lost_going_idle", &[("faults.lost_going_idle", "0.01")]),
    ("lever_timeout", &[("faults.lever_timeout", "0.01")]),
    ("slow_freeze", &[("faults.slow_freeze", "0.01")]),
    ("dial_failed", &[("faults.dial_failed", "0.01")]),
    ("poke_lost", &[("faults.poke_lost", "0.01")]),
    ("HTTP fails while suspending", &[("http_while_suspending", "fails")]),
];

/// The connector's help.
const HELP: Set = &[("repoke_ms", "10000"), ("poke_cooldown_ms", "0")];

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: windows TRACE");
        return ExitCode::from(2);
    };
    let trace = match read_path(&path, &ReadOptions::default()) {
        Ok(read) => read.trace,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    println!("{:<40} asleep   of current   wakes   p99 ms   missed", "");
    let base = counts(&trace, Design::Current, 1, &[]).suspended_ms;
    for &(name, design, set) in COSTS {
        let c = counts(&trace, design, 1, set);
        println!(
            "{name:<40} {:5.2} %  {:8.2} %  {:>6}  {:>7}   {}",
            100.0 * c.suspended_ms as f64 / c.horizon_ms as f64,
            100.0 * c.suspended_ms as f64 / base as f64,
            c.wakes.iter().sum::<u64>(),
            c.delays.quantile(990),
            c.violations_total(),
        );
    }
    for minutes in [15, 60] {
        let c = counts(&guarded(&trace, minutes * 60_000), Design::Dormouse, 1, &[]);
        println!(
            "{:<40} {:5.2} %  {:8.2} %  {:>6}",
            format!("  a guard wake each {minutes} min"),
            100.0 * c.suspended_ms as f64 / c.horizon_ms as f64,
            100.0 * c.suspended_ms as f64 / base as f64,
            c.wakes.iter().sum::<u64>(),
        );
    }
    println!("\nmissed in {SEEDS} runs, never-sleeps left out\n");
    println!("{:<32} current   dormouse   dormouse, poked again", "fault, 1 %");
    for &(name, set) in FAULTS {
        let helped: Vec<_> = set.iter().chain(HELP).copied().collect();
        println!(
            "{name:<32} {:>7}   {:>8}   {:>8}",
            missed(&trace, Design::Current, set),
            missed(&trace, Design::Dormouse, set),
            missed(&trace, Design::Dormouse, &helped),
        );
    }
    ExitCode::SUCCESS
}

/// The trace with a request each `period_ms`, as the platform's clock would send it.
fn guarded(trace: &Trace, period_ms: u64) -> Trace {
    let guard = |instance: &Instance| {
        let events = &instance.events;
        let mut all: Vec<Event> = (0..events.at_ms().len()).map(|i| events.get(i)).collect();
        let guards = 1..events.end_of_work_ms() / period_ms;
        all.extend(guards.map(|i| Event { at_ms: i * period_ms, kind: Kind::Probe, work_ms: 0 }));
        all.sort_by_key(|event| event.at_ms);
        Instance::new(instance.name.as_ref(), all.into_iter().collect())
    };
    Trace { instances: trace.instances.iter().map(guard).collect(), meta: trace.meta.clone() }
}

fn counts(trace: &Trace, design: Design, seed: u64, set: &[(&str, &str)]) -> Counts {
    let mut setup = Setup { seed, ..Setup::new(design) };
    for (name, value) in set {
        if let Err(error) = setup.set(name, value) {
            eprintln!("{error}");
        }
    }
    Sweep::new(trace, &[TIMEOUT_MS], &setup, Horizon::Common).totals().swap_remove(0)
}

/// Violations of all seeds but those of a machine that stayed awake because the world refused to let it sleep.
fn missed(trace: &Trace, design: Design, set: &[(&str, &str)]) -> u64 {
    let each = |seed| {
        let c = counts(trace, design, seed, set);
        c.violations_total() - c.violations[Class::NeverSleeps as usize]
    };
    (1..=SEEDS).map(each).sum()
}
