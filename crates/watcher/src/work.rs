//! The census: what is in flight, by source.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use dormouse_core::{Source, Wall};

use crate::clock::Clock;

/// What a source's work is; the watcher's switches tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkKind {
    /// Agent work started by a message.
    Turn,
    /// Cron jobs.
    Cron,
    /// Runs started over HTTP.
    Api,
    /// Background jobs, for instance delegated agents.
    Background,
    /// Service tasks that live as long as the process.
    Permanent,
}

impl WorkKind {
    /// Every kind: `ALL[k as usize] == k`.
    pub const ALL: [Self; 5] = [Self::Turn, Self::Cron, Self::Api, Self::Background, Self::Permanent];

    /// The name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Cron => "cron",
            Self::Api => "api",
            Self::Background => "background",
            Self::Permanent => "permanent",
        }
    }
}

/// One source of work.
pub trait WorkSource: Send + Sync {
    /// What its work is.
    fn kind(&self) -> WorkKind;

    /// What is in flight, now. [`Source::UNREADABLE`] if it cannot be read, which counts as busy.
    fn read(&self) -> Source;
}

/// A ready-made source: [`begin`](Self::begin) when an item starts, drop the guard when it ended.
///
/// ```
/// use std::sync::Arc;
/// use dormouse_watcher::{SystemClock, Work, WorkSource, work::WorkKind};
/// let turns = Work::new(WorkKind::Turn, Arc::new(SystemClock::new()));
/// let turn = turns.begin();
/// assert_eq!(turns.read().in_flight, Some(1));
/// drop(turn);
/// assert_eq!(turns.read().in_flight, Some(0));
/// assert!(turns.read().last_end.is_some());
/// ```
#[derive(Clone)]
pub struct Work {
    kind: WorkKind,
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    in_flight: AtomicU32,
    /// Wall of the last end, plus one; 0 for none.
    last_end: AtomicU64,
}

impl Work {
    /// A source with nothing in flight.
    #[must_use]
    pub fn new(kind: WorkKind, clock: Arc<dyn Clock>) -> Self {
        Self {
            kind,
            shared: Arc::new(Shared { clock, in_flight: AtomicU32::new(0), last_end: AtomicU64::new(0) }),
        }
    }

    /// An item starts; it is in flight until the guard is dropped, also by a panic.
    #[must_use = "the work is over when this is dropped"]
    pub fn begin(&self) -> InFlight {
        self.shared.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight(Arc::clone(&self.shared))
    }
}

impl WorkSource for Work {
    fn kind(&self) -> WorkKind {
        self.kind
    }

    fn read(&self) -> Source {
        // The end is written before the count falls, so whoever sees the count sees the end.
        let in_flight = self.shared.in_flight.load(Ordering::Acquire);
        let last_end = self.shared.last_end.load(Ordering::Acquire).checked_sub(1).map(Wall::from_ms);
        Source { in_flight: Some(in_flight), last_end }
    }
}

/// An item in flight.
pub struct InFlight(Arc<Shared>);

impl Drop for InFlight {
    fn drop(&mut self) {
        let wall = self.0.clock.now().wall.as_ms();
        self.0.last_end.fetch_max(wall.saturating_add(1), Ordering::AcqRel);
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}
