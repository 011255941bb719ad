//! Laws over random traffic, designs, worlds and faults.

use dormouse_core::{Design, Switches};
use dormouse_rows::Counts;
use dormouse_sim::{Event as Happening, Horizon, Setup, Span, Stamp, Sweep, Ticks, oracle_suspended_ms, run};
use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};
use proptest::prelude::*;

use crate::common::logged;

/// The command that repeats a failure: proptest keeps its seed in `proptest-regressions/` beside the tests.
const REPEAT: &str = "repeat: cargo test -p dormouse-sim --test it laws";

/// Up to 40 events: gaps from nothing to ten minutes, half of them close to the moments that matter.
fn some_events() -> impl Strategy<Value = Events> {
    let gap = prop_oneof![
        3 => 0..600_000_u64,
        2 => 0..2_000_u64,
        2 => (0..8_u64, 0..700_u64).prop_map(|(ticks, off)| ticks * 30_000 + off),
        1 => Just(0),
    ];
    let kind = prop_oneof![
        6 => Just(Kind::Inbound),
        1 => Just(Kind::Cron),
        1 => Just(Kind::Api),
        2 => Just(Kind::Background),
        1 => Just(Kind::Client),
        1 => Just(Kind::Probe),
        1 => Just(Kind::Internal),
    ];
    let work = prop_oneof![2 => Just(0), 2 => 0..10_000_u64, 3 => 0..400_000_u64];
    let direct = prop_oneof![9 => Just(false), 1 => Just(true)];
    (proptest::collection::vec((gap, kind, work), 0..40), direct).prop_map(|(events, direct)| {
        let mut at_ms = 0;
        let last = events.len();
        let at = |(i, (gap, kind, work_ms)): (usize, (u64, Kind, u64))| {
            at_ms += gap;
            // One trace in ten has a direct platform that connects half-way.
            Event { at_ms, kind: if direct && i > last / 2 { Kind::Direct } else { kind }, work_ms }
        };
        events.into_iter().enumerate().map(at).collect()
    })
}

fn some_faults() -> impl Strategy<Value = Vec<(String, String)>> {
    let names = [
        "lost_going_idle",
        "lost_ack",
        "lever_refused",
        "lever_timeout",
        "slow_freeze",
        "poke_failed",
        "poke_lost",
        "dial_failed",
        "lost_snapshot",
        "unreadable_source",
        "clock_lag",
        "lost_entry_ack",
    ];
    let value = prop_oneof![Just("0.3".to_owned()), (0..3_000_000_u64).prop_map(|at| format!("[{at}]"))];
    let one = (proptest::sample::select(names.to_vec()), value)
        .prop_map(|(name, value)| (format!("faults.{name}"), value));
    prop_oneof![2 => Just(Vec::new()), 1 => proptest::collection::vec(one, 1..4)]
}

fn some_parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    let set = |name: &'static str, values: &'static [&'static str]| {
        proptest::sample::select(values).prop_map(move |value| (name.to_owned(), value.to_owned()))
    };
    let one = prop_oneof![
        set("lever", &["direct", "brokered", "none"]),
        set("platform_timer", &["true"]),
        set("mono_stands_still", &["false"]),
        set("http_while_suspending", &["fails"]),
        set("cron_wakes", &["false"]),
        set("wake_url", &["false"]),
        set("repoke_ms", &["20000"]),
        set("buffer_limit", &["2"]),
        set("dedupe", &["false"]),
        set("tick_ms", &["7000", "1"]),
        set("heartbeat_throttle_ms", &["20000"]),
        set("cooldown_ms", &["0", "500000"]),
        set("freeze_lag_ms", &["0", "20000", "{ exponential = { mean_ms = 3000 } }"]),
        set("resume_ms", &["0", "20000", "{ lognormal = { median_ms = 400, sigma = 0.5 } }"]),
        set("dial_ms", &["0", "5000"]),
    ];
    proptest::collection::vec(one, 0..3)
}

fn some_switches() -> impl Strategy<Value = Vec<(String, String)>> {
    let one = (proptest::sample::select(Switches::NAMES), any::<bool>())
        .prop_map(|(name, on)| (name.to_owned(), on.to_string()));
    proptest::collection::vec(one, 0..3)
}

fn some_setup() -> impl Strategy<Value = Setup> {
    let timeout = prop_oneof![1..20_000_u64, 1..400_000_u64, Just(60_000), Just(120_000)];
    let design = proptest::sample::select(Design::ALL.to_vec());
    (design, timeout, some_parameters(), some_switches(), some_faults(), any::<u64>()).prop_map(
        |(design, idle_timeout_ms, parameters, switches, faults, seed)| {
            let mut setup = Setup { seed, ..Setup::new(design) };
            setup.settings.idle_timeout_ms = idle_timeout_ms;
            for (name, value) in parameters.iter().chain(&switches).chain(&faults) {
                setup.set(name, value).unwrap();
            }
            setup
        },
    )
}

