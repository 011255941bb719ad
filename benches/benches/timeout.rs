//! Parsing of the idle timeout as people write it.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_core::ConfigValue::{Absent, Float, Integer, Text};
use dormouse_core::{ConfigValue, parse_idle_timeout};

/// Sum of the timeouts in [`WRITTEN`], in ms: 5 min, 45 s, 5 min, 30 s, and twice the default.
const TOGETHER_MS: Answer = Answer::always(300_000 + 45_000 + 300_000 + 30_000 + 2 * DEFAULT_MS);

const DEFAULT_MS: u64 = 120_000;

const WRITTEN: [(&str, ConfigValue<'_>); 6] = [
    ("whole number", Integer(5)),
    ("fraction", Float(0.75)),
    ("text", Text(" 5 \n")),
    ("text with a fraction", Text("0.5")),
    ("not a number", Text("soon")),
    ("absent", Absent),
];

fn timeout(c: &mut Criterion) {
    let together = WRITTEN.iter().map(|&(_, value)| parse_idle_timeout(value, DEFAULT_MS)).sum();
    TOGETHER_MS.check("timeout", together);

    let mut group = c.benchmark_group("timeout");
    for (name, value) in WRITTEN {
        group.bench_function(name, |b| b.iter(|| parse_idle_timeout(black_box(value), DEFAULT_MS)));
    }
    group.finish();
}

criterion_group!(benches, timeout);
criterion_main!(benches);
