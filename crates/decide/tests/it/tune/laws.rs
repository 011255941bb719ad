//! Invariants of tuning, over random traffic, worlds and watchers.

use dormouse_core::Design;
use dormouse_decide::tune::{
    Candidates, Costs, Decision, IntervalMethod, Reason, Request, Verdict, interval, tune,
};
use dormouse_proof::cases::{
    HowOften, config, some_horizon, some_setup, some_sound_setup, some_timeouts, some_trace,
};
use dormouse_sim::platform::{Between, Prices};
use dormouse_sim::{Job, Setup};
use dormouse_trace::generate::{Spec, generate};
use dormouse_trace::{Event, Instance, Kind, Meta, Trace};
use proptest::prelude::*;

use super::book::over_days;

const REPEAT: &str = "repeat: cargo test -p dormouse-decide --test it laws";

fn prices(running_per_hour: f64) -> Prices {
    Prices {
        currency: "USD".to_owned(),
        running_per_hour: Between::exactly(running_per_hour),
        suspended_per_hour: Between::exactly(0.0),
        per_wake: Between::exactly(0.0),
        minimum_bill_ms: 0,
    }
}

fn question(prices: &Prices, present_ms: u64) -> Request<'_> {
    Request {
        prices,
        present_ms,
        a_second_of_waiting: 0.0,
        max_delay_ms_p99: None,
        max_wakes_per_day: None,
        least_saving: 0.0,
        seed: 1,
    }
}

/// Minutes of traffic, days of it, or so much that tuning can be sure.
fn some_traffic() -> impl Strategy<Value = Trace> {
    let steady = (2..6_u64, 8..20_u64, any::<u64>());
    prop_oneof![
        1 => some_trace(),
        1 => some_trace().prop_map(|trace| over_days(&trace)),
        2 => steady.prop_map(|(per_hour, days, seed)| self::steady(per_hour, days, seed)),
    ]
}

/// How often the conditions of [`is_sound`] hold.
#[derive(Default)]
struct Seen {
    /// A change is recommended.
    sets: HowOften,
    /// It is recommended because it is sure to save.
    saves: HowOften,
    /// A range of timeouts is as good.
    range: HowOften,
    /// Some timeout loses work, and another does not.
    some_lose: HowOften,
}

/// Whatever was asked, this holds.
fn is_sound(answer: &Decision, seen: &Seen) -> Result<(), TestCaseError> {
    seen.sets.count(answer.verdict == Verdict::Set);
    seen.saves.count(answer.reason == Reason::Saves);
    seen.range.count(answer.near_ms.is_some());
    let lost: Vec<bool> = answer.curve.iter().map(|point| point.violations > 0).collect();
    seen.some_lose.count(lost.contains(&true) && lost.contains(&false));
    let chosen = answer.at(answer.timeout_ms).expect("it was tried");
    match answer.verdict {
        Verdict::Set => prop_assert!(chosen.allowed && chosen.violations == 0, "{answer:?}"),
        Verdict::Keep => prop_assert_eq!(answer.timeout_ms, answer.present_ms),
        Verdict::None => prop_assert!(answer.curve.iter().all(|point| !point.allowed)),
    }
    if answer.reason == Reason::Saves {
        prop_assert!(
            answer.saving_is_sure
                && answer.saving.is_some_and(|saving| saving.low.is_some_and(|low| low > 0.0))
        );
    }
    if let Some([from, to]) = answer.near_ms {
        let range = answer.curve.iter().filter(|point| (from..=to).contains(&point.timeout_ms));
        for point in range {
            prop_assert!(point.allowed && point.near && point.violations == 0, "{point:?}");
        }
    }
    for point in &answer.curve {
        prop_assert!(point.violations == 0 || !point.allowed);
        let (low, high) =
            (point.saving.low.unwrap_or(point.saving.value), point.saving.high.unwrap_or(point.saving.value));
        prop_assert!(low <= high, "{point:?}");
    }
    Ok(())
}

