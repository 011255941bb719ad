//! A case, played with somebody who remembers everything.

use dormouse_report::Timeline;
use dormouse_scenario::{Case, Outcome, Scenario};
use dormouse_sim::{Line, LogEvent, Stamp};
use dormouse_text::duration_text;

use crate::timeline::Seen;

/// What somebody saw who watched a case.
pub(super) struct Watched {
    pub(super) outcome: Outcome,
    /// Everything that happened, in order.
    pub(super) log: Vec<(Stamp, LogEvent)>,
    /// The whole run, to be drawn.
    pub(super) timeline: Timeline,
}

/// Plays the case and remembers.
pub(super) fn watch(scenario: &Scenario, case: &Case) -> Watched {
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
    /// The lines of the log around each case of missed work: `context` before and half as many after its beginning and the
    /// moment it was found. What is left out between two of them is a line of dots.
    pub(super) fn around(&self, context: usize) -> Vec<String> {
        let mut shown = vec![false; self.log.len()];
        for (i, (stamp, event)) in self.log.iter().enumerate() {
            let LogEvent::Violation(violation) = event else { continue };
            // What is established at its end began before, and the other way round.
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
