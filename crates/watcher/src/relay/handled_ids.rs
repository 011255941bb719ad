//! The ids of the entries that were handled: a high-water mark, kept in a file if there is one.
//!
//! Ids grow by instance, and entries are handled one at a time in order. So the highest handled id tells for every id whether it
//! was handled. That holds for the ids of one store of the connector. The mark belongs to that store, and with another store it
//! begins again at nothing. The file is written next to the old one, synced and renamed, so it is always complete.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use thiserror::Error;

/// The version of the file.
const VERSION: u64 = 2;

/// Why the file of handled ids cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HandledIdsError {
    /// The file exists and cannot be read.
    #[error("cannot read the handled ids in {}: {source}; make the file readable, or name another one", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the handled ids to {}: {source}; make the folder writable and free some space", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file's content is not valid, or of another version.
    #[error(
        "the handled ids in {} are damaged ({what}); restore the file, or remove it: then entries that were handled but \
         not acked are handled once more",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with the content.
        what: &'static str,
    },
    /// The file belongs to another instance, whose ids have no meaning here.
    #[error("the handled ids in {} belong to instance {found:?}, not to {instance:?}; name another file", path.display())]
    OtherInstance {
        /// The file.
        path: PathBuf,
        /// The instance in the file.
        found: String,
        /// The instance of this client.
        instance: String,
    },
}

/// The handled ids of one instance.
pub(crate) struct HandledIds {
    path: Option<PathBuf>,
    instance: String,
    marks: Mutex<Marks>,
}

#[derive(Clone, Default)]
struct Marks {
    /// The store that the ids belong to; `None` until the first welcome.
    store: Option<String>,
    /// The highest handled id; `None` if no entry was handled yet.
    handled: Option<u64>,
    /// The mark in the file. Lower than `handled` only while the file cannot be written.
    kept: Option<u64>,
}

impl HandledIds {
    /// Reads the file. Without one, nothing was handled yet.
    pub(crate) fn open(path: Option<PathBuf>, instance: &str) -> Result<Self, HandledIdsError> {
        let marks = path.as_deref().map_or(Ok(None), |path| read(path, instance))?.unwrap_or_default();
        Ok(Self { path, instance: instance.to_owned(), marks: Mutex::new(marks) })
    }

    /// From now on, ids belong to this store. True if there was a mark of another store. That mark is dropped: the new store's
    /// entries were not handled.
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

    /// This entry was handled. Returns when that is on the disk, so it blocks. If that fails, this process still remembers, and
    /// the next call tries again. Does nothing for an entry of an earlier store.
    pub(crate) fn record(&self, store: &str, id: u64) -> Result<(), HandledIdsError> {
        let mut marks = self.lock();
        if marks.store.as_deref() != Some(store) {
            return Ok(());
        }
        marks.handled = marks.handled.max(Some(id));
        if marks.kept < marks.handled {
            if let Some((path, mark)) = self.path.as_deref().zip(marks.handled) {
                write(path, &self.instance, store, mark)
                    .map_err(|source| HandledIdsError::Write { path: path.to_owned(), source })?;
            }
            marks.kept = marks.handled;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path, instance: &str) -> Result<Option<Marks>, HandledIdsError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(HandledIdsError::Read { path: path.to_owned(), source }),
    };
    let damaged = |what| HandledIdsError::Damaged { path: path.to_owned(), what };
    let file: Value = serde_json::from_slice(&text).map_err(|_| damaged("not JSON"))?;
    if file["version"].as_u64() != Some(VERSION) {
        return Err(damaged("not version 2"));
    }
    let found = file["instance"].as_str().ok_or_else(|| damaged("no instance"))?;
    let store = file["store"].as_str().ok_or_else(|| damaged("no store"))?.to_owned();
    let mark = file["mark"].as_u64().ok_or_else(|| damaged("no mark"))?;
    if found != instance {
        let (found, instance) = (found.to_owned(), instance.to_owned());
        return Err(HandledIdsError::OtherInstance { path: path.to_owned(), found, instance });
    }
    Ok(Some(Marks { store: Some(store), handled: Some(mark), kept: Some(mark) }))
}

fn write(path: &Path, instance: &str, store: &str, mark: u64) -> std::io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut file = File::create(&new)?;
    let text = json!({ "version": VERSION, "instance": instance, "store": store, "mark": mark });
    writeln!(file, "{text}")?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&new, path)?;
    sync_folder(path)
}

/// Makes the rename durable.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Folders cannot be opened as files here, so they cannot be synced.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}
