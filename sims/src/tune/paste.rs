//! The setting to paste.

use dormouse_report::numbers::minutes;
use dormouse_tune::{Answer, Verdict};

/// The gateway's setting, as a paragraph. Nothing where nothing is to be set.
pub(crate) fn paste(answer: &Answer) -> String {
    if answer.verdict != Verdict::Set {
        return String::new();
    }
    let timeout = minutes(answer.timeout_ms as f64 / 60_000.0).replace(',', "");
    format!("\nTo paste:\n\n    idle_timeout_minutes: {timeout}\n")
}
