//! One run of a scenario.

use dormouse_sim::rows::{Class, Counts, Violation};
use dormouse_sim::{LogEvent, Setup, Span, Stamp, Ticks, run};
use dormouse_trace::Instance;

use crate::Expect;

/// One instance and one setup, with the expected verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioCase {
    /// The traffic.
    pub instance: Instance,
    /// The replayed span.
    pub span: Span,
    /// The watcher and its world.
    pub setup: Setup,
    /// The expected verdict.
    pub expect: Expect,
}

/// The result of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The counts, with sorted delays.
    pub counts: Counts,
    /// Each case of missed work, in the order in which the auditor found it.
    pub violations: Vec<Violation>,
    /// Differences from the expectation, one per line; empty: the verdict is as expected.
    pub mismatches: Vec<String>,
}

impl ScenarioCase {
    /// Plays the case.
    #[must_use]
    pub fn play(&self) -> Outcome {
        self.watch(|_, _| {})
    }

    /// Plays the case; `seen` is called with every event.
    pub fn watch(&self, mut seen: impl FnMut(Stamp, LogEvent)) -> Outcome {
        let mut violations = Vec::new();
        let mut counts = run(
            &self.instance,
            self.span,
            &self.setup,
            Ticks::ThatMatter,
            &mut |stamp: Stamp, event: LogEvent| {
                if let LogEvent::Violation(violation) = event {
                    violations.push(violation);
                }
                seen(stamp, event);
            },
        );
        counts.delays.sort();
        let mismatches = self.expect.mismatches(&counts);
        Outcome { counts, violations, mismatches }
    }
}

impl Outcome {
    /// Is the verdict as expected?
    #[must_use]
    pub fn stands(&self) -> bool {
        self.mismatches.is_empty()
    }

    /// The classes of missed work that occurred, each with its count.
    pub fn missed(&self) -> impl Iterator<Item = (Class, u64)> + '_ {
        Class::ALL
            .into_iter()
            .map(|class| (class, self.counts.violations[class as usize]))
            .filter(|&(_, n)| n > 0)
    }
}
