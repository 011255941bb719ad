//! The predicate over a fleet, against the machine's memory: the table of "Predicate over a fleet" in docs/performance.md.

use std::hint::black_box;

use dormouse_benches::paired::{Case, paired};
use dormouse_benches::path::{Columns, NOW, TIMEOUT_MS};
use dormouse_benches::{Answer, SMALL};
use dormouse_core::{FleetColumns, is_idle};

/// A million gateways, and enough to exceed every cache.
const SIZES: [usize; 2] = if SMALL { [1_000, 5_000] } else { [1_000_000, 10_000_000] };
/// Number of idle gateways.
const IDLE: [Answer; 2] = [Answer { small: 433, full: 436_338 }, Answer { small: 2_187, full: 4_363_632 }];
/// Bytes per instance: two counts, a time, an answer.
const BYTES: usize = 4 + 4 + 8 + 1;

/// The simplest pass over the same bytes: it sums every fact and writes every answer.
fn stream(columns: &Columns, idle: &mut [bool]) -> u64 {
    idle.fill(true);
    let add = |sum: u32, &work: &u32| sum.wrapping_add(work);
    let work = columns.in_flight.iter().chain(&columns.background).fold(0, add);
    columns.last_seen.iter().fold(u64::from(work), |sum, seen| sum.wrapping_add(seen.as_ms()))
}

fn by_column(columns: &Columns, idle: &mut [bool]) -> u64 {
    columns.idle(idle);
    u64::from(black_box(idle)[0])
}

/// The same with one call of the predicate per gateway.
fn one_by_one(columns: &Columns, idle: &mut [bool]) -> u64 {
    let work = |work: u32| (work != FleetColumns::UNREADABLE).then_some(work);
    for (i, idle) in idle.iter_mut().enumerate() {
        let (in_flight, background) = (work(columns.in_flight[i]), work(columns.background[i]));
        *idle = is_idle(in_flight, background, NOW, columns.last_seen[i], TIMEOUT_MS);
    }
    u64::from(black_box(idle)[0])
}

/// Number of idle gateways.
fn count(idle: &[bool]) -> u64 {
    idle.iter().filter(|&&idle| idle).count() as u64
}

fn against_memory(size: usize, answer: Answer) {
    let columns = Columns::of(size);
    let mut idle = vec![false; size];
    columns.idle(&mut idle);
    answer.check(&format!("a fleet of {size}"), count(&idle));
    one_by_one(&columns, &mut idle);
    answer.check("one by one", count(&idle));

    let words: Vec<u64> = (0..(BYTES * size / 8) as u64).collect();
    let [mut streamed, mut answers, mut singly] = [(); 3].map(|()| idle.clone());
    let mut cases: Vec<Case<'_>> = vec![
        ("as many bytes, combined", Box::new(|| words.iter().fold(0, |sum, word| sum ^ word))),
        ("the same bytes, facts added up and answers filled", Box::new(|| stream(&columns, &mut streamed))),
        ("`FleetColumns::idle`", Box::new(|| by_column(&columns, &mut answers))),
        ("`is_idle`, one by one", Box::new(|| one_by_one(&columns, &mut singly))),
    ];
    println!("\n| {size} instances | ns each | GB/s | share of the first |\n|---|---|---|---|");
    for median in paired(&mut cases) {
        let ns = median.ns / size as f64;
        println!("| {} | {ns:.2} | {:.1} | {:.0} % |", median.name, BYTES as f64 / ns, 100.0 / median.ratio);
    }
}

fn main() {
    println!("<!-- cargo bench -p dormouse-benches --bench fleet{} -->", if SMALL { " (small)" } else { "" });
    for (size, answer) in SIZES.into_iter().zip(IDLE) {
        against_memory(size, answer);
    }
}
