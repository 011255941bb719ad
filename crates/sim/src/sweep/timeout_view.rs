//! One timeout's view of an instance's gaps.

use dormouse_rows::Counts;

use super::gaps::{Gap, Gaps};
use crate::setup::Setup;
use crate::run::{Part, Stretch, Stretches, run_in_stretches};

/// The gaps that one timeout sees, in order of time.
///
/// A longer timeout sees fewer of them: views in ascending order of timeouts each [`narrow`](Self::narrow) what the one
/// before has left, so that all of them together look at no gap more often than it is seen.
pub(crate) struct TimeoutView<'a> {
    all: &'a Gaps,
    seen: Vec<Gap>,
}

impl<'a> TimeoutView<'a> {
    /// The gaps that `timeout_ms` sees.
    pub(crate) fn new(all: &'a Gaps, timeout_ms: u64) -> Self {
        Self { all, seen: all.all.iter().filter(|gap| gap.reach_ms >= timeout_ms).copied().collect() }
    }

    /// Forgets the gaps that `timeout_ms`, which is longer, does not see.
    pub(crate) fn narrow(&mut self, timeout_ms: u64) {
        self.seen.retain(|gap| gap.reach_ms >= timeout_ms);
    }

    /// Plays the gaps, at the timeout of `setup`.
    pub(crate) fn play(&self, part: &Part<'_>, setup: &Setup) -> Counts {
        run_in_stretches(part, setup, &mut Ahead { all: self.all, gaps: &self.seen })
    }
}

/// The gaps that lie ahead of a run.
struct Ahead<'a> {
    all: &'a Gaps,
    gaps: &'a [Gap],
}

impl Stretches for Ahead<'_> {
    fn stretch(&mut self, from: usize) -> Stretch {
        let passed = self.gaps.iter().position(|gap| gap.stretch.to > from);
        // The last gap lies behind the last event, so there always is one ahead.
        self.gaps = &self.gaps[passed.unwrap_or(self.gaps.len() - 1)..];
        self.gaps[0].stretch
    }

    fn only_messages_from(&self) -> usize {
        self.all.only_messages_from
    }

    fn users(&self) -> u64 {
        self.all.users
    }
}
