//! The kernel on one thread, at the number of timeouts that people ask for and at many more.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::inputs::{requests, sparse};
use dormouse_benches::path::{preset, setup, sweep, timeouts_ms};
use dormouse_benches::{Answer, SMALL};
use dormouse_core::Design;
use dormouse_trace::Trace;

/// Total time asleep at all timeouts, in ms, at 60 and at a thousand timeouts: a million requests.
const REQUESTS_MS: [Answer; 2] = [
    Answer { small: 30_048_369, full: 19_982_038_334 },
    Answer { small: 461_888_354, full: 331_479_288_619 },
];
/// A week of a small team.
const TEAM_WEEK_MS: [Answer; 2] = [
    Answer { small: 2_314_390_891, full: 22_920_997_948 },
    Answer { small: 38_188_094_250, full: 381_682_627_177 },
];
/// One message every six hours.
const SPARSE_MS: [Answer; 2] = [
    Answer { small: 12_269_379_708, full: 12_388_893_591_300 },
    Answer { small: 204_577_561_800, full: 206_627_218_565_000 },
];

fn slept_ms(trace: &Trace, timeouts_ms: &[u64]) -> u64 {
    sweep(trace, timeouts_ms, &setup(Design::Dormouse)).iter().map(|counts| counts.suspended_ms).sum()
}

fn kernel(c: &mut Criterion) {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    for (name, trace, answers) in [
        ("requests", requests(), REQUESTS_MS),
        ("team-week", preset("team-week"), TEAM_WEEK_MS),
        ("sparse", sparse(), SPARSE_MS),
    ] {
        let mut group = c.benchmark_group(format!("kernel/{name}"));
        group.sample_size(10);
        for (count, answer) in [60, 1_000].into_iter().zip(answers) {
            let timeouts_ms = timeouts_ms(if SMALL { count / 10 } else { count });
            answer.check(&format!("{name} at {count}"), one.install(|| slept_ms(&trace, &timeouts_ms)));
            group.throughput(Throughput::Elements(trace.events() as u64 * count));
            group.bench_function(format!("{count} timeouts"), |b| {
                b.iter(|| one.install(|| slept_ms(&trace, &timeouts_ms)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, kernel);
criterion_main!(benches);
