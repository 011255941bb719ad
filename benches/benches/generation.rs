//! Generation of traffic.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_benches::inputs::REQUESTS as COUNT;
use dormouse_benches::path::requests_spec;
use dormouse_trace::Trace;
use dormouse_trace::generate::{Spec, generate};
use xxhash_rust::xxh3::Xxh3;

/// Hash of every arrival and its work: one million requests.
const REQUESTS: Answer = Answer { small: 8_920_093_020_135_630_180, full: 1_424_510_095_846_959_334 };
/// The same hash for a week of a small team, which has streams of every kind.
const TEAM_WEEK: Answer = Answer::always(4_007_712_973_241_586_804);

fn hash(trace: &Trace) -> u64 {
    let mut hash = Xxh3::new();
    for event in trace.instances.iter().flat_map(|instance| instance.events.iter()) {
        hash.update(&event.at_ms.to_le_bytes());
        hash.update(&event.work_ms.to_le_bytes());
    }
    hash.digest()
}

fn generation(c: &mut Criterion) {
    let mut group = c.benchmark_group("generation");
    group.sample_size(10);
    for (name, spec, answer) in [
        ("million-requests", requests_spec(COUNT), REQUESTS),
        ("team-week", Spec::preset("team-week").expect("a preset"), TEAM_WEEK),
    ] {
        let make = || generate(&spec, 1).expect("a preset is sound");
        let trace = make();
        answer.check(name, hash(&trace));
        group.throughput(Throughput::Elements(trace.events() as u64));
        group.bench_function(name, |b| b.iter_with_large_drop(make));
    }
    group.finish();
}

criterion_group!(benches, generation);
criterion_main!(benches);
