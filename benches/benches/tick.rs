//! One tick of the production watcher: reads both clocks, queries a hundred sources, calls core. The goal is 2 µs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{Criterion, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_core::{Mono, Now, Settings, Status};
use dormouse_watcher::{
    Clock, Driver, Gateway, NoLever, Signals, SystemClock, WatchConfig, WatcherEvent, Work, WorkKind,
    WorkSource, metrics::Metrics,
};

/// Number of sources that are queried.
const SOURCES: Answer = Answer::always(100);

struct Busy(Vec<Work>);

impl Gateway for Busy {
    fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource)) {
        self.0.iter().for_each(|source| each(source));
    }

    fn channels(&self, each: &mut dyn FnMut(&str)) {
        each("relay");
    }

    fn publish(&self, _: Status) {}
}

/// The machine's wall clock, and a monotonic clock that advances by a millisecond with each read, so that every
/// look is past its deadline.
struct Fast(SystemClock, AtomicU64);

impl Clock for Fast {
    fn now(&self) -> Now {
        Now { mono: Mono::from_ms(60_000 + self.1.fetch_add(1, Ordering::Relaxed)), ..self.0.now() }
    }
}

fn tick(c: &mut Criterion) {
    let clock: Arc<dyn Clock> = Arc::new(Fast(SystemClock::new(), AtomicU64::new(0)));
    let kinds = WorkKind::ALL.into_iter().cycle().take(100);
    let busy = Busy(kinds.map(|kind| Work::new(kind, Arc::clone(&clock))).collect());
    let mut asked = 0;
    busy.sources(&mut |_| asked += 1);
    SOURCES.check("tick", asked);
    let guard = busy.0[0].begin();

    let config = WatchConfig::default()
        .with_settings(Settings::dormouse().with_tick_ms(1).with_settle_ms(0).with_pace_ms(0))
        .with_opted_in(true)
        .with_wake_url("https://wake.invalid".to_owned());
    let gateway: Arc<dyn Gateway> = Arc::new(busy);
    let mut group = c.benchmark_group("tick");
    for (name, observed) in [("a hundred sources", false), ("a hundred sources, with metrics", true)] {
        let mut driver = Driver::start(
            &config,
            Arc::clone(&gateway),
            Arc::new(NoLever),
            Signals::new(Arc::clone(&clock)),
            if observed { vec![Box::new(Metrics)] } else { Vec::new() },
        );
        group.bench_function(name, |b| b.iter(|| driver.handle(WatcherEvent::Deadline)));
    }
    group.finish();
    drop(guard);
}

criterion_group!(benches, tick);
criterion_main!(benches);
