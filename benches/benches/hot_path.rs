//! The hot path under valgrind. Each benchmark checks its answer after it has been counted.
//!
//! Inputs are small, since a count is exact without repetition. They are created before counting starts and
//! never dropped, so that the drop is not counted. The gate compares the group `kept_figures` with the stored
//! figures. The group `trip` has one of these benchmarks with a deliberate slowdown, and with a no-op change, to
//! test the gate itself.

#![expect(clippy::ptr_arg, reason = "a benchmark takes what was made for it, as it was made")]
#![expect(missing_docs, reason = "the macros of gungraun write public items without a word")]

use std::hint::black_box;

use dormouse_benches::path;
use dormouse_core::{Design, Fact, View, Wall, Watcher};
use dormouse_sim::rows::Counts;
use dormouse_sim::{Horizon, Setup, oracle_suspended_ms};
use dormouse_trace::{Compression, Form, Trace, WriteOptions, write};
use gungraun::Callgrind;
use gungraun::prelude::*;

/// Repetitions of the shortest benchmarks, so that the overhead of the call is negligible.
const TIMES: u64 = 1_000;

/// Leaks the input, so that its drop is not counted.
fn kept<T>(input: T) -> &'static mut T {
    Box::leak(Box::new(input))
}

/// Checks the answer of a benchmark.
fn is<const ANSWER: u64>(found: u64) {
    assert_eq!(found, ANSWER, "mend the code, or this constant if the meaning changed");
}

// ---- core ----

#[library_benchmark]
#[bench::questions(args = (kept(path::gateways())), teardown = is::<444>)]
fn predicate(gateways: &mut Vec<path::Facts>) -> u64 {
    black_box(gateways).iter().filter(|facts| path::idle(facts)).count() as u64
}

#[library_benchmark]
#[bench::instances(args = (kept(path::Columns::of(4_096)), kept(vec![false; 4_096])), teardown = is::<1>)]
fn fleet(columns: &mut path::Columns, idle: &mut Vec<bool>) -> u64 {
    black_box(columns).idle(idle);
    u64::from(black_box(idle)[16])
}

#[library_benchmark]
#[bench::messages(args = (kept(path::fresh())), teardown = is::<TIMES>)]
fn watcher_inbound(watcher: &mut Watcher) -> u64 {
    for ms in 0..TIMES {
        black_box(&mut *watcher).inbound(black_box(Wall::from_ms(ms)));
    }
    TIMES
}

// The deadline a minute after the start is a tick that does nothing, since the timeout is two minutes.
#[library_benchmark]
#[bench::quiet_ticks(args = (kept(path::fresh()), kept(View::quiet())), teardown = is::<TIMES>)]
fn watcher_tick(watcher: &mut Watcher, view: &mut View) -> u64 {
    let fresh = *watcher;
    let mut quiet = 0;
    for _ in 0..TIMES {
        *watcher = fresh;
        let step =
            black_box(&mut *watcher).step(path::at(path::QUIET_TICK_MS), Fact::Deadline(black_box(view)));
        quiet += u64::from(step.command.is_none());
    }
    quiet
}

#[library_benchmark]
#[bench::whole(args = (kept(path::fresh()), kept(View::quiet())), teardown = is::<5_000>)]
fn watcher_quiesce(watcher: &mut Watcher, view: &mut View) -> u64 {
    let fresh = *watcher;
    (0..TIMES)
        .map(|_| {
            *watcher = fresh;
            path::quiesce(black_box(&mut *watcher), black_box(view))
        })
        .sum()
}

// ---- simulator and kernel ----

/// Traffic in sessions, truncated, and a setup.
fn requests(design: Design) -> (Trace, Setup) {
    (path::requests(20_000), path::setup(design))
}

/// A week of a small team, with every kind of event.
fn team_week(design: Design) -> (Trace, Setup) {
    (path::preset("team-week"), path::setup(design))
}

#[library_benchmark]
#[bench::requests_current(args = (kept(requests(Design::Current))), teardown = is::<10_217_551>)]
#[bench::requests_dormouse(args = (kept(requests(Design::Dormouse))), teardown = is::<10_127_551>)]
#[bench::team_week_dormouse(args = (kept(team_week(Design::Dormouse))), teardown = is::<445_855_240>)]
fn replay((trace, setup): &mut (Trace, Setup)) -> u64 {
    path::replay(black_box(trace), black_box(setup)).suspended_ms
}

