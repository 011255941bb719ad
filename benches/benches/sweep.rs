//! A whole sweep: reads a CSV file from memory and writes seven rows.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::inputs::{REQUESTS, TIMEOUTS_MS, requests};
use dormouse_benches::{Answer, SMALL};
use dormouse_core::Design;
use dormouse_sim::rows::{Labels, Row, write_csv as write_rows};
use dormouse_sim::{Engine, Job, Setup};
use dormouse_trace::{ReadOptions, read, write_csv};
use xxhash_rust::xxh3::xxh3_64;

/// Hash of the rows as CSV.
const ROWS: Answer = Answer { small: 16_273_740_751_187_529_651, full: 1_537_135_333_155_114_806 };

/// Reads the file, replays it at every timeout on all threads, computes the clairvoyant, and writes the rows.
fn sweep_file(file: &[u8], setup: &Setup, labels: &Labels) -> Vec<u8> {
    let trace =
        read(file, "requests.csv", &ReadOptions::default()).expect("what was written can be read").trace;
    let totals = Job::new(&trace, &TIMEOUTS_MS, setup).engine(Engine::Replay).totals();
    let rows: Vec<Row> =
        TIMEOUTS_MS.iter().zip(&totals).map(|(&timeout, counts)| Row::new(labels, timeout, counts)).collect();
    let mut csv = Vec::new();
    write_rows(&rows, &mut csv).expect("memory takes everything");
    csv
}

fn sweep(c: &mut Criterion) {
    let mut file = Vec::new();
    write_csv(&requests(), &mut file).expect("memory takes everything");
    let setup = Setup::new(Design::Current);
    let labels =
        Labels { trace: "requests".into(), watcher: "current".into(), platform: "fly".into(), seed: 1 };
    ROWS.check("sweep", xxh3_64(&sweep_file(&file, &setup, &labels)));

    let mut group = c.benchmark_group("sweep");
    group.throughput(Throughput::Elements(REQUESTS * TIMEOUTS_MS.len() as u64));
    group.sample_size(if SMALL { 10 } else { 20 });
    group.bench_function("read, 7 timeouts, rows", |b| b.iter(|| sweep_file(&file, &setup, &labels)));
    group.finish();
}

criterion_group!(benches, sweep);
criterion_main!(benches);
