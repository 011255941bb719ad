//! Policies in the full simulation.

use dormouse_core::Design;
use dormouse_core::policy::{Asked, Gap, Plan, Policy};
use dormouse_decide::policy::fixed::Fixed;
use dormouse_decide::policy::{Compare, Recipe, TraceGaps};
use dormouse_proof::cases::{
    config, some_events, some_horizon, some_setup, some_span, some_timeout, some_timeouts, some_trace,
};
use dormouse_sim::rows::{Class, Counts, WakeCause};
use dormouse_sim::{Horizon, Job, Line, Setup, Span, Stamp, Ticks, run, run_with_policy};
use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};
use proptest::prelude::*;

const REPEAT: &str = "repeat: cargo test -p dormouse-decide --test it world";
use dormouse_text::HOUR_MS;

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn a_fixed_policy_is_the_plain_replay_to_the_last_integer(
        events in some_events(), setup in some_setup(), other in some_timeout(), timeout_ms in some_timeout(), choice: u8
    ) {
        let instance = Instance::new("law", events);
        let span = some_span(&instance.events, choice);
        let with = |idle_timeout_ms| Setup { settings: setup.settings.with_idle_timeout_ms(idle_timeout_ms), ..setup.clone() };
        let (mut log, mut plain_log) = (Vec::new(), Vec::new());
        let plain = run(&instance, span, &with(timeout_ms), Ticks::ThatMatter, &mut |stamp: Stamp, event| {
            plain_log.push(Line(stamp, event).to_string());
        });
        // The setup's own timeout does not matter: the policy's applies from the start.
        let chosen = run_with_policy(&instance, span, &with(other), &mut Fixed::at(timeout_ms), &mut |stamp: Stamp, event| {
            log.push(Line(stamp, event).to_string());
        });
        prop_assert_eq!(log, plain_log, "{}", REPEAT);
        prop_assert_eq!(chosen, plain, "{}", REPEAT);
    }

    #[test]
    fn fixed_timeouts_that_are_compared_have_the_totals_of_the_job(
        trace in some_trace(), setup in some_setup(), timeouts in some_timeouts(), horizon in some_horizon()
    ) {
        let recipes: Vec<Recipe> = timeouts.iter().map(|&ms| Recipe::Fixed(ms)).collect();
        let known = TraceGaps::of(&trace, horizon, 60_000, 1);
        let compared: Vec<Counts> =
            Compare::new(&known, &setup, &recipes).outcomes().into_iter().map(|outcome| outcome.counts).collect();
        let totals = Job::new(&trace, &timeouts, &setup).horizon(horizon).totals();
        prop_assert_eq!(compared, totals, "{}", REPEAT);
    }
}

fn message(at_ms: u64) -> Event {
    Event { at_ms, kind: Kind::Inbound, work_ms: 0 }
}

fn trace(events: Events) -> Trace {
    Trace { instances: vec![Instance::new("me", events)], meta: Meta::default() }
}

fn outcome(
    trace: &Trace,
    setup: &Setup,
    recipe: Recipe,
    wake_cost_ms: u64,
) -> dormouse_decide::policy::PolicyResult {
    let known = TraceGaps::of(trace, Horizon::Common, wake_cost_ms, 1);
    Compare::new(&known, setup, &[recipe]).outcomes().remove(0)
}

#[test]
fn a_policy_that_sleeps_on_work_is_caught_by_the_auditor() {
    // The first design does not see cron jobs: these take ten minutes.
    let job = |n: u64| Event { at_ms: n * HOUR_MS, kind: Kind::Cron, work_ms: 600_000 };
    let (trace, setup) = (trace((1..6).map(job).collect()), Setup::new(Design::SelfSuspend));
    let mut blind = setup.clone();
    blind.settings.switches.count_cron = false;
    let frozen = |setup: &Setup, recipe| {
        outcome(&trace, setup, recipe, 60_000).counts.violations[Class::FrozenWork as usize]
    };
    assert!(frozen(&blind, Recipe::NeverKeep) > 0);
    assert_eq!(frozen(&blind, Recipe::AlwaysOn), 0);
    assert_eq!(frozen(&setup, Recipe::NeverKeep), 0);
}