/// From the start, or a little later, to the last end of work, or an hour more, or half-way.
fn some_span(events: &Events, choice: u8) -> Span {
    let end = events.end_of_work_ms();
    match choice % 4 {
        0 => Span { start_ms: 0, end_ms: end },
        1 => Span { start_ms: 0, end_ms: end + 3_600_000 },
        2 => Span { start_ms: 0, end_ms: end / 2 },
        _ => Span { start_ms: events.first_at_ms().unwrap_or(0), end_ms: end },
    }
}

/// 3,000 cases; `PROPTEST_CASES` asks for more.
fn cases() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(3000), max_global_rejects: 1 << 20, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn playing_the_ticks_that_matter_comes_to_the_same_as_playing_every_tick(
        events in some_events(), setup in some_setup(), choice: u8
    ) {
        let instance = Instance::new("law", events);
        let span = some_span(&instance.events, choice);
        // A tick of a millisecond over hours is 10^7 ticks: too many for the plain way.
        prop_assume!(setup.settings.tick_ms > 1 || span.end_ms < 600_000);
        let (log, counts) = logged(&instance, span, &setup, Ticks::ThatMatter);
        let (every_log, every_counts) = logged(&instance, span, &setup, Ticks::Every);
        prop_assert_eq!(log, every_log, "{}", REPEAT);
        prop_assert_eq!(counts, every_counts, "{}", REPEAT);
    }

    #[test]
    fn awake_and_suspended_time_add_up_and_every_arrival_is_accounted_for(
        events in some_events(), setup in some_setup(), choice: u8
    ) {
        let instance = Instance::new("law", events);
        let span = some_span(&instance.events, choice);
        let (log, counts) = logged(&instance, span, &setup, Ticks::ThatMatter);
        let (again, _) = logged(&instance, span, &setup, Ticks::ThatMatter);
        prop_assert_eq!(log, again, "{}", REPEAT);
        prop_assert_eq!(counts.awake_ms + counts.suspended_ms, span.end_ms - span.start_ms);
        prop_assert!(counts.wakes.iter().sum::<u64>() <= counts.suspends);
        // Handled once or lost: nothing falls between.
        let lost = counts.violations[dormouse_rows::Class::LostInbound as usize];
        prop_assert_eq!(counts.delays.count() + lost, counts.user_arrivals, "{}", REPEAT);
    }

    #[test]
    fn no_watcher_that_loses_nothing_beats_the_clairvoyant(
        events in some_events(), mut setup in some_setup(), choice: u8
    ) {
        // A message that lies while nobody wakes the machine is missed work from the first millisecond on, here.
        setup.world.stranded_ms = 0;
        let instance = Instance::new("law", events);
        let span = some_span(&instance.events, choice);
        let mut dropped_clients = 0;
        let counts = run(&instance, span, &setup, Ticks::ThatMatter, &mut |_: Stamp, event: Happening| {
            if let Happening::Frozen { clients } = event {
                dropped_clients += clients;
            }
        });
        let oracle = oracle_suspended_ms(&instance.events, span, &setup.world);
        prop_assert!(oracle <= span.end_ms - span.start_ms);
        if counts.violations_total() == 0 && dropped_clients == 0 {
            prop_assert!(counts.suspended_ms <= oracle, "{} > {oracle}; {REPEAT}", counts.suspended_ms);
        }
    }
}

/// Three different instances.
fn fleet() -> Trace {
    let instance = |i: u64| {
        let event = |n: u64| Event {
            at_ms: n * (40_000 + 17_011 * i) + n * n % 977 * 400,
            kind: Kind::ALL[((n * 7 + i) % 6) as usize],
            work_ms: n * 7919 % 90_000,
        };
        Instance::new(format!("i{i}"), (0..300).map(event).collect())
    };
    Trace { instances: (0..3).map(instance).collect(), meta: Meta::default() }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let trace = fleet();
    let timeouts: Vec<u64> = (1..20).map(|i| i * 20_000).collect();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let setup = Setup::new(Design::Current);
        pool.install(|| Sweep::new(&trace, &timeouts, &setup, Horizon::Common).totals())
    };
    let one = with(1);
    assert!(one.iter().any(|counts| counts.suspends > 10), "a sweep in which nothing happens proves nothing");
    assert_eq!(one, with(2));
    assert_eq!(one, with(16));
}

#[test]
fn the_instances_add_up_to_the_total_whatever_the_partition() {
    let (trace, timeouts, setup) = (fleet(), [60_000, 300_000], Setup::new(Design::Dormouse));
    let sweep = Sweep::new(&trace, &timeouts, &setup, Horizon::Common);
    let (totals, each) = (sweep.totals(), sweep.per_instance());
    for order in [[0, 1, 2], [2, 0, 1]] {
        let mut sum = vec![Counts::default(); timeouts.len()];
        for i in order {
            sum.iter_mut().zip(&each[i]).for_each(|(sum, counts)| sum.merge(counts));
        }
        sum.iter_mut().for_each(|counts| counts.delays.sort());
        assert_eq!(sum, totals);
    }
}
