//! Which entries were handled: a high-water mark, which outlives the process if it has a file.
//!
//! Ids grow by instance and entries are handled in order, one at a time, so the highest id handled says of every id whether it
//! was handled. That holds for the ids of one store of the connector: the mark belongs to it, and another store has a mark of
//! its own, which begins at nothing. The file is written beside, synced and renamed, so it is always the old one or the new one, whole.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use thiserror::Error;

/// The version of the file.
const VERSION: u64 = 2;

/// Why the file of the seen-set cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SeenError {
    /// It is there and cannot be read.
    #[error("cannot read the seen-set {}: {source}; make it readable, or name another file", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error("cannot write the seen-set {}: {source}; make its folder writable and free space there", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is no seen-set of this version.
    #[error(
        "the seen-set {} is damaged ({what}); restore it, or remove it: then entries that were handled but not acked \
         are handled once more",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It is another instance's, whose ids mean nothing here.
    #[error("the seen-set {} belongs to instance {found:?}, not to {instance:?}; name another file", path.display())]
    OtherInstance {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Who wants it.
        instance: String,
    },
}

/// The seen-set of one instance.
pub(crate) struct SeenSet {
    path: Option<PathBuf>,
    instance: String,
    marks: Mutex<Marks>,
}

/// `None`: no entry yet.
#[derive(Clone, Default)]
struct Marks {
    /// Whose ids these are; `None` until the first welcome.
    store: Option<String>,
    handled: Option<u64>,
    /// What the file says. Behind `handled` only while the file cannot be written.
    kept: Option<u64>,
}

impl SeenSet {
    /// Reads the file; one that is not there yet is an empty set.
    pub(crate) fn open(path: Option<PathBuf>, instance: &str) -> Result<Self, SeenError> {
        let marks = path.as_deref().map_or(Ok(None), |path| read(path, instance))?.unwrap_or_default();
        Ok(Self { path, instance: instance.to_owned(), marks: Mutex::new(marks) })
    }

    /// From here on ids are this store's. True if there was a mark of another store, which is forgotten: what the new one
    /// delivers was not handled.
    pub(crate) fn meet(&self, store: &str) -> bool {
        let mut marks = self.lock();
        if marks.store.as_deref() == Some(store) {
            return false;
        }
        let forgotten = marks.handled.is_some();
        *marks = Marks { store: Some(store.to_owned()), ..Marks::default() };
        forgotten
    }

    /// Was this entry of this store handled?
    pub(crate) fn contains(&self, store: &str, id: u64) -> bool {
        let marks = self.lock();
        marks.store.as_deref() == Some(store) && marks.handled >= Some(id)
    }

    /// This entry was handled. Returns when that will outlive the process. If it fails this process still knows, and the next
    /// call tries again. An entry of a store that is gone is nothing to record. Blocks on the disk.
    pub(crate) fn record(&self, store: &str, id: u64) -> Result<(), SeenError> {
        let mut marks = self.lock();
        if marks.store.as_deref() != Some(store) {
            return Ok(());
        }
        marks.handled = marks.handled.max(Some(id));
        if marks.kept < marks.handled {
            if let Some((path, mark)) = self.path.as_deref().zip(marks.handled) {
                write(path, &self.instance, store, mark)
                    .map_err(|source| SeenError::Write { path: path.to_owned(), source })?;
            }
            marks.kept = marks.handled;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path, instance: &str) -> Result<Option<Marks>, SeenError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SeenError::Read { path: path.to_owned(), source }),
    };
    let damaged = |what| SeenError::Damaged { path: path.to_owned(), what };
    let file: Value = serde_json::from_slice(&text).map_err(|_| damaged("no JSON"))?;
    if file["version"].as_u64() != Some(VERSION) {
        return Err(damaged("not version 2"));
    }
    let found = file["instance"].as_str().ok_or_else(|| damaged("no instance"))?;
    let store = file["store"].as_str().ok_or_else(|| damaged("no store"))?.to_owned();
    let mark = file["mark"].as_u64().ok_or_else(|| damaged("no mark"))?;
    if found != instance {
        let (found, instance) = (found.to_owned(), instance.to_owned());
        return Err(SeenError::OtherInstance { path: path.to_owned(), found, instance });
    }
    Ok(Some(Marks { store: Some(store), handled: Some(mark), kept: Some(mark) }))
}

fn write(path: &Path, instance: &str, store: &str, mark: u64) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = File::create(&beside)?;
    let text = json!({ "version": VERSION, "instance": instance, "store": store, "mark": mark });
    writeln!(file, "{text}")?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&beside, path)?;
    // The rename is durable only when the folder is.
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