#[test]
fn not_to_sleep_where_that_is_the_plan_is_no_violation_and_to_overstay_the_plan_is_one() {
    let trace = trace([message(0), message(20 * HOUR_MS)].into_iter().collect());
    let overstays = |setup: &Setup, recipe| {
        outcome(&trace, setup, recipe, 60_000).counts.violations[Class::NeverSleeps as usize]
    };
    let mut setup = Setup::new(Design::Dormouse);
    assert_eq!(overstays(&setup, Recipe::AlwaysOn), 0);
    setup.settings.switches.ignore_permanent_tasks = false;
    assert_eq!(overstays(&setup, Recipe::AlwaysOn), 0);
    assert_eq!(overstays(&setup, Recipe::Fixed(120_000)), 1);
}

#[test]
fn a_prewarm_before_a_regular_message_avoids_the_delay() {
    // One message an hour; the histogram has learnt that after ten messages.
    let trace = trace((0..100).map(|n| message(n * HOUR_MS)).collect());
    let setup = Setup::new(Design::Dormouse);
    let counts = outcome(&trace, &setup, Recipe::Histogram, 60_000).counts;
    assert_eq!(counts.delays.delayed(), 0);
    assert_eq!(counts.violations_total(), 0);
    let own = counts.wakes[WakeCause::Other as usize];
    assert_eq!((own, counts.wakes.iter().sum::<u64>()), (90 - 1, 90 - 1));
    let kept = outcome(&trace, &setup, Recipe::BreakEven, 60_000).counts;
    assert!(kept.delays.delayed() > 90);
}

#[test]
fn the_oracle_stays_awake_only_for_arrivals_that_come_soon() {
    let at = |n: u64| n / 2 * HOUR_MS + n % 2 * 45_000;
    let trace = trace((2..100).map(|n| message(at(n))).collect());
    let setup = Setup::new(Design::Dormouse);
    let oracle = outcome(&trace, &setup, Recipe::Oracle, 60_000);
    assert_eq!(oracle.counts.wakes[WakeCause::Inbound as usize], 49);
    for recipe in Recipe::all().into_iter().filter(|recipe| !recipe.is_clairvoyant()) {
        let other = outcome(&trace, &setup, recipe.clone(), 60_000);
        assert!(oracle.cost_ms <= other.cost_ms, "{recipe}: {} < {}", other.cost_ms, oracle.cost_ms);
    }
}

#[test]
fn the_days_add_up_and_the_number_of_threads_changes_no_bit() {
    let instance = |i: u64| {
        Instance::new(
            format!("i{i}"),
            (0..400).map(|n| message(n * (1_700_000 + 90_007 * i) + n * n)).collect(),
        )
    };
    let trace = Trace { instances: (0..3).map(instance).collect(), meta: Meta::default() };
    let (known, setup) = (TraceGaps::of(&trace, Horizon::Common, 60_000, 1), Setup::new(Design::Dormouse));
    let recipes = Recipe::all();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Compare::new(&known, &setup, &recipes).outcomes())
    };
    let one = with(1);
    let idle_ms: u64 =
        known.gaps().iter().map(|(gaps, rest)| gaps.iter().map(|gap| gap.ms()).sum::<u64>() + rest).sum();
    for outcome in &one {
        let wakes: u64 = outcome.counts.wakes.iter().sum();
        let cost = idle_ms as i64 - outcome.counts.suspended_ms as i64 + wakes as i64 * 60_000;
        assert_eq!(outcome.cost_ms, cost, "{}", outcome.recipe);
        assert!(outcome.daily_ms.len() > 5);
    }
    assert_eq!(one, with(2));
    assert_eq!(one, with(16));
}

