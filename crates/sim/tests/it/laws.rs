//! Laws over random traffic, designs, worlds and faults.

use dormouse_core::Design;
use dormouse_sim::rows::Counts;
use dormouse_sim::{Engine, Job, LogEvent, Setup, Stamp, Ticks, oracle_suspended_ms, run};
use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};
use proptest::prelude::*;

use crate::common::logged;
use dormouse_proof::cases::{
    HowOften, config, some_bursts, some_events, some_setup, some_sound_setup, some_span, some_timeout,
};

/// The command that repeats a failure: proptest keeps its seed in `proptest-regressions/` next to the tests.
const REPEAT: &str = "repeat: cargo test -p dormouse-sim --test it laws";

/// A setup with a timeout.
fn some_timed_setup() -> impl Strategy<Value = Setup> {
    (some_setup(), some_timeout()).prop_map(|(mut setup, timeout_ms)| {
        setup.settings.idle_timeout_ms = timeout_ms;
        setup
    })
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn playing_the_ticks_that_matter_comes_to_the_same_as_playing_every_tick(
        events in some_events(), setup in some_timed_setup(), choice: u8
    ) {
        let instance = Instance::new("law", events);
        let span = some_span(&instance.events, choice);
        // A tick of a millisecond over hours gives 10^7 ticks, too many to play them all.
        prop_assume!(setup.settings.tick_ms > 1 || span.end_ms < 600_000);
        let (log, counts) = logged(&instance, span, &setup, Ticks::ThatMatter);
        let (every_log, every_counts) = logged(&instance, span, &setup, Ticks::Every);
        let differs = log.iter().zip(&every_log).position(|(a, b)| a != b).unwrap_or(log.len().min(every_log.len()));
        let shown = |log: &[String]| log[differs.saturating_sub(8)..log.len().min(differs + 3)].join("\n");
        prop_assert!(log == every_log, "{}\nevery tick:\n{}\n{}", shown(&log), shown(&every_log), REPEAT);
        prop_assert_eq!(counts, every_counts, "{}", REPEAT);
    }

    #[test]
    fn events_that_ask_for_nothing_change_nothing_for_the_clairvoyant(
        traffic in some_bursts(), setup in some_timed_setup(), choice: u8, every in 1..70_usize
    ) {
        // Blocks of messages only are summed up by other code than mixed blocks. This compares the two.
        let span = some_span(&traffic, choice);
        let mixed: Events = traffic
            .iter()
            .enumerate()
            .flat_map(|(i, event)| {
                let internal = Event { kind: Kind::Internal, ..event };
                std::iter::once(event).chain((i % every == 0).then_some(internal))
            })
            .collect();
        let oracle = |events: &Events| oracle_suspended_ms(events, span, &setup.world);
        prop_assert_eq!(oracle(&mixed), oracle(&traffic), "{}", REPEAT);
    }

    #[test]
    fn the_changes_from_a_design_make_the_setup(setup in some_setup()) {
        for design in Design::ALL {
            let mut again = Setup { seed: setup.seed, ..Setup::new(design) };
            again.set_all(&setup.changes_from(design)).unwrap();
            again.settings.idle_timeout_ms = setup.settings.idle_timeout_ms;
            prop_assert_eq!(&again, &setup, "{}", REPEAT);
        }
    }

    #[test]
    fn awake_and_suspended_time_add_up_and_every_arrival_is_accounted_for(
        events in some_events(), setup in some_timed_setup(), choice: u8
    ) {
        let instance = Instance::new("law", events);
        let span = some_span(&instance.events, choice);
        let (log, counts) = logged(&instance, span, &setup, Ticks::ThatMatter);
        let (again, _) = logged(&instance, span, &setup, Ticks::ThatMatter);
        prop_assert_eq!(log, again, "{}", REPEAT);
        prop_assert_eq!(counts.awake_ms + counts.suspended_ms, span.end_ms - span.start_ms);
        prop_assert!(counts.wakes.iter().sum::<u64>() <= counts.suspends);
        // Each user-visible arrival is either handled once or lost.
        let lost = counts.violations[dormouse_sim::rows::Class::LostInbound as usize];
        prop_assert_eq!(counts.delays.count() + lost, counts.user_arrivals, "{}", REPEAT);
    }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn arrivals_count_as_user_visible_by_their_kind_alone(
        events in some_events(), setup in some_timed_setup(), choice: u8
    ) {
        let instance = Instance::new("law", events);
        let span = some_span(&instance.events, choice);
        let mut user_visible = 0;
        let counts = run(&instance, span, &setup, Ticks::ThatMatter, &mut |_: Stamp, event: LogEvent| {
            if let LogEvent::Arrived { kind, .. } = event {
                user_visible += u64::from(kind.is_user_visible());
            }
        });
        prop_assert_eq!(counts.user_arrivals, user_visible, "{}", REPEAT);
    }
}

#[test]
fn no_watcher_that_loses_nothing_beats_the_clairvoyant() {
    let sleeps_and_loses_nothing = HowOften::default();
    let setup = prop_oneof![some_timed_setup(), some_sound_setup()];
    proptest!(config(3000), |(events in some_events(), mut setup in setup, choice: u8)| {
        // A message is missed work here as soon as it has waited without a wake for longer than a poke takes.
        setup.world.stranded_ms = setup.world.poke_ms.longest_ms();
        let instance = Instance::new("law", events);
        let span = some_span(&instance.events, choice);
        let mut dropped_clients = 0;
        let counts = run(&instance, span, &setup, Ticks::ThatMatter, &mut |_: Stamp, event: LogEvent| {
            if let LogEvent::Frozen { clients } = event {
                dropped_clients += clients;
            }
        });
        let oracle = oracle_suspended_ms(&instance.events, span, &setup.world);
        prop_assert!(oracle <= span.end_ms - span.start_ms);
        let loses_nothing = counts.violations_total() == 0 && dropped_clients == 0;
        if sleeps_and_loses_nothing.count(loses_nothing && counts.suspended_ms > 0) {
            prop_assert!(counts.suspended_ms <= oracle, "{} > {oracle}; {REPEAT}", counts.suspended_ms);
        }
    });
    sleeps_and_loses_nothing.at_least(14);
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
    let setup = Setup::new(Design::Current);
    for engine in Engine::ALL {
        let job = Job::new(&trace, &timeouts, &setup).engine(engine);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| job.totals())
        };
        let one = with(1);
        assert!(
            one.iter().any(|counts| counts.suspends > 10),
            "a job in which nothing happens proves nothing"
        );
        assert_eq!(one, with(2));
        assert_eq!(one, with(16));
    }
}

#[test]
fn the_instances_add_up_to_the_total_whatever_the_partition() {
    let (trace, timeouts, setup) = (fleet(), [60_000, 300_000], Setup::new(Design::Dormouse));
    let job = Job::new(&trace, &timeouts, &setup);
    let (totals, each) = (job.totals(), job.per_instance());
    for order in [[0, 1, 2], [2, 0, 1]] {
        let mut sum = vec![Counts::default(); timeouts.len()];
        for i in order {
            sum.iter_mut().zip(&each[i]).for_each(|(sum, counts)| sum.merge(counts));
        }
        sum.iter_mut().for_each(|counts| counts.delays.sort());
        assert_eq!(sum, totals);
    }
}
