//! The clairvoyant: a sweep computes it once per instance.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_benches::inputs::requests;
use dormouse_benches::path::preset;
use dormouse_core::Design;
use dormouse_sim::{Horizon, Setup, oracle_suspended_ms};
use dormouse_trace::Trace;

/// Time that could have been slept, in ms: a million requests.
const REQUESTS_MS: Answer = Answer { small: 13_325_444, full: 808_728_374 };
/// The same for a week of a small team.
const TEAM_WEEK_MS: Answer = Answer::always(508_729_067);

fn ask(trace: &Trace, setup: &Setup) -> u64 {
    let instance = &trace.instances[0];
    oracle_suspended_ms(&instance.events, Horizon::Common.span(trace, instance), &setup.world)
}

fn oracle(c: &mut Criterion) {
    let setup = Setup::new(Design::Dormouse);
    let mut group = c.benchmark_group("oracle");
    for (name, trace, answer) in
        [("requests", requests(), REQUESTS_MS), ("team-week", preset("team-week"), TEAM_WEEK_MS)]
    {
        answer.check(&format!("oracle on {name}"), ask(&trace, &setup));
        group.throughput(Throughput::Elements(trace.events() as u64)).sample_size(30);
        group.bench_function(name, |b| b.iter(|| ask(&trace, &setup)));
    }
    group.finish();
}

criterion_group!(benches, oracle);
criterion_main!(benches);
