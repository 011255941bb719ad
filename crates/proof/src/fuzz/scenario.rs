//! Scenario files and specifications of generators.

use dormouse_scenario::Scenario;
use dormouse_trace::generate::Spec;

use super::text::{assert_one_line, text};

/// The reader of scenario files. A scenario must survive writing and reading. Its traffic is not loaded, since
/// it may be in any file.
pub fn scenario(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let found = match Scenario::from_toml(text, "x.toml") {
        Ok(found) => found,
        Err(error) => return assert_one_line(&error),
    };
    // TOML has no integers above 2^63: such counts can be read from text but not written.
    if let Ok(written) = found.to_toml() {
        assert_eq!(Scenario::from_toml(&written, "x.toml").expect("what was written can be read"), found);
    }
}

/// The reader of specifications, with an override if the first line is one (`KEY=VALUE`). No traffic is
/// generated, since a specification can ask for any amount.
pub fn spec(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let first = text.split_once('\n').and_then(|(first, rest)| Some((first.split_once('=')?, rest)));
    let with_override = first.map(|(pair, rest)| Spec::from_toml(rest, "x.toml", &[pair]));
    for spec in [Some(Spec::from_toml(text, "x.toml", &[])), with_override].into_iter().flatten() {
        match spec {
            Ok(spec) => {
                // An accepted specification answers these queries.
                let _ = (spec.span_ms(), spec.epoch_ms(), spec.instances());
            }
            Err(error) => assert_one_line(&error),
        }
    }
}