#[test]
fn a_timeout_that_loses_work_is_never_recommended_nor_in_the_range() {
    let seen = Seen::default();
    proptest!(config(300), |(
        trace in some_traffic(), setup in prop_oneof![1 => some_setup(), 2 => some_sound_setup()], horizon in some_horizon(), timeouts in some_timeouts(),
        present_ms in 1_000..400_000_u64, waiting in prop_oneof![Just(0.0), 0.0..1.0_f64]
    )| {
        let prices = prices(1.0);
        let question = Request { a_second_of_waiting: waiting, ..question(&prices, present_ms) };
        let answer = tune(&Job::new(&trace, &timeouts, &setup).horizon(horizon), &question);
        is_sound(&answer, &seen)?;
    });
    seen.sets.at_least(13);
    seen.saves.at_least(10);
    seen.range.at_least(60);
    seen.some_lose.at_least(20);
}

#[test]
fn bounds_are_kept() {
    let (seen, excludes, admits) = (Seen::default(), HowOften::default(), HowOften::default());
    proptest!(config(300), |(
        trace in some_traffic(), setup in prop_oneof![1 => some_setup(), 2 => some_sound_setup()], timeouts in some_timeouts(), delay_ms in 0..20_000_u64, wakes in 0.0..400.0_f64
    )| {
        let prices = prices(1.0);
        let bounded = Request {
            max_delay_ms_p99: Some(delay_ms),
            max_wakes_per_day: Some(wakes),
            ..question(&prices, 120_000)
        };
        let answer = tune(&Job::new(&trace, &timeouts, &setup), &bounded);
        is_sound(&answer, &seen)?;
        let (mut excluded, mut admitted) = (false, false);
        for point in &answer.curve {
            let within = point.delay_ms_p99 <= delay_ms && point.wakes_per_day <= wakes;
            excluded |= point.violations == 0 && !within;
            admitted |= point.violations == 0 && within;
            prop_assert_eq!(point.allowed, within && point.violations == 0, "{:?}; {}", point, REPEAT);
        }
        excludes.count(excluded);
        admits.count(admitted);
    });
    excludes.at_least(20);
    admits.at_least(45);
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn scaling_all_prices_scales_all_amounts_and_leaves_the_decision(
        trace in some_trace(), setup in some_setup(), timeouts in some_timeouts(), waiting in 0.0..1.0_f64
    ) {
        let (one, four) = (prices(1.0), prices(4.0));
        let of = |prices, waiting| {
            let question = Request { a_second_of_waiting: waiting, ..question(prices, 120_000) };
            tune(&Job::new(&trace, &timeouts, &setup), &question)
        };
        // Four is a power of two, so even rounding is the same.
        let (cheap, dear) = (of(&one, waiting), of(&four, 4.0 * waiting));
        prop_assert_eq!((cheap.verdict, cheap.timeout_ms, cheap.near_ms), (dear.verdict, dear.timeout_ms, dear.near_ms), "{}", REPEAT);
        for (cheap, dear) in cheap.curve.iter().zip(&dear.curve) {
            prop_assert_eq!(4.0 * cheap.cost, dear.cost, "{}", REPEAT);
        }
    }

    #[test]
    fn of_equal_costs_nothing_is_worth_a_change(cost in 0.0..10.0_f64, blocks in 7..40_usize, present in 0..4_usize) {
        let costs = Costs { blocks: vec![vec![cost; blocks]; 4], months: vec![0.1; blocks], busy_per_month: 0.0 };
        let field = Candidates { present, allowed: vec![true; 4], wakes: vec![9, 7, 5, 3] };
        prop_assert_eq!(field.choose(&costs.per_month(&vec![1; blocks])), Some(present));
        let found = interval(&costs, &field, (present + 1) % 4, IntervalMethod::CHOSEN, 1).unwrap();
        prop_assert_eq!((found.low, found.value, found.high), (0.0, 0.0, 0.0));
    }
}

/// Days of steady traffic.
fn steady(per_hour: u64, days: u64, seed: u64) -> Trace {
    let text = format!(
        r#"
        name = "desk"
        span = "{days}d"
        [[stream]]
        kind = "inbound"
        work = {{ dist = "lognormal", median = "40s", sigma = 1.0 }}
        arrivals = {{ process = "poisson", per_hour = {per_hour} }}
        "#
    );
    generate(&Spec::from_toml(&text, "desk.toml", &[]).unwrap(), seed).unwrap()
}

