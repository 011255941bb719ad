//! Plays a case with an observer that records everything.

use dormouse_report::Timeline;
use dormouse_scenario::{Outcome, Scenario, ScenarioCase};
use dormouse_sim::{Line, LogEvent, Stamp};
use dormouse_text::duration_text;

use crate::timeline::Seen;

/// The recording of a case.
pub(super) struct Watched {
    pub(super) outcome: Outcome,
    /// Every event, in order.
    pub(super) log: Vec<(Stamp, LogEvent)>,
    /// The timeline of the whole run.
    pub(super) timeline: Timeline,
}

/// Plays the case and records it.
pub(super) fn watch(scenario: &Scenario, case: &ScenarioCase) -> Watched {
    let (mut log, mut seen) = (Vec::new(), Seen::from(case.span.start_ms));
    let outcome = case.watch(|stamp, event| {
        log.push((stamp, event));
        seen.see(stamp, event);
    });
    seen.end(case.span.end_ms);
    let timeout = duration_text(case.setup.settings.idle_timeout_ms);
    let title = format!("{} · watcher {}, idle timeout {timeout}", scenario.name(), scenario.watcher);
    Watched { outcome, log, timeline: seen.timeline(title, case.span.start_ms, case.span.end_ms) }
}

impl Watched {
    /// The log lines around each case of missed work: `context` lines before its beginning and before the moment
    /// it was found, and half as many after. A line of dots marks an omission.
    pub(super) fn around(&self, context: usize) -> Vec<String> {
        let mut shown = vec![false; self.log.len()];
        for (i, (stamp, event)) in self.log.iter().enumerate() {
            let LogEvent::Violation(violation) = event else { continue };
            // A violation that is established at its end began earlier, and vice versa.
            let began = if violation.at_ms < stamp.wall_ms {
                violation.at_ms
            } else {
                violation.at_ms.saturating_sub(violation.held_ms)
            };
            let first = self.log.partition_point(|(stamp, _)| stamp.wall_ms < began);
            for anchor in [first, i] {
                let to = (anchor + context / 2 + 1).min(shown.len());
                shown[anchor.saturating_sub(context).min(to)..to].fill(true);
            }
        }
        let mut lines = Vec::new();
        for (i, &(stamp, event)) in self.log.iter().enumerate() {
            if shown[i] {
                lines.push(Line(stamp, event).to_string());
            } else if i == 0 || shown[i - 1] {
                lines.push("         ...".to_owned());
            }
        }
        lines
    }
}
