//! Coverage of the stated intervals, and how often tuning keeps the timeout when the data cannot tell. The truth
//! is known from a trace of the same traffic that is two hundred times as long.
//!
//! `COVERAGE_TRACES=500 COVERAGE_DAYS=28 cargo test -p dormouse-decide --test it coverage -- --nocapture` prints the tables of
//! `docs/tuning.md`; without these variables there are 60 traces of 28 days.

use dormouse_core::Design;
use dormouse_decide::tune::{Book, Candidates, Costs, IntervalMethod, Shape, Tariff, interval};
use dormouse_sim::{Horizon, Job, Setup};
use dormouse_text::DAY_MS;
use dormouse_trace::Trace;
use dormouse_trace::generate::{Spec, generate};
use rayon::prelude::*;
use statrs::distribution::{Binomial, DiscreteCDF};

const TIMEOUTS_MS: [u64; 7] = [60_000, 120_000, 180_000, 300_000, 600_000, 1_200_000, 2_400_000];

/// Traffic of a known distribution, and prices.
struct Family {
    name: &'static str,
    stream: &'static str,
    /// The price of a second of waiting, where a second awake has price 1.
    waiting: f64,
    present_ms: u64,
    /// Are all timeouts about equally good, so that the data cannot tell?
    flat: bool,
}

const FAMILIES: [Family; 5] = [
    // Exponential gaps whose mean is about the break-even gap: every timeout costs the same in the long run.
    Family {
        name: "memoryless",
        stream: r#"arrivals = { process = "poisson", per_hour = 6 }"#,
        waiting: 615.0,
        present_ms: 300_000,
        flat: true,
    },
    Family {
        name: "sessions",
        stream: r#"
            work = { dist = "lognormal", median = "20s", sigma = 1.0, max = "10m" }
            arrivals = { process = "sessions", turns = { dist = "exponential", mean = 5, max = 40 }, after_work = true,
              gap = { dist = "lognormal", median = "60s", sigma = 1.2, max = "30m" },
              pause = { dist = "lognormal", median = "2h", sigma = 1.2, max = "2d" } }"#,
        waiting: 580.0,
        present_ms: 600_000,
        flat: false,
    },
    Family {
        name: "spells",
        stream: r#"arrivals = { process = "mmpp", busy_per_hour = 14, quiet_per_hour = 0.1, busy_for = "1h", quiet_for = "6h" }"#,
        waiting: 580.0,
        present_ms: 300_000,
        flat: false,
    },
    Family {
        // A schedule with a little randomness: days are nearly equal.
        name: "clockwork",
        stream: r#"
            work = "30s"
            arrivals = { process = "periodic", period = "12m", jitter = { dist = "uniform", min = "0s", max = "12m" } }"#,
        waiting: 580.0,
        present_ms: 300_000,
        flat: false,
    },
    Family {
        name: "weekdays",
        stream: r#"
            work = "30s"
            arrivals = { process = "rhythm", per_day = 60, weekly = [1, 1, 1, 1, 1, 0.2, 0.1],
              daily = [0,0,0,0,0,0,0,1,2,3,3,3,2,3,3,3,3,2,1,1,0,0,0,0] }"#,
        waiting: 580.0,
        present_ms: 300_000,
        flat: true,
    },
];

const METHODS: [(&str, IntervalMethod); 5] = [
    ("percentile, picked once", IntervalMethod { shape: Shape::Percentile, picks_again: false }),
    ("basic, picked once", IntervalMethod { shape: Shape::Basic, picks_again: false }),
    ("basic, picks again", IntervalMethod { shape: Shape::Basic, picks_again: true }),
    ("studentized, picked once", IntervalMethod { shape: Shape::Studentized, picks_again: false }),
    ("studentized, picks again", IntervalMethod { shape: Shape::Studentized, picks_again: true }),
];

impl Family {
    fn trace(&self, days: u64, seed: u64) -> Trace {
        let text = format!(
            "name = \"{}\"\nspan = \"{days}d\"\n[[stream]]\nkind = \"inbound\"\n{}",
            self.name, self.stream
        );
        // Inline tables must be on one line.
        let text = text.replace(",\n", ",");
        generate(&Spec::from_toml(&text, self.name, &[]).expect("a specification"), seed).expect("a trace")
    }

    fn costs(&self, days: u64, seed: u64) -> (Book, Costs) {
        let (trace, horizon) = (self.trace(days, seed), Horizon::Until(days * DAY_MS));
        let setup = Setup { seed, ..Setup::new(Design::Dormouse) };
        let book = Book::of(&Job::new(&trace, &TIMEOUTS_MS, &setup).horizon(horizon), 0);
        let tariff = Tariff { awake_ms: 0.001, wake: 0.0, waiting_ms: self.waiting / 1000.0 };
        let idle_ms = dormouse_sim::ideal::Ideal::of(&trace, horizon).at(0).asleep_ms;
        let costs = Costs::of(&book, &tariff, days * DAY_MS - idle_ms);
        (book, costs)
    }

