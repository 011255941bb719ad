//! Laws over random setups and traffic.

use dormouse_core::Design;
use dormouse_proof::cases::{config, some_events, some_setup, some_timeout};
use dormouse_scenario::{Cure, Scenario};
use dormouse_sim::Setup;
use proptest::prelude::*;

/// The command that repeats a failure; proptest stores its seed in `proptest-regressions/`.
const REPEAT: &str = "repeat: cargo test -p dormouse-scenario --test it laws";

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn what_a_search_found_is_written_read_and_played_to_the_same_verdict(
        events in some_events(), setup in some_setup(), timeout in some_timeout(), design in 0..5_usize
    ) {
        let setup = Setup { seed: setup.seed >> 1, settings: setup.settings.with_idle_timeout_ms(timeout), ..setup };
        let horizon = events.end_of_work_ms() + 600_000;
        let mut scenario = Scenario::found(Design::ALL[design], &setup, events, horizon);
        scenario.title = "found".into();
        scenario.story = "a search".into();
        scenario.cure = Some(Cure { watcher: Some(Design::Dormouse), ..Cure::default() });
        let text = scenario.to_toml().unwrap();
        let read = Scenario::from_toml(&text, "found.toml").unwrap();
        prop_assert_eq!(&Scenario { origin: "found.toml".into(), ..scenario }, &read, "{}\n{}", text, REPEAT);
        prop_assert_eq!(&read.defect().unwrap().setup, &setup, "{}\n{}", text, REPEAT);
        prop_assert_eq!(read.defect().unwrap().play().mismatches, [""; 0], "{}\n{}", text, REPEAT);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-z_ =\\[\\]\"0-9.\n]{0,200}") {
        let _ = Scenario::from_toml(&text, "x.toml");
    }
}
