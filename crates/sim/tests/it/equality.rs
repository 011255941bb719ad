//! The sweep gives the same counts as the replay.

use dormouse_sim::{Engine, Job};
use proptest::prelude::*;

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
