//! Scenario files and generators' files.

use dormouse_scenario::Scenario;
use dormouse_trace::generate::Spec;

use super::text::{assert_one_line, text};

/// The reader of scenario files. A scenario that was read comes back the same when it is written and read again. Its traffic is
/// not asked for: that may lie in any file.
pub fn scenario(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let found = match Scenario::from_toml(text, "x.toml") {
        Ok(found) => found,
        Err(error) => return assert_one_line(&error),
    };
    // TOML has no counts above 2^63: these can be read as text, and not be written.
    if let Ok(written) = found.to_toml() {
        assert_eq!(Scenario::from_toml(&written, "x.toml").expect("what was written can be read"), found);
    }
}

/// The reader of generators' files, with an override if the first line has one: `KEY=VALUE`. Nothing is generated: that may be
/// as much as anybody wants.
pub fn spec(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let first = text.split_once('\n').and_then(|(first, rest)| Some((first.split_once('=')?, rest)));
    let with_override = first.map(|(pair, rest)| Spec::from_toml(rest, "x.toml", &[pair]));
    for spec in [Some(Spec::from_toml(text, "x.toml", &[])), with_override].into_iter().flatten() {
        match spec {
            Ok(spec) => {
                // What is accepted can be asked about.
                let _ = (spec.span_ms(), spec.epoch_ms(), spec.instances());
            }
            Err(error) => assert_one_line(&error),
        }
    }
}