#[library_benchmark]
#[bench::requests(args = (kept(requests(Design::Current))), teardown = is::<13_325_444>)]
fn oracle((trace, setup): &mut (Trace, Setup)) -> u64 {
    let (trace, setup) = (black_box(trace), black_box(setup));
    let instance = &trace.instances[0];
    oracle_suspended_ms(&instance.events, Horizon::Common.span(trace, instance), &setup.world)
}

/// Runs on this thread only, since other threads would not be counted.
fn alone(input: (Trace, Setup)) -> &'static mut (Trace, Setup) {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build_global()
        .expect("a process has one benchmark, so this is the first to ask");
    kept(input)
}

/// Total time asleep at all timeouts, in ms.
fn together(totals: Vec<Counts>) -> u64 {
    kept(totals).iter().map(|counts| counts.suspended_ms).sum()
}

#[library_benchmark]
#[bench::requests_60(args = (alone(requests(Design::Current)), kept(path::timeouts_ms(60))), teardown = is::<280_789_908>)]
#[bench::requests_1000(args = (alone(requests(Design::Dormouse)), kept(path::timeouts_ms(1_000))), teardown = is::<4_599_957_363>)]
#[bench::team_week_60(args = (alone(team_week(Design::Dormouse)), kept(path::timeouts_ms(60))), teardown = is::<22_920_997_948>)]
fn kernel((trace, setup): &mut (Trace, Setup), timeouts_ms: &mut Vec<u64>) -> u64 {
    together(path::sweep(black_box(trace), black_box(timeouts_ms), black_box(setup)))
}

// ---- traces ----

/// The requests as a trace file.
fn file(form: Form, compression: Compression) -> Vec<u8> {
    let mut file = Vec::new();
    let options = WriteOptions { form, compression };
    write(&path::requests(5_000), &mut file, options).expect("memory takes everything");
    file
}

#[library_benchmark]
#[bench::canonical(args = (kept(file(Form::Canonical, Compression::None))), teardown = is::<5_000>)]
#[bench::short_form(args = (kept(file(Form::Short, Compression::None))), teardown = is::<5_000>)]
#[bench::gzip(args = (kept(file(Form::Canonical, Compression::Gzip))), teardown = is::<5_000>)]
fn reading(file: &mut Vec<u8>) -> u64 {
    kept(path::read_all(black_box(file))).events() as u64
}

#[library_benchmark]
#[bench::requests(args = (5_000), teardown = is::<5_000>)]
fn generation(count: u64) -> u64 {
    kept(path::requests(count)).events() as u64
}

// ---- the gate's own test ----

// A replay as in `replay`, changed in two ways. `nothing` adds code that the optimiser removes. `slowdown` reads
// every arrival once more without using it, which is about one instruction in twenty.
#[library_benchmark]
#[bench::nothing(args = (kept(requests(Design::Current)), wrapped), teardown = is::<10_217_551>)]
#[bench::slowdown(args = (kept(requests(Design::Current)), slowed), teardown = is::<10_217_551>)]
fn replay_changed((trace, setup): &mut (Trace, Setup), changed: fn(&Trace, &Setup) -> u64) -> u64 {
    changed(black_box(trace), black_box(setup))
}

fn wrapped(trace: &Trace, setup: &Setup) -> u64 {
    Some(path::replay(trace, setup)).into_iter().map(|counts| counts.suspended_ms).sum()
}

fn slowed(trace: &Trace, setup: &Setup) -> u64 {
    let events = &trace.instances[0].events;
    assert!(events.at_ms().iter().all(|&at_ms| black_box(at_ms) < u64::MAX));
    path::replay(trace, setup).suspended_ms
}

library_benchmark_group!(
    name = kept_figures,
    benchmarks = [
        predicate,
        fleet,
        watcher_inbound,
        watcher_tick,
        watcher_quiesce,
        replay,
        oracle,
        kernel,
        reading,
        generation
    ]
);
library_benchmark_group!(name = trip, benchmarks = replay_changed);
// Only instructions are judged. Without a simulated cache, counting takes half the time.
main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"]));
    library_benchmark_groups = kept_figures, trip
);