    fn field(&self, book: &Book) -> Candidates {
        Candidates {
            present: TIMEOUTS_MS.iter().position(|&ms| ms == self.present_ms).expect("the present one"),
            allowed: book.counts.iter().map(|counts| counts.violations_total() == 0).collect(),
            wakes: book.counts.iter().map(|counts| counts.wakes.iter().sum()).collect(),
        }
    }
}

/// The results of one method.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    covered: u64,
    /// The truth was below the interval: the stated saving was too small.
    below: u64,
    kept: u64,
    width: f64,
}

/// Measures `traces` traces: a tally for each method, and the true cost of each timeout a month.
fn measure(family: &Family, traces: u64, days: u64) -> (Vec<Tally>, Vec<f64>) {
    // With few traces a less precise truth suffices.
    let (_, costs) = family.costs(days * if traces > 60 { 200 } else { 50 }, 1_000_003);
    let truth = costs.per_month(&vec![1; costs.len()]);
    let each: Vec<Vec<Tally>> = (0..traces)
        .into_par_iter()
        .map(|seed| {
            let (book, costs) = family.costs(days, seed);
            let field = family.field(&book);
            let cost = costs.per_month(&vec![1; costs.len()]);
            let rival = field.challenger(&cost).expect("there are others");
            let difference = truth[rival] - truth[field.present];
            let near = field.near(&cost)[field.present];
            METHODS
                .iter()
                .map(|&(_, method)| {
                    let found = interval(&costs, &field, rival, method, seed).expect("enough days");
                    Tally {
                        covered: u64::from(found.low <= difference && difference <= found.high),
                        below: u64::from(difference < found.low),
                        kept: u64::from(near || found.high >= 0.0),
                        width: (found.high - found.low) / traces as f64,
                    }
                })
                .collect()
        })
        .collect();
    let tally = |method: usize| {
        each.iter().map(|tallies| tallies[method]).fold(Tally::default(), |sum, tally| Tally {
            covered: sum.covered + tally.covered,
            below: sum.below + tally.below,
            kept: sum.kept + tally.kept,
            width: sum.width + tally.width,
        })
    };
    ((0..METHODS.len()).map(tally).collect(), truth)
}

fn asked(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn intervals_have_the_stated_coverage_and_inconclusive_data_change_nothing() {
    let (traces, days) = (asked("COVERAGE_TRACES", 60), asked("COVERAGE_DAYS", 28));
    // The range for a method with a true coverage of 93 to 97 %, with an error of one in a thousand at either end.
    let bound =
        |p: f64, quantile: f64| Binomial::new(p, traces).expect("a probability").inverse_cdf(quantile);
    let (least, most) = (bound(0.93, 0.001), bound(0.97, 0.999));
    let mut wrong = Vec::new();
    for family in &FAMILIES {
        let (tallies, truth) = measure(family, traces, days);
        println!(
            "\n{}, {traces} traces of {days} days; C(T) a month, per cent of the present one's:",
            family.name
        );
        let present = truth[TIMEOUTS_MS.iter().position(|&ms| ms == family.present_ms).expect("there")];
        let shown = TIMEOUTS_MS
            .iter()
            .zip(&truth)
            .map(|(ms, cost)| format!("{} min {:.1}", ms / 60_000, 100.0 * cost / present));
        println!("{}", shown.collect::<Vec<_>>().join(", "));
        println!("| interval | covers | truth below | keeps | mean width |\n|---|---|---|---|---|");
        for ((name, _), tally) in METHODS.iter().zip(&tallies) {
            let percent = |n: u64| 100.0 * n as f64 / traces as f64;
            println!(
                "| {name} | {:.1} % | {:.1} % | {:.1} % | {:.1} % |",
                percent(tally.covered),
                percent(tally.below),
                percent(tally.kept),
                100.0 * tally.width / present
            );
        }
        let chosen = METHODS
            .iter()
            .position(|&(_, method)| method == IntervalMethod::CHOSEN)
            .expect("it is one of them");
        let tally = tallies[chosen];
        if !(least..=most).contains(&tally.covered) {
            wrong.push(format!("{}: covers {}, not {least} to {most}", family.name, tally.covered));
        }
        if family.flat && tally.kept * 10 < traces * 9 {
            wrong.push(format!("{}: keeps {} of {traces}", family.name, tally.kept));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
