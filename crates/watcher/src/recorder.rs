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
//! Nothing waits for the disk: rows go through a bounded queue to a thread of their own, which flushes whenever the queue is
//! empty. What does not fit, or cannot be written, is counted in [`dropped`](Recorder::dropped) and said once. After a crash
//! the last line may be torn, which the reader of traces knows; work that was in flight is not in the file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use dormouse_core::{Command, Phase, Wall};
use dormouse_trace::{Instance, Kind};

use crate::driver::Event;
use crate::metrics::reason;
use crate::observer::{Observer, Seen};

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
    /// How many files are kept; at least one.
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
        let fail = |source| RecorderError { path: config.dir.display().to_string(), source };
        fs::create_dir_all(&config.dir).map_err(fail)?;
        let mut files =
            Files { config: config.clone(), epoch, next: 0, current: None, pending: 0, said: false };
        files.begin().map_err(fail)?;
        let (queue, lines) = sync_channel(QUEUE);
        let counted = Arc::clone(&dropped);
        let thread = std::thread::Builder::new()
            .name("flight recorder".to_owned())
            .spawn(move || files.write(&lines, &counted))
            .map_err(fail)?;
        let (queue, thread, early) = (Some(queue), Some(thread), AtomicU64::new(0));
        Ok(Self { shared: Arc::new(Shared { queue, thread, epoch, early, dropped }) })
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

    /// An observer that writes down what the watcher does.
    #[must_use]
    pub fn observer(&self) -> Box<dyn Observer> {
        Box::new(Notes { recorder: self.clone(), at: Wall::ZERO })
    }

    fn send(&self, line: Line) {
        let sent = self.shared.queue.as_ref().is_some_and(|queue| queue.try_send(line).is_ok());
        if !sent {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The files of a recording, on the thread that writes them.
struct Files {
    config: RecorderConfig,
    epoch: Wall,
    /// Number of the next file.
    next: u64,
    current: Option<Current>,
    /// Lines since the last flush.
    pending: u64,
    said: bool,
}

/// The file that is written.
struct Current {
    file: BufWriter<File>,
    /// Its length, with what is not flushed.
    bytes: u64,
    /// Its length at the last flush: whole lines.
    flushed: u64,
}

impl Current {
    /// Without what came after the last flush, of which half a line may be on the disk. `None` if the file is beyond that.
    fn rewind(self) -> Option<Self> {
        let (file, _) = self.file.into_parts();
        file.set_len(self.flushed).ok()?;
        Some(Self { file: BufWriter::new(file), bytes: self.flushed, flushed: self.flushed })
    }
}

impl Files {
    fn write(mut self, lines: &Receiver<Line>, dropped: &AtomicU64) {
        let instance = format!("{:016x}", Instance::key_of(&self.config.instance));
        while let Ok(first) = lines.recv() {
            let mut waiting = Some(first);
            let mut written = Ok(());
            while let Some(line) = waiting {
                self.pending += 1;
                written = written.and_then(|()| self.line(&instance, &line));
                waiting = lines.try_recv().ok();
            }
            if let Err(error) = written.and_then(|()| self.flush()) {
                dropped.fetch_add(std::mem::take(&mut self.pending), Ordering::Relaxed);
                self.current = self.current.take().and_then(Current::rewind);
                if !std::mem::replace(&mut self.said, true) {
                    tracing::warn!(%error, "the flight recorder cannot write; the gateway goes on without");
                }
            }
        }
    }

    fn line(&mut self, instance: &str, line: &Line) -> io::Result<()> {
        if self.current.as_ref().is_none_or(|current| current.bytes >= self.config.max_bytes) {
            // The line itself is still to be written.
            self.pending -= 1;
            let begun = self.begin();
            self.pending += 1;
            begun?;
        }
        let text = match line {
            Line::Row { at, kind, work_ms } => {
                format!("{instance},{},{kind},{work_ms}\n", at.since(self.epoch))
            }
            Line::Note { at, text } => format!("# {} {text}\n", at.since(self.epoch)),
        };
        let Some(current) = &mut self.current else { return Ok(()) };
        current.bytes += text.len() as u64;
        current.file.write_all(text.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(current) = &mut self.current {
            current.file.flush()?;
            current.flushed = current.bytes;
        }
        self.pending = 0;
        Ok(())
    }

    /// Begins the next file, and removes the oldest ones.
    fn begin(&mut self) -> io::Result<()> {
        self.flush()?;
        self.current = None;
        let head = format!(
            "# dormouse-trace v1 epoch_ms={} recorded\ninstance,at_ms,kind,work_ms\n",
            self.epoch.as_ms()
        );
        let path = loop {
            let name = format!("trace-{:013}-{:06}.csv", self.epoch.as_ms(), self.next);
            self.next += 1;
            let path = self.config.dir.join(name);
            if !path.exists() {
                break path;
            }
        };
        // Appended to, so that a file that was rewound goes on at its new end.
        let mut file = File::options().append(true).create_new(true).open(&path)?;
        if let Err(error) = file.write_all(head.as_bytes()) {
            // A disk that is full takes names all the same; they would push out what was recorded before.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        let bytes = head.len() as u64;
        self.current = Some(Current { file: BufWriter::new(file), bytes, flushed: bytes });
        self.remove_the_oldest()
    }

    fn remove_the_oldest(&self) -> io::Result<()> {
        let ours = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("trace-") && name.ends_with(".csv")
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.config.dir)? {
            files.push(entry?.path());
        }
        files.retain(|path| ours(path));
        files.sort();
        let surplus = files.len().saturating_sub(self.config.keep.max(1));
        files[..surplus].iter().try_for_each(fs::remove_file)
    }
}

/// Writes down what the watcher does.
struct Notes {
    recorder: Recorder,
    at: Wall,
}

impl Notes {
    fn note(&self, text: String) {
        self.recorder.send(Line::Note { at: self.at, text });
    }
}

impl Observer for Notes {
    fn on(&mut self, seen: &Seen<'_>) {
        match *seen {
            Seen::Started { now, armed } => {
                self.at = now.wall;
                self.note(if armed { "armed" } else { "not armed" }.to_owned());
            }
            Seen::Looked { now, .. } => self.at = now.wall,
            Seen::Step { now, event, from, step, .. } => {
                self.at = now.wall;
                if let Some(why) = step.abandoned {
                    self.note(format!("abandoned {}", reason(why)));
                } else if event == Event::Deadline
                    && matches!(from, Phase::Resting { .. })
                    && step.command.is_some()
                {
                    self.note("quiesce".to_owned());
                } else if event == Event::Lever(true) && matches!(from, Phase::Suspending { .. }) {
                    self.note("suspend".to_owned());
                } else if step.command == Some(Command::Release) {
                    self.note("release".to_owned());
                } else if event == Event::Shutdown {
                    self.note("shutdown".to_owned());
                }
            }
            Seen::Slept { ms } => self.note(format!("slept {ms}")),
            Seen::Woke { cause } => self.note(format!("woke {}", cause.name())),
            Seen::Handled { delay_ms } => self.note(format!("handled after {delay_ms}")),
        }
    }
}
