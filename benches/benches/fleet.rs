//! The predicate over a fleet, against the machine's memory: the table of "Predicate over a fleet" in docs/performance.md.

use std::hint::black_box;

use dormouse_benches::paired::{Case, paired};
use dormouse_benches::{Answer, SMALL};
use dormouse_core::{Fleet, Wall, is_idle};

/// A million gateways, and so many that no cache holds them.
const SIZES: [usize; 2] = if SMALL { [1_000, 5_000] } else { [1_000_000, 10_000_000] };
/// How many of them are idle.
const IDLE: [Answer; 2] = [Answer { small: 433, full: 436_338 }, Answer { small: 2_187, full: 4_363_632 }];
/// Of an instance: two counts, a moment, an answer.
const BYTES: usize = 4 + 4 + 8 + 1;

const NOW: Wall = Wall::from_ms(1_000_000);
const TIMEOUT_MS: u64 = 120_000;

/// The facts of a fleet.
struct Columns {
    in_flight: Vec<u32>,
    background: Vec<u32>,
    last_seen: Vec<Wall>,
}

impl Columns {
    /// Most gateways are quiet, as in life; some are busy, and of some the work cannot be read.
    fn of(size: usize) -> Self {
        let work = |i: usize| [0, 0, 0, 1, Fleet::UNREADABLE][i / 3 % 5];
        let seen = |i: usize| Wall::from_ms(1_000_000 - i as u64 * 7919 % 600_000);
        Self {
            in_flight: (0..size).map(work).collect(),
            background: (0..size).map(|i| u32::from(i % 11 == 0)).collect(),
            last_seen: (0..size).map(seen).collect(),
        }
    }

    /// The plainest pass over the same bytes: every fact is added up, every answer is written.
    fn stream(&self, idle: &mut [bool]) -> u64 {
        idle.fill(true);
        let add = |sum: u32, &work: &u32| sum.wrapping_add(work);
        let work = self.in_flight.iter().fold(0, add).wrapping_add(self.background.iter().fold(0, add));
        self.last_seen.iter().fold(u64::from(work), |sum, seen| sum.wrapping_add(seen.as_ms()))
    }

    fn fleet(&self, idle: &mut [bool]) -> u64 {
        let Self { in_flight, background, last_seen } = self;
        Fleet { in_flight, background, last_seen }.idle(NOW, TIMEOUT_MS, idle);
        u64::from(black_box(idle)[0])
    }

    /// The same by a question for each.
    fn one_by_one(&self, idle: &mut [bool]) -> u64 {
        let work = |work: u32| (work != Fleet::UNREADABLE).then_some(work);
        for (i, idle) in idle.iter_mut().enumerate() {
            *idle = is_idle(
                work(self.in_flight[i]),
                work(self.background[i]),
                NOW,
                self.last_seen[i],
                TIMEOUT_MS,
            );
        }
        u64::from(black_box(idle)[0])
    }
}

/// How many are idle.
fn count(idle: &[bool]) -> u64 {
    idle.iter().filter(|&&idle| idle).count() as u64
}

fn against_memory(size: usize, answer: Answer) {
    let columns = Columns::of(size);
    let mut idle = vec![false; size];
    columns.fleet(&mut idle);
    answer.check(&format!("a fleet of {size}"), count(&idle));
    columns.one_by_one(&mut idle);
    answer.check("one by one", count(&idle));

    let words: Vec<u64> = (0..(BYTES * size / 8) as u64).collect();
    let [mut streamed, mut by_column, mut by_one] = [(); 3].map(|()| idle.clone());
    let mut cases: Vec<Case<'_>> = vec![
        ("as many bytes, combined", Box::new(|| words.iter().fold(0, |sum, word| sum ^ word))),
        ("the same bytes, facts added up and answers filled", Box::new(|| columns.stream(&mut streamed))),
        ("`Fleet::idle`", Box::new(|| columns.fleet(&mut by_column))),
        ("`is_idle`, one by one", Box::new(|| columns.one_by_one(&mut by_one))),
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
