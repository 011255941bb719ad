//! Ratios to the machine's limits, measured in turns; prints the Markdown table of docs/performance.md.

use dormouse_benches::inputs::{TIMEOUTS_MS, requests, sparse};
use dormouse_benches::paired::{Case, paired};
use dormouse_benches::path;
use dormouse_benches::{Answer, SMALL};
use dormouse_core::Design;
use dormouse_sim::rows::Counts;
use dormouse_sim::{Engine, Horizon, Job, Setup, Ticks, oracle_suspended_ms, run};
use dormouse_trace::{Event, Events, Instance, Kind, Meta, ReadOptions, Trace, read, write_csv};

/// Sum of the arrival times, in ms.
const SUM_MS: Answer = Answer { small: 224_341_606_703, full: 562_050_638_814_239 };
/// Idle time, in ms, as the simplest pass with knowledge of work computes it.
const IDLE_MS: Answer = Answer { small: 13_321_794, full: 808_553_601 };
/// The part of it that a watcher with a timeout of two minutes sleeps, in ms.
const SLEPT_MS: Answer = Answer { small: 10_217_551, full: 821_593_041 };
/// Time asleep on the sparse trace, by the interval of the ticks in ms.
const SPARSE_MS: [(u64, Answer); 2] = [
    (30_000, Answer { small: 2_123_151_618, full: 214_435_774_355 }),
    (300, Answer { small: 2_126_032_818, full: 214_729_715_555 }),
];
/// Total time asleep at 60 timeouts, in ms, with `dormouse`.
const AT_SIXTY_MS: Answer = Answer { small: 279_258_083, full: 19_982_038_334 };

/// Total time asleep on the dense instance at sixty timeouts, in ms.
const DENSE_MS: Answer = Answer { small: 6_583_236, full: 2_381_821_109 };

/// One pass over one column.
fn sum_ms(trace: &Trace) -> u64 {
    trace.instances[0].events.at_ms().iter().sum()
}

/// One pass over both columns: a running maximum of the ends of work, and the gaps between it and the next arrival.
fn idle_ms(trace: &Trace) -> u64 {
    let events = &trace.instances[0].events;
    let (mut until, mut idle) = (0, 0);
    for (&at, &work_ms) in events.at_ms().iter().zip(events.work_ms()) {
        idle += at.saturating_sub(until);
        until = until.max(at + work_ms);
    }
    idle
}

fn slept_ms(trace: &Trace, tick_ms: u64, ticks: Ticks) -> u64 {
    let instance = &trace.instances[0];
    let mut setup = Setup::new(Design::Current);
    setup.settings = setup.settings.with_tick_ms(tick_ms).with_idle_timeout_ms(TIMEOUTS_MS[2]);
    run(instance, Horizon::Common.span(trace, instance), &setup, ticks, &mut ()).suspended_ms
}

/// Runs the cases in turns and prints a row of the table for each.
fn table(title: &str, events: usize, mut cases: Vec<Case<'_>>) {
    let medians = paired(&mut cases);
    println!("\n| {title} | ns an event | million events/s | times the first |\n|---|---|---|---|");
    for median in medians {
        let ns = median.ns / events as f64;
        println!("| {} | {ns:.2} | {:.1} | {:.2} |", median.name, 1_000.0 / ns, median.ratio);
    }
}

fn against_the_machine() {
    let trace = requests();
    let instance = &trace.instances[0];
    let setup = Setup::new(Design::Current);
    let mut file = Vec::new();
    write_csv(&trace, &mut file).expect("memory takes everything");
    SUM_MS.check("sum", sum_ms(&trace));
    IDLE_MS.check("idle", idle_ms(&trace));
    SLEPT_MS.check("slept", slept_ms(&trace, 30_000, Ticks::ThatMatter));

    let cases: Vec<Case<'_>> = vec![
        ("idle time by a running maximum", Box::new(|| idle_ms(&trace))),
        ("sum of the arrival column", Box::new(|| sum_ms(&trace))),
        (
            "oracle",
            Box::new(|| {
                oracle_suspended_ms(&instance.events, Horizon::Common.span(&trace, instance), &setup.world)
            }),
        ),
        ("replay", Box::new(|| slept_ms(&trace, 30_000, Ticks::ThatMatter))),
        ("replay that plays every tick", Box::new(|| slept_ms(&trace, 30_000, Ticks::Every))),
        (
            "reading the CSV from memory",
            Box::new(|| {
                let read = read(file.as_slice(), "requests.csv", &ReadOptions::default());
                read.map_or(0, |read| read.trace.events() as u64)
            }),
        ),
    ];
    table("on a million requests", trace.events(), cases);
}

