//! A report: the page, the rows, and every chart as SVG and PNG.

use criterion::{Criterion, criterion_group, criterion_main};
use dormouse_benches::Answer;
use dormouse_benches::inputs::TIMEOUTS_MS;
use dormouse_benches::path::preset;
use dormouse_core::Design;
use dormouse_report::{File, Report, report};
use dormouse_sim::rows::{Labels, Row};
use dormouse_sim::{Job, Setup};
use dormouse_trace::info::idle_gaps_ms;

/// Number of files in the report: the page, the rows in two formats, the machine, and six charts in two formats.
const FILES: Answer = Answer::always(4 + 2 * 6);

fn pictures(c: &mut Criterion) {
    let (trace, setup) = (preset("team-week"), Setup::new(Design::Current));
    let totals = Job::new(&trace, &TIMEOUTS_MS, &setup).totals();
    let labels =
        Labels { trace: "team-week".into(), watcher: "current".into(), platform: "fly".into(), seed: 1 };
    let rows: Vec<Row> = TIMEOUTS_MS
        .iter()
        .zip(&totals)
        .map(|(&timeout, counts)| Row::new(&labels, timeout, counts))
        .collect();
    let gaps_ms = idle_gaps_ms(&trace);
    let draw = || -> Vec<File> {
        report(&Report {
            command: "sims sweep",
            title: "a week of a small team",
            rows: &rows,
            gaps_ms: &gaps_ms,
            timeline: None,
            marks: &[],
            machine: "a benchmark",
            notes: &[],
        })
        .expect("one sweep makes a report")
    };
    FILES.check("pictures", draw().len() as u64);

    let mut group = c.benchmark_group("pictures");
    group.sample_size(10);
    group.bench_function("a whole report", |b| b.iter_with_large_drop(draw));
    group.finish();
}

criterion_group!(benches, pictures);
criterion_main!(benches);
