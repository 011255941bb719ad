//! The setting to paste, in the platform's own syntax.

use dormouse_decide::tune::{Decision, Verdict};
use dormouse_sim::platform::Platform;

use super::text::min;

/// The setting as a paragraph; empty if there is nothing to set.
pub(crate) fn paste(answer: &Decision, platform: &Platform) -> String {
    if answer.verdict != Verdict::Set {
        return String::new();
    }
    let to = min(answer.timeout_ms);
    match platform.set_to(answer.timeout_ms).and_then(|set| set.paste) {
        Some(paste) => {
            let lines: String = paste.lines().map(|line| format!("    {line}\n")).collect();
            format!("\nTo paste, for {to} on {}:\n\n{lines}", platform.title)
        }
        None => {
            format!("\nNothing to paste: how {} is told a timeout of {to} is not known.\n", platform.title)
        }
    }
}

/// The values nearest to `timeouts_ms` that the platform accepts, ascending and without duplicates.
pub(crate) fn settable(timeouts_ms: &[u64], platform: &Platform) -> Vec<u64> {
    let nearest = |&ms: &u64| platform.set_to(ms).map_or(ms, |set| set.timeout_ms).max(1);
    let mut settable: Vec<u64> = timeouts_ms.iter().map(nearest).collect();
    settable.sort_unstable();
    settable.dedup();
    settable
}
