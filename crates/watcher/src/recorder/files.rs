//! The files of a recording: creating them, appending, rewinding after a failed write, removing old ones.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;

use dormouse_core::Wall;
use dormouse_trace::{Instance, Kind};

/// Where and how much is recorded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RecorderConfig {
    /// The folder. It is created if it does not exist.
    pub dir: PathBuf,
    /// The instance's name. Only its hash is written.
    pub instance: String,
    /// When a file is longer, it is closed and the next one is begun. The default is 16 MiB.
    pub max_bytes: u64,
    /// How many files of this instance are kept, at least one: the file being written. Files of other instances in the same folder
    /// are neither counted nor removed. The default is 100.
    pub keep: usize,
}

impl RecorderConfig {
    /// Recordings of `instance` in the folder `dir`.
    pub fn new(dir: impl Into<PathBuf>, instance: impl Into<String>) -> Self {
        Self { dir: dir.into(), instance: instance.into(), max_bytes: 16 << 20, keep: 100 }
    }

    /// The same configuration with another [`max_bytes`](Self::max_bytes).
    #[must_use]
    pub fn with_max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    /// The same configuration with another [`keep`](Self::keep).
    #[must_use]
    pub fn with_keep(self, keep: usize) -> Self {
        Self { keep, ..self }
    }
}

/// One line of a file.
pub(super) enum Line {
    Row { at: Wall, kind: Kind, work_ms: u64 },
    Note { at: Wall, text: String },
}

/// The files of a recording, on the thread that writes them.
pub(super) struct Files {
    config: RecorderConfig,
    /// The hash of the instance's name.
    instance: String,
    epoch: Wall,
    current: Option<Current>,
    /// Lines since the last flush.
    pending: u64,
    /// Has the log said that writing failed?
    logged: bool,
    unremoved: Arc<AtomicU64>,
}

/// The file being written.
struct Current {
    file: BufWriter<File>,
    /// Its length, including what is not flushed yet.
    bytes: u64,
    /// Its length at the last flush, which ends with a whole line.
    flushed: u64,
}

impl Current {
    /// Cuts off what came after the last flush, since part of a line may be on the disk. `None` if that fails.
    fn rewind(self) -> Option<Self> {
        let (file, _) = self.file.into_parts();
        file.set_len(self.flushed).ok()?;
        Some(Self { file: BufWriter::new(file), bytes: self.flushed, flushed: self.flushed })
    }
}

impl Files {
    /// Begins the first file.
    pub(super) fn open(config: RecorderConfig, epoch: Wall, unremoved: Arc<AtomicU64>) -> io::Result<Self> {
        fs::create_dir_all(&config.dir)?;
        let instance = format!("{:016x}", Instance::key_of(&config.instance));
        let mut files = Self { config, instance, epoch, current: None, pending: 0, logged: false, unremoved };
        files.begin()?;
        Ok(files)
    }

    /// Writes until every sender is gone.
    pub(super) fn write(mut self, lines: &Receiver<Line>, dropped: &AtomicU64) {
        while let Ok(first) = lines.recv() {
            let mut waiting = Some(first);
            let mut written = Ok(());
            while let Some(line) = waiting {
                self.pending += 1;
                written = written.and_then(|()| self.line(&line));
                waiting = lines.try_recv().ok();
            }
            if let Err(error) = written.and_then(|()| self.flush()) {
                dropped.fetch_add(std::mem::take(&mut self.pending), Ordering::Relaxed);
                self.current = self.current.take().and_then(Current::rewind);
                if !std::mem::replace(&mut self.logged, true) {
                    tracing::warn!(%error, "the flight recorder cannot write; the gateway goes on without it");
                }
            }
        }
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        if self.current.as_ref().is_none_or(|current| current.bytes >= self.config.max_bytes) {
            // This line is not part of what `begin` flushes.
            self.pending -= 1;
            let begun = self.begin();
            self.pending += 1;
            begun?;
        }
        let text = match line {
            Line::Row { at, kind, work_ms } => {
                format!("{},{},{kind},{work_ms}\n", self.instance, at.since(self.epoch))
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

    /// Begins the next file and removes the oldest ones.
    fn begin(&mut self) -> io::Result<()> {
        self.flush()?;
        self.current = None;
        let head = format!(
            "# dormouse-trace v1 epoch_ms={} recorded\ninstance,at_ms,kind,work_ms\n",
            self.epoch.as_ms()
        );
        let mut kept = self.ours()?;
        let mut number = kept.keys().next_back().map_or(1, |last| last.saturating_add(1));
        let (path, mut file) = loop {
            let path = self.config.dir.join(format!("trace-{}-{number:08}.csv", self.instance));
            // In append mode, so that writing goes on at the new end of a file that was rewound.
            match File::options().append(true).create_new(true).open(&path) {
                // Another recorder of this instance has just created it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                file => break (path, file?),
            }
        };
        if let Err(error) = file.write_all(head.as_bytes()) {
            // A full disk still takes empty files, which would displace earlier recordings.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        let bytes = head.len() as u64;
        self.current = Some(Current { file: BufWriter::new(file), bytes, flushed: bytes });
        while kept.len() >= self.config.keep.max(1) {
            let Some((_, oldest)) = kept.pop_first() else { break };
            if let Err(error) = fs::remove_file(oldest) {
                self.unremoved.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(%error, "an old recording cannot be removed");
            }
        }
        Ok(())
    }

    /// This instance's files by number, which is the order in which they were begun, whatever the clock said.
    fn ours(&self) -> io::Result<BTreeMap<u64, PathBuf>> {
        let before = format!("trace-{}-", self.instance);
        let mut ours = BTreeMap::new();
        for entry in fs::read_dir(&self.config.dir)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let number = name.strip_prefix(&before).and_then(|rest| rest.strip_suffix(".csv")?.parse().ok());
            ours.extend(number.map(|number: u64| (number, path)));
        }
        Ok(ours)
    }
}
