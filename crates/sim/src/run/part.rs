//! The part of an instance that is replayed.

use std::ops::Range;

use dormouse_trace::{Events, Instance, Kind};

use super::Span;

/// An instance within a span, with what a replay must know about its events before it starts. It can be used for any
/// number of replays.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(super) key: u64,
    pub(super) events: &'a Events,
    pub(super) span: Span,
    pub(super) first: usize,
    pub(super) last: usize,
    /// When the first message on a direct channel comes, if there is one.
    pub(super) direct_at: Option<u64>,
}

impl<'a> Part<'a> {
    /// The events of `instance` from the start of `span` to its end, both included.
    ///
    /// # Panics
    /// If the span ends before it starts.
    pub(crate) fn new(instance: &'a Instance, span: Span) -> Self {
        assert!(span.start_ms <= span.end_ms, "a span cannot end before it starts");
        let Instance { key, ref events, .. } = *instance;
        let first = events.at_ms().partition_point(|&at| at < span.start_ms);
        let last = events.at_ms().partition_point(|&at| at <= span.end_ms).max(first);
        Self { key, events, span, first, last, direct_at: first_direct(events, first..last) }
    }

    /// All events of the instance.
    pub(crate) const fn events(&self) -> &'a Events {
        self.events
    }

    /// The range of the events that are replayed.
    pub(crate) const fn range(&self) -> Range<usize> {
        self.first..self.last
    }

    /// The span.
    pub(crate) const fn span(&self) -> Span {
        self.span
    }
}

/// When the first message on a direct channel comes, if there is one.
fn first_direct(events: &Events, range: Range<usize>) -> Option<u64> {
    let is_direct = |kind: &Kind| *kind == Kind::Direct;
    let (at_ms, kinds) = (&events.at_ms()[range.clone()], &events.kinds()[range]);
    // Usually there is none. Without an early exit the compiler compares sixteen kinds per instruction.
    let mut blocks = kinds.chunks(1024).zip(at_ms.chunks(1024));
    let (kinds, at_ms) =
        blocks.find(|(kinds, _)| kinds.iter().fold(false, |any, kind| any | is_direct(kind)))?;
    kinds.iter().position(is_direct).map(|i| at_ms[i])
}
