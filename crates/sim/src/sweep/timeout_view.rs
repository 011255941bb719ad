//! One timeout's view of an instance's gaps.

use crate::rows::Counts;

use super::gaps::{Gap, Gaps};
use crate::run::{Part, Stretch, Stretches, run_in_stretches};
use crate::setup::Setup;

/// The gaps that one timeout sees, in order of time.
///
/// A longer timeout sees fewer gaps. With timeouts in ascending order, each [narrows](Self::narrow) the view of the previous
/// one, so a gap is not checked again once a timeout does not see it.
pub(crate) struct TimeoutView<'a> {
    all: &'a Gaps,
    seen: Vec<Gap>,
}

impl<'a> TimeoutView<'a> {
    /// The gaps that `timeout_ms` sees.
    pub(crate) fn new(all: &'a Gaps, timeout_ms: u64) -> Self {
        Self { all, seen: all.all.iter().filter(|gap| gap.reach_ms >= timeout_ms).copied().collect() }
    }

    /// Removes the gaps that `timeout_ms`, a longer timeout, does not see.
    pub(crate) fn narrow(&mut self, timeout_ms: u64) {
        self.seen.retain(|gap| gap.reach_ms >= timeout_ms);
    }

    /// Plays the gaps at the timeout of `setup`.
    pub(crate) fn play(&self, part: &Part<'_>, setup: &Setup) -> Counts {
        run_in_stretches(part, setup, &mut Ahead { all: self.all, gaps: &self.seen })
    }
}

/// The gaps that a run has not passed yet.
struct Ahead<'a> {
    all: &'a Gaps,
    gaps: &'a [Gap],
}

impl Stretches for Ahead<'_> {
    fn stretch(&mut self, from: usize) -> Stretch {
        let passed = self.gaps.iter().position(|gap| gap.stretch.to > from);
        // The last gap is after the last event, so there is always one ahead.
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
