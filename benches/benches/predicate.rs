//! The idle predicate. The goal is 1 ns.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_benches::path::{QUESTIONS, gateways, idle};

/// Number of [`QUESTIONS`] whose answer is yes.
const IDLE: Answer = Answer::always(444);

fn predicate(c: &mut Criterion) {
    let gateways = gateways();
    IDLE.check("predicate", gateways.iter().filter(|facts| idle(facts)).count() as u64);

    let mut group = c.benchmark_group("predicate");
    let one = gateways[1];
    group.bench_function("one question", |b| b.iter(|| idle(black_box(&one))));
    group.throughput(Throughput::Elements(QUESTIONS));
    group.bench_function("a thousand questions", |b| {
        b.iter(|| black_box(&gateways).iter().filter(|facts| idle(facts)).count());
    });
    group.finish();
}

criterion_group!(benches, predicate);
criterion_main!(benches);
