//! The work in flight, by kind: what the watcher counts before it lets the machine sleep.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use dormouse_core::{Source, Wall};

use crate::clock::Clock;

/// The kind of a source's work. The watcher's switches distinguish them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
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
    /// The kind of its work.
    fn kind(&self) -> WorkKind;

    /// What is in flight now. [`Source::UNREADABLE`] if that cannot be read, which counts as busy.
    fn read(&self) -> Source;
}

/// Receives every item of work when it ends: the flight recorder, or a log of your own.
pub trait WorkLog: Send + Sync + 'static {
    /// An item has ended. It arrived at `arrived` and took `work_ms` of wall time.
    fn ended(&self, kind: WorkKind, arrived: Wall, work_ms: u64);
}

/// A ready-made source: call [`begin`](Self::begin) when an item starts, and drop the guard when it ends.
///
/// ```
/// use std::sync::Arc;
/// use dormouse_watcher::{SystemClock, Work, WorkKind, WorkSource};
///
/// let turns = Work::new(WorkKind::Turn, Arc::new(SystemClock::new()));
/// let turn = turns.begin();
/// assert_eq!(turns.read().in_flight, Some(1));
/// drop(turn);
/// assert_eq!(turns.read().in_flight, Some(0));
/// assert!(turns.read().last_end.is_some());
/// ```
#[derive(Clone)]
pub struct Work {
    shared: Arc<Shared>,
}

struct Shared {
    kind: WorkKind,
    clock: Arc<dyn Clock>,
    log: Option<Box<dyn WorkLog>>,
    in_flight: AtomicU32,
    /// Wall time of the last end, plus one; 0 for none.
    last_end: AtomicU64,
}

impl Work {
    /// A source with nothing in flight.
    #[must_use]
    pub fn new(kind: WorkKind, clock: Arc<dyn Clock>) -> Self {
        Self::with_log(kind, clock, None)
    }

    /// A source whose items are passed to `log` when they end.
    #[must_use]
    pub fn recorded(kind: WorkKind, clock: Arc<dyn Clock>, log: impl WorkLog) -> Self {
        Self::with_log(kind, clock, Some(Box::new(log)))
    }

    fn with_log(kind: WorkKind, clock: Arc<dyn Clock>, log: Option<Box<dyn WorkLog>>) -> Self {
        let (in_flight, last_end) = (AtomicU32::new(0), AtomicU64::new(0));
        Self { shared: Arc::new(Shared { kind, clock, log, in_flight, last_end }) }
    }

    /// An item starts. It is in flight until the guard is dropped, which a panic does too.
    #[must_use = "the work is over when this is dropped"]
    pub fn begin(&self) -> InFlight {
        self.begin_after(0)
    }

    /// An item starts that arrived `delay_ms` ago. In a log it has the time of its arrival.
    #[must_use = "the work is over when this is dropped"]
    pub fn begin_after(&self, delay_ms: u64) -> InFlight {
        self.shared.in_flight.fetch_add(1, Ordering::AcqRel);
        let began = self.shared.clock.now().wall;
        InFlight { shared: Arc::clone(&self.shared), began, delay_ms }
    }

    /// An item that is counted, but leaves no trace unless it is admitted.
    pub(crate) fn begin_unadmitted(&self) -> Unadmitted {
        // Ordered before the check that follows. The watcher does the two in the opposite order.
        self.shared.in_flight.fetch_add(1, Ordering::SeqCst);
        Unadmitted { shared: Arc::clone(&self.shared), began: false }
    }
}

/// An item that may have to wait; see [`Signals::begin`](crate::Signals::begin).
pub(crate) struct Unadmitted {
    shared: Arc<Shared>,
    began: bool,
}

impl Unadmitted {
    /// The item starts. It has waited since `came`; in a log it has that time.
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
        self.shared.kind
    }

    fn read(&self) -> Source {
        // The end is written before the count falls, so a reader that sees the lower count sees the end too.
        let in_flight = self.shared.in_flight.load(Ordering::SeqCst);
        let last_end = self.shared.last_end.load(Ordering::Acquire).checked_sub(1).map(Wall::from_ms);
        Source::new(Some(in_flight), last_end)
    }
}

/// An item in flight, until it is dropped.
pub struct InFlight {
    shared: Arc<Shared>,
    began: Wall,
    delay_ms: u64,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let wall = self.shared.clock.now().wall;
        if let Some(log) = &self.shared.log {
            let arrived = Wall::from_ms(self.began.as_ms().saturating_sub(self.delay_ms));
            log.ended(self.shared.kind, arrived, wall.since(self.began));
        }
        // The last one to end, not the latest time: if the wall clock was set back, the next end corrects it.
        self.shared.last_end.store(wall.as_ms().saturating_add(1), Ordering::Release);
        self.shared.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}
