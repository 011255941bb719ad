//! Command-line values: timeouts and parameters.

use dormouse_core::{ConfigValue, Design, MAX_IDLE_TIMEOUT_MS, parse_idle_timeout};
use dormouse_sim::Setup;
use dormouse_text::timeouts::{Timeouts, timeout_ms};
use dormouse_text::{Bare, duration_ms, duration_text};

use super::text::{assert_one_line, text};

/// The parsers of timeouts and durations, and that of the timeout in a gateway's settings, which accepts any text.
pub fn timeouts(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match text.parse() {
        Ok(Timeouts(ms)) => {
            assert!((1..=100_000).contains(&ms.len()), "{} timeouts", ms.len());
            assert!(ms.is_sorted_by(|a, b| a < b), "they do not ascend");
            assert!(ms[0] > 0, "a timeout of nothing");
        }
        Err(error) => assert_one_line(&error),
    }
    if let Err(error) = timeout_ms(text) {
        assert_one_line(&error);
    }
    match duration_ms(text, Bare::Refused, &(0..=MAX_IDLE_TIMEOUT_MS)) {
        Ok(ms) => {
            let written = duration_text(ms);
            assert_eq!(duration_ms(&written, Bare::Refused, &(ms..=ms)), Ok(ms), "{written}");
        }
        Err(error) => assert_one_line(&error),
    }
    assert!((1..=MAX_IDLE_TIMEOUT_MS).contains(&parse_idle_timeout(ConfigValue::Text(text), 120_000)));
}

/// Parameters by name: each line `NAME=VALUE` by itself, and the whole text as a TOML table. A refused value
/// must change nothing, and an accepted world must survive writing and reading.
pub fn parameters(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut setup = Setup::new(Design::Dormouse);
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        let before = setup.clone();
        if let Err(error) = setup.set(name.trim(), value) {
            assert_one_line(&error);
            assert_eq!(setup, before, "refused, and yet changed");
        }
    }
    assert_comes_back(&setup);
    let Ok(table) = text.parse::<toml::Table>() else { return };
    let mut setup = Setup::new(Design::Dormouse);
    if let Err(error) = setup.set_all(&table) {
        assert_one_line(&error);
    }
    assert_comes_back(&setup);
}

fn assert_comes_back(setup: &Setup) {
    let written = setup.world.to_string().parse().expect("a world is a TOML table");
    let mut again = Setup { settings: setup.settings, ..Setup::new(Design::Dormouse) };
    again.set_all(&written).expect("a world that was accepted is accepted again");
    assert_eq!(&again, setup);
}