fn weeks() -> Trace {
    steady(3, 28, 1)
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (trace, prices, setup) = (weeks(), prices(1.0), Setup::new(Design::Dormouse));
    let question = Request { a_second_of_waiting: 0.1, ..question(&prices, 300_000) };
    let job = Job::new(&trace, &[60_000, 120_000, 600_000], &setup);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let answer = pool.install(|| tune(&job, &question));
        serde_json::to_string(&answer).unwrap()
    };
    assert_eq!(with(1), with(2));
    assert_eq!(with(1), with(16));
}

#[test]
fn a_wider_price_widens_the_interval_and_can_take_the_certainty_away() {
    let (trace, setup) = (weeks(), Setup::new(Design::Dormouse));
    let of = |low: f64| {
        let prices = Prices { running_per_hour: Between { low, high: 2.0 - low }, ..prices(1.0) };
        // The midpoint of the prices is the same, so the value is too.
        tune(&Job::new(&trace, &[120_000], &setup), &question(&prices, 600_000))
    };
    let (known, unknown) = (of(1.0), of(0.0));
    let (sharp, wide) = (known.saving.unwrap(), unknown.saving.unwrap());
    assert!((sharp.value - wide.value).abs() < 1e-9);
    assert!(wide.low.unwrap() < sharp.low.unwrap() && sharp.high.unwrap() < wide.high.unwrap());
    assert_eq!((known.verdict, unknown.verdict), (Verdict::Set, Verdict::Keep));
}

#[test]
fn each_warning_has_its_own_cause_and_no_other() {
    let kinds = |trace: &Trace| -> Vec<&'static str> {
        let (prices, setup) = (prices(1.0), Setup::new(Design::Dormouse));
        let answer = tune(&Job::new(trace, &[60_000], &setup), &question(&prices, 300_000));
        answer.warnings.iter().map(|warning| warning.kind).collect()
    };
    let sound = weeks();
    assert_eq!(kinds(&sound), [""; 0]);
    let with = |change: &dyn Fn(Event) -> Option<Event>| {
        let of =
            |instance: &Instance| Instance::new("desk", instance.events.iter().filter_map(change).collect());
        Trace { instances: sound.instances.iter().map(of).collect(), meta: Meta::default() }
    };
    const DAY: u64 = dormouse_text::DAY_MS;
    assert_eq!(kinds(&with(&|event| (event.at_ms < 7 * DAY).then_some(event))), ["too-little"]);
    assert_eq!(kinds(&with(&|event| Some(Event { work_ms: 0, ..event }))), ["no-durations"]);
    assert_eq!(
        kinds(&with(&|event| Some(Event { at_ms: event.at_ms / 60_000 * 60_000, ..event }))),
        ["minutes"]
    );
    // Half as many messages from the middle on.
    assert_eq!(
        kinds(&with(&|event| (event.at_ms < 14 * DAY || event.at_ms % 4 == 0).then_some(event))),
        ["drift"]
    );
    // A health check every two minutes.
    let mut probed = sound.clone();
    let probe = |n: u64| Event { at_ms: n * 120_000 + 77, kind: Kind::Probe, work_ms: 0 };
    probed.instances[0].events.extend((0..28 * 720).map(probe));
    assert_eq!(kinds(&probed), ["regular"]);
    // Another instance that becomes silent half-way.
    let mut silent = sound.clone();
    let first_half = sound.instances[0].events.iter().filter(|event| event.at_ms < 14 * DAY).collect();
    silent.instances.push(Instance::new("other", first_half));
    assert!(kinds(&silent).contains(&"censored"));
}

#[test]
fn a_small_saving_is_no_reason_to_change() {
    let trace = generate(&Spec::preset("team-week").unwrap(), 1).unwrap();
    let (prices, setup) = (prices(0.007), Setup::new(Design::Dormouse));
    let asked = |least_saving| {
        let question = Request { least_saving, ..question(&prices, 1_800_000) };
        tune(&Job::new(&trace, &[60_000], &setup), &question)
    };
    let sure = asked(0.0);
    let saved = sure.saving.unwrap().value;
    assert_eq!((sure.verdict, sure.reason), (Verdict::Set, Reason::Saves));
    assert_eq!(asked(saved).reason, Reason::Saves);
    let small = asked(saved * 1.01);
    assert_eq!((small.verdict, small.reason, small.timeout_ms), (Verdict::Keep, Reason::TooSmall, 1_800_000));
    assert!(small.saving_is_sure);
}
