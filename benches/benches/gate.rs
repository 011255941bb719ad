//! The arm gate: evaluated at start and at each tick.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_core::{messaging_is_relay_only_or_absent, should_arm};

/// Number of entries in [`CONNECTED`] that let a gateway sleep.
const OPEN: Answer = Answer::always(3);

const CONNECTED: [&[&str]; 5] =
    [&[], &["relay"], &[" Relay ", "RELAY"], &["relay", "signal"], &["telegram", "relay"]];

fn is_open(connected: &[&str]) -> bool {
    messaging_is_relay_only_or_absent(connected.iter().copied())
}

fn gate(c: &mut Criterion) {
    OPEN.check("gate", CONNECTED.iter().filter(|connected| is_open(connected)).count() as u64);
    let armed = should_arm(true, is_open(CONNECTED[1]), Some("https://wake.example/m1"));
    assert!(armed, "the relay alone, opted in, with a wake URL");

    let mut group = c.benchmark_group("gate");
    group.bench_function("relay only", |b| b.iter(|| is_open(black_box(CONNECTED[1]))));
    group.bench_function("two platforms", |b| b.iter(|| is_open(black_box(CONNECTED[3]))));
    group.bench_function("should_arm", |b| {
        b.iter(|| should_arm(black_box(true), black_box(true), black_box(Some("https://wake.example/m1"))));
    });
    group.finish();
}

criterion_group!(benches, gate);
criterion_main!(benches);
