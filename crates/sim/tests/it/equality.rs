//! The sweep gives the same counts as the replay.

use dormouse_core::Design;
use dormouse_sim::rows::{Class, Counts};
use dormouse_sim::{Engine, Job, Setup};
use dormouse_trace::{Event, Instance, Kind, Meta, Trace};
use proptest::prelude::*;

use crate::common::{fixed_with, instance};
use dormouse_proof::cases::{config, some_horizon, some_setup, some_timeouts, some_trace};

/// The command that repeats a failure: proptest keeps the seed of each failure in a file next to this one.
const REPEAT: &str = "repeat: cargo test -p dormouse-sim --test it equality";

/// A duration in ms from `2^from` to below `2^to`, where each power of two is as likely.
fn some_magnitude(from: u32, to: u32) -> impl Strategy<Value = u64> {
    (from..to, any::<u64>()).prop_map(|(power, rest)| (1 << power) + rest % (1 << power))
}

/// An instance with gaps of a quarter of a second to an hour, most of which some timeouts sleep through and others do not.
fn some_sparse_trace() -> impl Strategy<Value = Trace> {
    let kind = prop_oneof![
        9 => Just(Kind::Inbound),
        1 => Just(Kind::Cron),
        1 => Just(Kind::Api),
        1 => Just(Kind::Background),
        1 => Just(Kind::Probe),
    ];
    let work = prop_oneof![1 => Just(0), 2 => some_magnitude(4, 17)];
    let client = prop_oneof![4 => Just(None), 1 => some_magnitude(8, 22).prop_map(Some)];
    (proptest::collection::vec((some_magnitude(8, 22), kind, work), 2..60), client).prop_map(
        |(events, client)| {
            let mut at_ms = 0;
            let mut events: Vec<Event> = events
                .into_iter()
                .map(|(gap_ms, kind, work_ms)| {
                    at_ms += gap_ms;
                    Event { at_ms, kind, work_ms }
                })
                .collect();
            events.extend(client.map(|at_ms| Event { at_ms, kind: Kind::Client, work_ms: 70_000 }));
            Trace { instances: vec![Instance::new("a", events.into_iter().collect())], meta: Meta::default() }
        },
    )
}

/// Up to forty timeouts of half a second to an hour, some of them equal or neighbours.
fn some_many_timeouts() -> impl Strategy<Value = Vec<u64>> {
    let timeout = prop_oneof![4 => some_magnitude(9, 22), 1 => Just(120_000), 1 => 119_990..120_010_u64];
    proptest::collection::vec(timeout, 1..40)
}

/// Mostly a design as it is, in a world without faults.
fn some_design() -> impl Strategy<Value = Setup> {
    let design = proptest::sample::select(Design::ALL.to_vec()).prop_map(Setup::new);
    prop_oneof![2 => Just(Setup::new(Design::Dormouse)), 2 => design, 1 => some_setup()]
}

/// Runs on one thread, where all timeouts are in one group. More threads divide the timeouts of a few instances.
fn on_one_thread<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread").install(run)
}

/// The counts of each instance, and their sums.
fn counted(job: &Job<'_>) -> (Vec<Vec<Counts>>, Vec<Counts>) {
    (job.per_instance(), job.totals())
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn every_count_of_every_timeout_equals_the_replay(
        trace in some_trace(), timeouts in some_timeouts(), setup in some_setup(), horizon in some_horizon()
    ) {
        let job = Job::new(&trace, &timeouts, &setup).horizon(horizon);
        prop_assert_eq!(counted(&job), counted(&job.engine(Engine::Replay)), "{}", REPEAT);
    }

    #[test]
    fn timeouts_that_part_and_meet_again_equal_the_replay(
        trace in some_sparse_trace(), timeouts in some_many_timeouts(), setup in some_design(), horizon in some_horizon()
    ) {
        let job = Job::new(&trace, &timeouts, &setup).horizon(horizon);
        let together = on_one_thread(|| job.per_instance());
        prop_assert_eq!(&together, &job.engine(Engine::Replay).per_instance(), "{}", REPEAT);
        prop_assert_eq!(&together, &job.per_instance(), "{}", REPEAT);
    }
}

#[test]
fn a_gateway_that_stays_up_for_long_after_a_message_overstays_where_it_is_not_idle() {
    // It stays up for 200 s after the message that woke it. At the timeout of 1 ms, 180 s are allowed.
    let events = "500 inbound | 520 probe | 699 inbound | 699 inbound | 699 inbound";
    let trace = Trace { instances: vec![instance(events)], meta: Meta::default() };
    let setup = fixed_with(Design::Dormouse, 0, &[("stay_ms", "200000")]);
    let job = Job::new(&trace, &[1, 60_000], &setup);
    let totals = job.totals();
    assert_eq!(totals, job.engine(Engine::Replay).totals());
    // The first time is before the first attempt, at 210 s.
    let overstays = |i: usize| totals[i].violations[Class::NeverSleeps as usize];
    assert_eq!((overstays(0), overstays(1)), (2, 0));
}

#[test]
fn a_timeout_that_falls_asleep_earlier_than_another_may_freeze_work_that_the_other_does_not() {
    // The shortest timeout looks again while the API run, which this watcher does not count, still goes on.
    let events = [
        (14_367, Kind::Inbound, 0),
        (15_282, Kind::Inbound, 0),
        (94_535, Kind::Api, 34_331),
        (105_630, Kind::Inbound, 0),
        (236_702, Kind::Inbound, 0),
    ];
    let events = events.into_iter().map(|(at_ms, kind, work_ms)| Event { at_ms, kind, work_ms }).collect();
    let trace = Trace { instances: vec![Instance::new("a", events)], meta: Meta::default() };
    let mut setup = Setup { seed: 8_092_195_975_796_988_803, ..Setup::new(Design::Fenced) };
    assert!(setup.settings.switches.set("count_api", false));
    let job = Job::new(&trace, &[512, 44_719, 59_581], &setup);
    let totals = on_one_thread(|| job.totals());
    assert_eq!(totals, job.engine(Engine::Replay).totals());
    assert_eq!(totals[0].violations[Class::FrozenWork as usize], 1);
}

#[test]
fn a_run_that_is_stopped_after_the_horizon_notes_its_end_once() {
    // The resume takes 20 s, so the machine runs again after the horizon, and the sweep stops there before it plays on.
    let trace = Trace { instances: vec![instance("0.256 inbound | 2.98 probe")], meta: Meta::default() };
    let parameters =
        [("platform_timer", "true"), ("platform_check_ms", "700"), ("resume_ms", "20000"), ("lever", "none")];
    let setup = fixed_with(Design::Phase0, 0, &parameters);
    let job = Job::new(&trace, &[512, 512, 512], &setup);
    assert_eq!(on_one_thread(|| job.totals()), job.engine(Engine::Replay).totals());
}
