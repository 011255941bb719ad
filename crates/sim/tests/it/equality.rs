//! The sweep gives the same counts as the replay.

use dormouse_core::Design;
use dormouse_sim::rows::Class;
use dormouse_sim::{Engine, Job};
use dormouse_trace::{Meta, Trace};
use proptest::prelude::*;

use crate::common::{fixed_with, instance};
use dormouse_proof::cases::{config, some_horizon, some_setup, some_timeouts, some_trace};

/// The command that repeats a failure: proptest keeps the seed of each failure in a file next to this one.
const REPEAT: &str = "repeat: cargo test -p dormouse-sim --test it equality";

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn every_count_of_every_timeout_equals_the_replay(
        trace in some_trace(), timeouts in some_timeouts(), setup in some_setup(), horizon in some_horizon()
    ) {
        let job = Job::new(&trace, &timeouts, &setup).horizon(horizon);
        prop_assert_eq!(job.per_instance(), job.engine(Engine::Replay).per_instance(), "{}", REPEAT);
    }

    #[test]
    fn the_totals_equal_the_replay(
        trace in some_trace(), timeouts in some_timeouts(), setup in some_setup(), horizon in some_horizon()
    ) {
        let job = Job::new(&trace, &timeouts, &setup).horizon(horizon);
        prop_assert_eq!(job.totals(), job.engine(Engine::Replay).totals(), "{}", REPEAT);
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
