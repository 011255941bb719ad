//! The census: what is in flight, by source.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use dormouse_core::{Source, Wall};
use dormouse_trace::Kind;

use crate::clock::Clock;
use crate::recorder::Recorder;

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
    recorder: Option<(Recorder, Kind)>,
    in_flight: AtomicU32,
    /// Wall of the last end, plus one; 0 for none.
    last_end: AtomicU64,
}

impl Work {
    /// A source with nothing in flight.
    #[must_use]
    pub fn new(kind: WorkKind, clock: Arc<dyn Clock>) -> Self {
        Self::made(kind, clock, None)
    }

    /// The same, and each item becomes a row of a recording when it ends; permanent tasks do not.
    #[must_use]
    pub fn recorded(kind: WorkKind, clock: Arc<dyn Clock>, recorder: Recorder) -> Self {
        let row = match kind {
            WorkKind::Turn => Some(Kind::Inbound),
            WorkKind::Cron => Some(Kind::Cron),
            WorkKind::Api => Some(Kind::Api),
            WorkKind::Background => Some(Kind::Background),
            WorkKind::Permanent => None,
        };
        Self::made(kind, clock, row.map(|row| (recorder, row)))
    }

    fn made(kind: WorkKind, clock: Arc<dyn Clock>, recorder: Option<(Recorder, Kind)>) -> Self {
        let (in_flight, last_end) = (AtomicU32::new(0), AtomicU64::new(0));
        Self { kind, shared: Arc::new(Shared { clock, recorder, in_flight, last_end }) }
    }

    /// An item starts; it is in flight until the guard is dropped, also by a panic.
    #[must_use = "the work is over when this is dropped"]
    pub fn begin(&self) -> InFlight {
        self.begin_after(0)
    }

    /// The same for an item that had waited `delay_ms` before: a recording has it at its arrival.
    #[must_use = "the work is over when this is dropped"]
    pub fn begin_after(&self, delay_ms: u64) -> InFlight {
        self.shared.in_flight.fetch_add(1, Ordering::AcqRel);
        let began = self.shared.clock.now().wall;
        InFlight { shared: Arc::clone(&self.shared), began, delay_ms }
    }
}

impl Work {
    /// An item that is counted, and that leaves no trace unless it turns out that it may begin.
    pub(crate) fn begin_unadmitted(&self) -> Unadmitted {
        // Ordered before the question that follows; the other side orders its own two the other way round.
        self.shared.in_flight.fetch_add(1, Ordering::SeqCst);
        Unadmitted { shared: Arc::clone(&self.shared), began: false }
    }
}

/// An item that waits for an answer; see [`Signals::begin`](crate::Signals::begin).
pub(crate) struct Unadmitted {
    shared: Arc<Shared>,
    began: bool,
}

impl Unadmitted {
    /// It begins, having waited since it came: a recording has it at its arrival.
    pub(crate) fn admitted(mut self, came: Wall) -> InFlight {
        self.began = true;
        let began = self.shared.clock.now().wall;
        InFlight { shared: Arc::clone(&self.shared), began, delay_ms: began.since(came) }
    }
}

impl Drop for Unadmitted {
    fn drop(&mut self) {
        if !self.began {
            self.shared.in_flight.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl WorkSource for Work {
    fn kind(&self) -> WorkKind {
        self.kind
    }

    fn read(&self) -> Source {
        // The end is written before the count falls, so whoever sees the count sees the end.
        let in_flight = self.shared.in_flight.load(Ordering::SeqCst);
        let last_end = self.shared.last_end.load(Ordering::Acquire).checked_sub(1).map(Wall::from_ms);
        Source { in_flight: Some(in_flight), last_end }
    }
}

/// An item in flight.
pub struct InFlight {
    shared: Arc<Shared>,
    began: Wall,
    delay_ms: u64,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let wall = self.shared.clock.now().wall;
        if let Some((recorder, kind)) = &self.shared.recorder {
            let arrived = Wall::from_ms(self.began.as_ms().saturating_sub(self.delay_ms));
            recorder.record(*kind, arrived, wall.since(self.began));
        }
        // The latest to end, not the latest time: after a wall clock went back, the next end sets it right.
        self.shared.last_end.store(wall.as_ms().saturating_add(1), Ordering::Release);
        self.shared.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}
