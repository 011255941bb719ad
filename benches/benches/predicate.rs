//! The predicate: within a nanosecond.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_core::{Wall, is_idle};

/// How many of [`QUESTIONS`] are answered with yes.
const IDLE: Answer = Answer::always(444);

const QUESTIONS: u64 = 1024;
const TIMEOUT_MS: u64 = 120_000;

/// What one question is about.
type Facts = (Option<u32>, Option<u32>, Wall, Wall);

/// Gateways of every sort: busy ones, idle ones, some whose work cannot be read.
fn gateways() -> Vec<Facts> {
    let work = |n: u64| [Some(0), Some(0), Some(0), Some(1), None][(n % 5) as usize];
    let seen = |i: u64| Wall::from_ms(1_000_000 - i * 7919 % 600_000);
    // Most sources are quiet, as in life.
    (0..QUESTIONS)
        .map(|i| (work(i / 3), Some(u32::from(i % 11 == 0)), Wall::from_ms(1_000_000), seen(i)))
        .collect()
}

fn idle(&(in_flight, background, now, last_seen): &Facts) -> bool {
    is_idle(in_flight, background, now, last_seen, TIMEOUT_MS)
}

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
