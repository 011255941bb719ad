//! Reading a trace: plain, gzip, zstd, and the short form.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dormouse_benches::inputs::{REQUESTS, requests};
use dormouse_benches::path::read_all;
use dormouse_benches::{Answer, SMALL};
use dormouse_trace::{Compression, Form, WriteOptions, write};

/// Sum of the arrival times, in ms: the same for every format.
const ARRIVALS_MS: Answer = Answer { small: 224_341_606_703, full: 562_050_638_814_239 };

const FILES: [(&str, WriteOptions); 4] = [
    ("plain", WriteOptions { form: Form::Canonical, compression: Compression::None }),
    ("gzip", WriteOptions { form: Form::Canonical, compression: Compression::Gzip }),
    ("zstd", WriteOptions { form: Form::Canonical, compression: Compression::Zstd }),
    ("short form, plain", WriteOptions { form: Form::Short, compression: Compression::None }),
];

fn reading(c: &mut Criterion) {
    let trace = requests();
    let mut group = c.benchmark_group("reading");
    group.throughput(Throughput::Elements(REQUESTS)).sample_size(if SMALL { 10 } else { 20 });
    for (name, options) in FILES {
        let mut file = Vec::new();
        write(&trace, &mut file, options).expect("memory takes everything");
        let found = read_all(&file).instances[0].events.at_ms().iter().sum();
        ARRIVALS_MS.check(&format!("reading, {name}, {} bytes", file.len()), found);
        group.bench_function(name, |b| b.iter_with_large_drop(|| read_all(&file)));
    }
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
