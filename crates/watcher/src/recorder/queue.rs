//! The recorder's front: a bounded queue to the thread that writes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use dormouse_core::Wall;
use dormouse_trace::Kind;

use super::files::{Files, Line, RecorderConfig};
use crate::work::{WorkKind, WorkLog};

/// The most rows that may wait for the disk.
const QUEUE: usize = 4096;

/// The recording cannot begin.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}; give the recorder a folder that it may write to")]
pub struct RecorderError {
    path: String,
    source: io::Error,
}

/// Records. Cheap to clone; the file is closed when the last clone is dropped.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    /// `None` only while it is dropped.
    queue: Option<SyncSender<Line>>,
    thread: Option<JoinHandle<()>>,
    epoch: Wall,
    early: AtomicU64,
    dropped: Arc<AtomicU64>,
    unremoved: Arc<AtomicU64>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Recorder {
    /// Begins a new file in the folder. Its times count from `epoch`, in ms since 1970: the gateway's wall clock now.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn open(config: RecorderConfig, epoch: Wall) -> Result<Self, RecorderError> {
        let dropped = Arc::new(AtomicU64::new(0));
        let unremoved = Arc::new(AtomicU64::new(0));
        let path = config.dir.display().to_string();
        let fail = |source| RecorderError { path: path.clone(), source };
        let files = Files::open(config, epoch, Arc::clone(&unremoved)).map_err(fail)?;
        let (queue, lines) = sync_channel(QUEUE);
        let counted = Arc::clone(&dropped);
        let thread = std::thread::Builder::new()
            .name("flight recorder".to_owned())
            .spawn(move || files.write(&lines, &counted))
            .map_err(fail)?;
        let (queue, thread, early) = (Some(queue), Some(thread), AtomicU64::new(0));
        Ok(Self { shared: Arc::new(Shared { queue, thread, epoch, early, dropped, unremoved }) })
    }

    /// Records an arrival at `at` whose work, if any, took `work_ms` and has ended. One from before the epoch is recorded at the
    /// epoch.
    pub fn record(&self, kind: Kind, at: Wall, work_ms: u64) {
        let early_ms = self.shared.epoch.since(at);
        if early_ms > 0 {
            self.shared.early.fetch_add(1, Ordering::Relaxed);
            self.note(at, format!("{kind} arrived {early_ms} before this recording"));
        }
        self.send(Line::Row { at, kind, work_ms });
    }

    /// The number of arrivals from before the epoch, which are recorded at the epoch.
    #[must_use]
    pub fn early(&self) -> u64 {
        self.shared.early.load(Ordering::Relaxed)
    }

    /// The number of rows and comments that could not be written.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// The number of old files that should have been removed and could not be.
    #[must_use]
    pub fn unremoved(&self) -> u64 {
        self.shared.unremoved.load(Ordering::Relaxed)
    }

    /// A comment at `at`.
    pub(super) fn note(&self, at: Wall, text: String) {
        self.send(Line::Note { at, text });
    }

    fn send(&self, line: Line) {
        let sent = self.shared.queue.as_ref().is_some_and(|queue| queue.try_send(line).is_ok());
        if !sent {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl WorkLog for Recorder {
    /// Records a row. Permanent tasks have none.
    fn ended(&self, kind: WorkKind, arrived: Wall, work_ms: u64) {
        let kind = match kind {
            WorkKind::Turn => Kind::Inbound,
            WorkKind::Cron => Kind::Cron,
            WorkKind::Api => Kind::Api,
            WorkKind::Background => Kind::Background,
            WorkKind::Permanent => return,
        };
        self.record(kind, arrived, work_ms);
    }
}
