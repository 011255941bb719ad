//! One replay: one instance, one timeout, with the whole world and the auditor.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::inputs::requests;
use dormouse_benches::path::{preset, replay, setup};
use dormouse_benches::{Answer, SMALL};
use dormouse_core::Design;

/// Time asleep, in ms, for the designs in the order of [`Design::ALL`]: a million requests.
const REQUESTS_MS: [Answer; 5] = [
    Answer { small: 19_447_014, full: 1_142_017_451 },
    Answer { small: 19_906_316, full: 1_142_476_753 },
    Answer { small: 10_217_551, full: 821_593_041 },
    Answer { small: 10_217_551, full: 821_593_041 },
    Answer { small: 10_127_551, full: 659_973_704 },
];
/// A week of a small team, with every kind of event.
const TEAM_WEEK_MS: [Answer; 5] = [
    Answer::always(547_736_845),
    Answer::always(551_661_551),
    Answer::always(449_568_076),
    Answer::always(448_760_797),
    Answer::always(445_855_240),
];

fn replays(c: &mut Criterion) {
    for (name, trace, answers) in
        [("requests", requests(), REQUESTS_MS), ("team-week", preset("team-week"), TEAM_WEEK_MS)]
    {
        let mut group = c.benchmark_group(format!("replay/{name}"));
        group.throughput(Throughput::Elements(trace.events() as u64)).sample_size(if SMALL {
            10
        } else {
            30
        });
        for (design, answer) in Design::ALL.into_iter().zip(answers) {
            let setup = setup(design);
            answer.check(
                &format!("replay of {name} by {}", design.name()),
                replay(&trace, &setup).suspended_ms,
            );
            group.bench_function(design.name(), |b| b.iter(|| replay(&trace, &setup)));
        }
        group.finish();
    }
}

criterion_group!(benches, replays);
criterion_main!(benches);