fn against_the_ticks() {
    let trace = &sparse();
    for (tick_ms, answer) in SPARSE_MS {
        answer
            .check(&format!("slept with ticks of {tick_ms} ms"), slept_ms(trace, tick_ms, Ticks::ThatMatter));
    }
    let case =
        |name, tick_ms, ticks| -> Case<'_> { (name, Box::new(move || slept_ms(trace, tick_ms, ticks))) };
    let cases = vec![
        case("a tick every 30 s", 30_000, Ticks::ThatMatter),
        case("a tick every 300 ms", 300, Ticks::ThatMatter),
        case("a tick every 30 s, each played", 30_000, Ticks::Every),
        case("a tick every 300 ms, each played", 300, Ticks::Every),
    ];
    table("on one message in six hours", trace.events(), cases);
}

/// The kernel compared with replays, all on one thread. Both give the same answer.
fn against_the_replay() {
    let trace = &requests();
    let setup = &path::setup(Design::Dormouse);
    let [one, sixty, thousand] = &[1, 60, 1_000].map(path::timeouts_ms);
    let thread = &rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let asleep = |totals: Vec<Counts>| totals.iter().map(|counts| counts.suspended_ms).sum::<u64>();
    let replays = move |timeouts_ms: &[u64]| {
        thread.install(|| asleep(Job::new(trace, timeouts_ms, setup).engine(Engine::Replay).totals()))
    };
    let kernel = move |timeouts_ms: &[u64]| thread.install(|| asleep(path::sweep(trace, timeouts_ms, setup)));
    AT_SIXTY_MS.check("60 replays", replays(sixty));
    AT_SIXTY_MS.check("the kernel at 60 timeouts", kernel(sixty));

    let cases: Vec<Case<'_>> = vec![
        ("one replay", Box::new(move || replays(one))),
        ("60 replays", Box::new(move || replays(sixty))),
        ("the kernel at 60 timeouts", Box::new(move || kernel(sixty))),
        ("the kernel at 1,000 timeouts", Box::new(move || kernel(thousand))),
    ];
    table("all timeouts at once", trace.events(), cases);
}

/// One instance that is almost never idle: three messages a second of about two seconds each, and a pause of
/// seven minutes after every hundred thousand messages.
fn dense() -> Trace {
    let (events, burst) = if SMALL { (20_000, 5_000) } else { (100_000_000, 100_000) };
    let event = |i: u64| Event {
        at_ms: i * 333 + (i % 7) * 20 + i / burst * 400_000,
        kind: Kind::Inbound,
        work_ms: 1_500 + i % 700,
    };
    let events: Events = (0..events).map(event).collect();
    Trace { instances: vec![Instance::new("dense", events)], meta: Meta::default() }
}

/// The kernel on a hundred million messages, compared with a pass that only sums their arrival times.
fn against_one_dense_column() {
    let trace = &dense();
    let setup = &path::setup(Design::Dormouse);
    let sixty = &path::timeouts_ms(60);
    let thread = &rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let kernel =
        move || path::sweep(trace, sixty, setup).iter().map(|counts| counts.suspended_ms).sum::<u64>();
    DENSE_MS.check("the kernel on a dense instance", kernel());
    let cases: Vec<Case<'_>> = vec![
        ("sum of the arrival column", Box::new(move || sum_ms(trace))),
        ("the kernel at 60 timeouts, one thread", Box::new(move || thread.install(kernel))),
        ("the kernel at 60 timeouts, all threads", Box::new(kernel)),
    ];
    table("on a dense instance", trace.events(), cases);
}

fn main() {
    println!(
        "<!-- cargo bench -p dormouse-benches --bench ratios{} -->",
        if SMALL { " (small)" } else { "" }
    );
    against_the_machine();
    against_the_ticks();
    against_the_replay();
    against_one_dense_column();
}
