//! The flight recorder: what a gateway sees, as a trace that can be replayed.
//!
//! A recording is a [trace](dormouse_trace) like any other: one row an arrival, written when its work ended. What the watcher
//! did stands in comments between the rows. The instance's name is hashed, and no text is ever written.
//!
//! ```text
//! # dormouse-trace v1 epoch_ms=1767567600000 recorded
//! instance,at_ms,kind,work_ms
//! 9f86d081884c7d65,30612345,inbound,18000
//! # 30752345 quiesce
//! # 30752555 suspend
//! # 31002345 slept 245840
//! # 31002395 woke inbound
//! ```
//!
//! What had arrived before the recording began, and was handled in it, stands at 0 with a comment that says by how much it was
//! earlier, and is counted in [`early`](Recorder::early): its work was done in here, so leaving it out would show an idle gateway.
//!
//! Cron fires, API runs, jobs and turns are recorded by [`Work::recorded`](crate::Work::recorded). The watcher's
//! [`observer`](Recorder::observer) adds probes, and clients from their first heartbeat to their last; several that are
//! attached at once are one row.
//!
//! The files of an instance are numbered in the order in which they were begun. A row is written when its work ended, so work
//! may stand in a later file than what arrived after it: whoever replays a recording gives all of its files, which are one trace.
//!
//! Nothing waits for the disk: rows go through a bounded queue to a thread of their own, which flushes whenever the queue is
//! empty. What does not fit, or cannot be written, is counted in [`dropped`](Recorder::dropped) and said once. After a crash
//! the last line may be torn, which the reader of traces knows; work that was in flight is not in the file.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use dormouse_core::Wall;
use dormouse_trace::Kind;

use crate::observer::Observer;

mod clients;
mod files;
mod notes;

use files::Files;
use notes::Notes;

/// Rows that may wait for the disk.
const QUEUE: usize = 4096;

/// Where and how much is recorded.
#[derive(Debug, Clone)]
pub struct RecorderConfig {
    /// The folder; it is made if it is not there.
    pub dir: PathBuf,
    /// The instance's name; only its hash is written.
    pub instance: String,
    /// A file that is longer is closed, and the next one begun.
    pub max_bytes: u64,
    /// How many files of this instance are kept; at least one, the one that is written. What other instances recorded in the
    /// same folder is not counted, and left alone.
    pub keep: usize,
}

/// The recording cannot begin.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}; give the recorder a folder that it may write to")]
pub struct RecorderError {
    path: String,
    source: io::Error,
}

enum Line {
    Row { at: Wall, kind: Kind, work_ms: u64 },
    Note { at: Wall, text: String },
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
    /// Begins a new file in the folder. Times in it count from `epoch`, in ms since 1970: the gateway's wall clock now.
    ///
    /// # Errors
    /// If the file cannot be made.
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

    /// An arrival at `at` whose work, if any, took `work_ms` and is over. One from before the epoch is recorded at the epoch.
    pub fn record(&self, kind: Kind, at: Wall, work_ms: u64) {
        let early_ms = self.shared.epoch.since(at);
        if early_ms > 0 {
            self.shared.early.fetch_add(1, Ordering::Relaxed);
            self.send(Line::Note { at, text: format!("{kind} arrived {early_ms} before this recording") });
        }
        self.send(Line::Row { at, kind, work_ms });
    }

    /// Arrivals from before the epoch, which are recorded at the epoch.
    #[must_use]
    pub fn early(&self) -> u64 {
        self.shared.early.load(Ordering::Relaxed)
    }

    /// Rows and notes that could not be written.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Old files that should have gone and could not be removed.
    #[must_use]
    pub fn unremoved(&self) -> u64 {
        self.shared.unremoved.load(Ordering::Relaxed)
    }

    /// An observer that writes down what the watcher does, and rows for what it sees besides work: probes and clients.
    #[must_use]
    pub fn observer(&self) -> Box<dyn Observer> {
        Box::new(Notes::new(self.clone()))
    }

    /// A comment at `at`.
    fn note(&self, at: Wall, text: String) {
        self.send(Line::Note { at, text });
    }

    fn send(&self, line: Line) {
        let sent = self.shared.queue.as_ref().is_some_and(|queue| queue.try_send(line).is_ok());
        if !sent {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}