/// The experiment file of SimFaaS: real measurements of one instance on a public cloud with an expiry of 600 s.
/// Columns: rate per second, probability of a cold start, one standard error.
const COLD: [(f64, f64, f64); 6] = [
    (0.001863, 0.3430, 0.0318),
    (0.002458, 0.2108, 0.0371),
    (0.002882, 0.1454, 0.0242),
    (0.003453, 0.1101, 0.0228),
    (0.004248, 0.0795, 0.0124),
    (0.005725, 0.0383, 0.0062),
];

/// The full simulation reproduces the six measured cold-start probabilities: exponential gaps, an expiry of 600
/// s that is checked every second, and no other latency. Theory: exp(−600 · rate).
#[test]
fn the_six_measured_cold_start_probabilities_are_reproduced() {
    let mut setup = Setup::new(Design::Current);
    for (name, value) in [
        ("tick_ms", "1000"),
        ("settle_ms", "0"),
        ("cooldown_ms", "0"),
        ("freeze_lag_ms", "0"),
        ("resume_ms", "0"),
        ("poke_cooldown_ms", "0"),
        ("poke_ms", "0"),
        ("going_idle_rtt_ms", "0"),
        ("close_ms", "0"),
        ("lever_call_ms", "0"),
        ("dial_ms", "0"),
    ] {
        setup.set(name, value).unwrap();
    }
    for (i, (rate, cold, error)) in COLD.into_iter().enumerate() {
        let draws = dormouse_sim::Draws::new(7, i as u64);
        let n = 20_000_u64;
        let mut at = 0.0;
        let arrivals: Events = (0..n)
            .map(|ordinal| {
                at -= libm::log1p(-draws.share(dormouse_sim::What::Policy, ordinal)) / rate * 1000.0;
                message(at as u64)
            })
            .collect();
        let span = Span { start_ms: 0, end_ms: at as u64 + 1 };
        let counts = run_with_policy(
            &Instance::new("poisson", arrivals),
            span,
            &setup,
            &mut Fixed::at(600_000),
            &mut (),
        );
        let share = counts.wakes[WakeCause::Inbound as usize] as f64 / n as f64;
        // Theory is within 1.5 standard errors of all six; the sample must be within four of its own, plus a
        // second for the tick.
        let theory = libm::exp(-600.0 * rate);
        let own = libm::sqrt(theory * (1.0 - theory) / n as f64);
        assert!((share - theory).abs() < 4.0 * own + rate, "{rate}: {share} against {theory}");
        assert!((share - cold).abs() < 1.5 * error, "{rate}: {share} against {cold} ± {error}");
    }
}

/// Records the gaps that it is told.
struct Told(Vec<(u64, u64)>);

impl Policy for Told {
    fn gap(&mut self, gap: Gap) {
        self.0.push((gap.began.as_ms(), gap.ended.as_ms()));
    }

    fn plan(&self, _: Asked) -> Plan {
        Plan::keep_alive(60_000)
    }
}

#[test]
fn a_gap_ends_once_however_many_come_before_the_machine_is_up() {
    let turn = |at_ms| Event { at_ms, kind: Kind::Inbound, work_ms: 5_000 };
    let mut setup = Setup::new(Design::Dormouse);
    setup.set("resume_ms", "400").unwrap();
    // One turn while asleep, two within the resume, one during their work, one while asleep again.
    let events = [HOUR_MS, HOUR_MS + 100, HOUR_MS + 4_000, 2 * HOUR_MS].map(turn);
    let span = Span { start_ms: 0, end_ms: 3 * HOUR_MS };
    let mut told = Told(Vec::new());
    run_with_policy(&Instance::new("me", events.into_iter().collect()), span, &setup, &mut told, &mut ());
    // The third turn, of 5 s, ends last; the first two were handled 870 ms late: poke, resume, dial.
    assert_eq!(told.0, [(0, HOUR_MS), (HOUR_MS + 9_000, 2 * HOUR_MS)]);
}
