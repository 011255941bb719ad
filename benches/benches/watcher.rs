//! The state machine: a tick that does nothing, and a whole quiesce.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_benches::path::{QUIESCE_FACTS, QUIET_TICK_MS, at, fresh, quiesce};
use dormouse_core::{Command, Fact, View, Wall};

/// Number of commands in a successful quiesce: hold, go dormant, close, suspend, release.
const COMMANDS: Answer = Answer::always(5);

fn watcher(c: &mut Criterion) {
    let view = View::quiet();
    let fresh = fresh();
    let mut one = fresh;
    COMMANDS.check("watcher", quiesce(&mut one, &view));
    let mut another = fresh;
    let quiet = another.step(at(QUIET_TICK_MS), Fact::Deadline(&view));
    assert_eq!(quiet.command, None::<Command>, "less than two minutes after the message");

    let mut group = c.benchmark_group("watcher");
    // The deadline is less than the timeout after the message, so the tick does nothing.
    group.bench_function("a quiet tick", |b| {
        b.iter_batched_ref(
            || fresh,
            |watcher| watcher.step(black_box(at(QUIET_TICK_MS)), Fact::Deadline(black_box(&view))),
            criterion::BatchSize::SmallInput,
        );
    });
    group.bench_function("a message", |b| {
        let mut watcher = fresh;
        b.iter(|| black_box(&mut watcher).inbound(black_box(Wall::from_ms(60_000))));
    });
    group.throughput(Throughput::Elements(QUIESCE_FACTS));
    group.bench_function("a whole quiesce", |b| {
        b.iter_batched_ref(
            || fresh,
            |watcher| quiesce(watcher, black_box(&view)),
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, watcher);
criterion_main!(benches);
