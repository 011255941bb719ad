//! Fleets: a whole sweep compared with only decoding its columns, and two threads compared with one; prints the
//! table of docs/performance.md.

use dormouse_benches::SMALL;
use dormouse_benches::inputs::REQUESTS;
use dormouse_benches::paired::{Case, paired};
use dormouse_benches::path::requests_spec;
use dormouse_core::Design;
use dormouse_fleet::{FleetAnswer, FleetError, FleetFile, Split, write_trace};
use dormouse_sim::rows::Counts;
use dormouse_sim::{Engine, Job, Setup};
use dormouse_trace::generate::generate_instance;
use dormouse_trace::{Instance, Meta, Trace};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

/// Instances of a million requests each (20,000 in tests).
const INSTANCES: u32 = if SMALL { 2 } else { 10 };
/// Memory limit for decoded data, in bytes.
const MEMORY: u64 = 512 << 20;

/// Sixty timeouts, half a minute apart, in ms.
fn timeouts_ms() -> Vec<u64> {
    (1..=60).map(|half_minutes| half_minutes * 30_000).collect()
}

/// The traffic: dense instances, named in order.
fn traffic() -> Trace {
    let instance = |ordinal| {
        let made = generate_instance(&requests_spec(REQUESTS), 1, ordinal).expect("the preset is sound");
        Instance::new(format!("app-{ordinal:02}"), made.events)
    };
    Trace { instances: (0..INSTANCES).map(instance).collect(), meta: Meta::default() }
}

fn written(folder: &std::path::Path, trace: &Trace) -> FleetFile {
    let path = folder.join("fleet.parquet");
    let file = std::fs::File::create(&path).expect("a temporary folder can be written");
    write_trace(trace, file).expect("it can be written");
    FleetFile::open(&path).expect("a fleet")
}

fn decode(fleet: &FleetFile) -> u64 {
    (0..fleet.groups()).into_par_iter().map(|group| fleet.decode_only(group).expect("sound")).sum()
}

fn batches(fleet: &FleetFile) -> u64 {
    let batches = fleet.batches(Split::WHOLE, MEMORY).map(|batch| batch.expect("sound"));
    batches.flatten().map(|instance| instance.events.len() as u64).sum()
}

fn sweep(fleet: &FleetFile, timeouts_ms: &[u64]) -> u64 {
    let (setup, content) = (Setup::new(Design::Current), fleet.manifest().content);
    let mut sum = FleetAnswer::none(timeouts_ms.len(), None);
    let swept = fleet.batches(Split::WHOLE, MEMORY).overlapped(|instances| {
        let trace = Trace { instances, meta: Meta::default() };
        sum.merge(&FleetAnswer::of(&Job::new(&trace, timeouts_ms, &setup), &content, None));
        Ok::<_, FleetError>(trace.instances)
    });
    swept.expect("sound");
    slept_ms(&sum.counts)
}

/// Total time asleep at all timeouts, in ms.
fn slept_ms(counts: &[Counts]) -> u64 {
    counts.iter().map(|counts| counts.suspended_ms).sum()
}

fn main() {
    println!(
        "<!-- cargo bench -p dormouse-benches --bench fleets{} -->",
        if SMALL { " (small)" } else { "" }
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (trace, timeouts_ms) = (traffic(), timeouts_ms());
    let fleet = written(folder.path(), &trace);
    let with = |threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    let (one, two) = (with(1), with(2));
    // Check the answers: every row is decoded, and the streamed sweep equals the one in memory.
    let setup = Setup::new(Design::Current);
    let in_memory = Job::new(&trace, &timeouts_ms, &setup).engine(Engine::Replay).totals();
    drop(trace);
    assert_eq!(two.install(|| decode(&fleet)), u64::from(INSTANCES) * REQUESTS, "rows");
    assert_eq!(two.install(|| sweep(&fleet, &timeouts_ms)), slept_ms(&in_memory), "time asleep");

    let (fleet, timeouts_ms) = (&fleet, timeouts_ms.as_slice());
    let mut cases: Vec<Case<'_>> = vec![
        ("decode, two threads", Box::new(|| two.install(|| decode(fleet)))),
        ("decode, one thread", Box::new(|| one.install(|| decode(fleet)))),
        ("whole instances, two threads", Box::new(|| two.install(|| batches(fleet)))),
        ("sweep of 60 timeouts, two threads", Box::new(|| two.install(|| sweep(fleet, timeouts_ms)))),
        ("sweep of 60 timeouts, one thread", Box::new(|| one.install(|| sweep(fleet, timeouts_ms)))),
    ];
    println!(
        "\n| on a fleet in a file | ns an event | million events/s | times the first |\n|---|---|---|---|"
    );
    for median in paired(&mut cases) {
        let ns = median.ns / fleet.manifest().content.events as f64;
        println!("| {} | {ns:.2} | {:.1} | {:.2} |", median.name, 1_000.0 / ns, median.ratio);
    }
}
