//! The state machine: a tick at which nothing happens, and a whole quiesce.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_core::{Command, Fact, Mono, Now, Settings, View, Wall, Watcher};

/// Commands of a quiesce that works: hold, go dormant, close, suspend, release.
const COMMANDS: Answer = Answer::always(5);

/// Facts of that quiesce.
const FACTS: u64 = 7;

fn at(ms: u64) -> Now {
    Now { wall: Wall::from_ms(ms), mono: Mono::from_ms(ms) }
}

/// From the first question to the connection after the wake: how many commands were given. The machine is frozen for six
/// minutes, which the monotonic clock does not see.
fn quiesce(watcher: &mut Watcher, view: &View) -> u64 {
    let woken = Now { wall: Wall::from_ms(502_000), mono: Mono::from_ms(124_300) };
    let facts: [(Now, Fact<'_>); FACTS as usize] = [
        (at(120_000), Fact::Deadline(view)),
        (at(120_000), Fact::Held(true)),
        (at(120_100), Fact::Acked(true)),
        (at(120_110), Fact::Closed(view)),
        (at(120_210), Fact::Lever(true)),
        (woken, Fact::Deadline(view)),
        (woken, Fact::Connected),
    ];
    facts.into_iter().filter(|&(now, fact)| watcher.step(now, fact).command.is_some()).count() as u64
}

fn watcher(c: &mut Criterion) {
    let view = View::quiet();
    let fresh = Watcher::start(Settings::dormouse(), at(0), true);
    let mut one = fresh;
    COMMANDS.check("watcher", quiesce(&mut one, &view));
    let mut another = fresh;
    let quiet = another.step(at(60_000), Fact::Deadline(&view));
    assert_eq!(quiet.command, None::<Command>, "a minute is not long enough");

    let mut group = c.benchmark_group("watcher");
    // A deadline a minute after the start is a tick, and a quiet one: the timeout is two minutes.
    group.bench_function("a quiet tick", |b| {
        b.iter_batched_ref(
            || fresh,
            |watcher| watcher.step(black_box(at(60_000)), Fact::Deadline(black_box(&view))),
            criterion::BatchSize::SmallInput,
        );
    });
    group.bench_function("a message", |b| {
        let mut watcher = fresh;
        b.iter(|| black_box(&mut watcher).inbound(black_box(Wall::from_ms(60_000))));
    });
    group.throughput(Throughput::Elements(FACTS));
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
