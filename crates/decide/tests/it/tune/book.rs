//! The accounts of the replays.

use dormouse_decide::tune::{BlockUnit, Book};
use dormouse_proof::cases::{config, some_events, some_setup, some_span, some_timeouts, some_trace};
use dormouse_sim::rows::Counts;
use dormouse_sim::{Block, Horizon, Job, Setup};
use dormouse_text::DAY_MS;
use dormouse_trace::{Instance, Meta, Trace};
use proptest::prelude::*;

const REPEAT: &str = "repeat: cargo test -p dormouse-decide --test it book";

/// The sum of all blocks of one timeout.
fn sum(blocks: &[Block]) -> Block {
    let mut sum = Block::default();
    blocks.iter().for_each(|block| sum.add(block));
    sum
}

fn adds_up(counts: &Counts, blocks: &[Block]) -> Result<(), TestCaseError> {
    let sum = sum(blocks);
    prop_assert_eq!(sum.horizon_ms, counts.horizon_ms, "{}", REPEAT);
    prop_assert_eq!((sum.suspended_ms, sum.awake_ms()), (counts.suspended_ms, counts.awake_ms), "{}", REPEAT);
    prop_assert_eq!(sum.wakes, counts.wakes.iter().sum::<u64>(), "{}", REPEAT);
    prop_assert_eq!(sum.delayed, counts.delays.delayed(), "{}", REPEAT);
    prop_assert_eq!(sum.violations, counts.violations_total(), "{}", REPEAT);
    Ok(())
}

fn book(trace: &Trace, timeouts_ms: &[u64], setup: &Setup, horizon: Horizon) -> Book {
    Book::of(&Job::new(trace, timeouts_ms, setup).horizon(horizon), 0)
}

/// The same instances, with pauses a hundred times as long: days of traffic.
pub(crate) fn over_days(trace: &Trace) -> Trace {
    let slower = |instance: &Instance| {
        let events =
            instance.events.iter().map(|event| dormouse_trace::Event { at_ms: event.at_ms * 100, ..event });
        Instance::new(instance.name.clone(), events.collect())
    };
    Trace { instances: trace.instances.iter().map(slower).collect(), meta: Meta::default() }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn the_book_has_the_totals_of_the_job_and_its_blocks_add_up_to_them(
        trace in some_trace(), setup in some_setup(), timeouts in some_timeouts(), choice: u8
    ) {
        let trace = over_days(&trace);
        let horizon = match choice % 3 {
            0 => Horizon::Common,
            1 => Horizon::PerInstance,
            _ => Horizon::Until(5 * DAY_MS / 2),
        };
        let book = book(&trace, &timeouts, &setup, horizon);
        let totals = Job::new(&trace, &timeouts, &setup).horizon(horizon).totals();
        prop_assert_eq!(&book.counts, &totals, "{}", REPEAT);
        for (counts, blocks) in book.counts.iter().zip(&book.blocks) {
            adds_up(counts, blocks)?;
        }
    }

    #[test]
    fn the_delays_of_the_blocks_are_the_sum_of_all_delays(
        events in some_events(), setup in some_setup(), choice: u8
    ) {
        let span = some_span(&events, choice);
        let trace = Trace { instances: vec![Instance::new("law", events)], meta: Meta::default() };
        let book = book(&trace, &[60_000], &setup, Horizon::Until(span.end_ms));
        // Few enough delays to be stored individually, and written as runs.
        let written = serde_json::to_value(&book.counts[0].delays).unwrap();
        let runs: Vec<[u64; 2]> = serde_json::from_value(written["runs"].clone()).unwrap();
        let summed: u64 = runs.iter().map(|[ms, n]| ms * n).sum();
        prop_assert_eq!(sum(&book.blocks[0]).delay_ms, summed, "{}", REPEAT);
    }
}

fn days(instances: usize, days: u64) -> Trace {
    let every_hour = |i: usize| {
        let event = |hour: u64| dormouse_trace::Event {
            at_ms: hour * 3_600_000 + i as u64 * 60_000,
            kind: dormouse_trace::Kind::Inbound,
            work_ms: 30_000,
        };
        Instance::new(format!("i{i}"), (0..days * 24).map(event).collect())
    };
    Trace { instances: (0..instances).map(every_hour).collect(), meta: Meta::default() }
}

#[test]
fn days_are_resampled_until_there_are_enough_weeks_and_instances_where_they_have_clocks_of_their_own() {
    let setup = Setup::new(dormouse_core::Design::Dormouse);
    let of = |trace: &Trace, horizon| {
        let book = book(trace, &[60_000], &setup, horizon);
        (book.unit, book.len(), book.together())
    };
    assert_eq!(of(&days(2, 20), Horizon::Common), (BlockUnit::Day, 20, 2));
    // A remainder of six days joins the last week.
    assert_eq!(of(&days(2, 26 * 7 + 6), Horizon::Common), (BlockUnit::Week, 26, 2));
    assert_eq!(of(&days(2, 26 * 7 - 1), Horizon::Common), (BlockUnit::Day, 26 * 7 - 1, 2));
    assert_eq!(of(&days(3, 20), Horizon::PerInstance), (BlockUnit::Instance, 3, 1));
    assert_eq!(of(&days(1, 20), Horizon::PerInstance), (BlockUnit::Day, 20, 1));
}

#[test]
fn the_number_of_threads_changes_no_integer() {
    let setup = Setup::new(dormouse_core::Design::Current);
    let trace = days(5, 10);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| book(&trace, &[30_000, 120_000], &setup, Horizon::Common))
    };
    assert_eq!(with(1), with(2));
    assert_eq!(with(1), with(16));
}
