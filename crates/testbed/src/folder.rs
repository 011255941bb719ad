//! The testbed's folder: private, in memory, and removed afterwards.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use anyhow::Context;
use tempfile::TempDir;

/// Prefix of the folder's name.
const PREFIX: &str = "dormouse-live-";

/// A private folder, removed when this is dropped. A killed testbed leaves its folder but no lock on it; the
/// next testbed removes unlocked folders.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: TempDir,
    /// The kernel releases the lock when the process ends, for whatever reason.
    _lock: File,
}

impl Folder {
    /// Creates it in memory if possible: a message is acked when it is on the disk, and disks do not speed up
    /// with trace time.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let made = Self::within(Path::new("/dev/shm")).or_else(|_| Self::within(&std::env::temp_dir()));
        made.context("a folder for the testbed")
    }

    /// Removes unlocked folders in `parent`, and creates a new one.
    fn within(parent: &Path) -> io::Result<Self> {
        remove_stale(parent)?;
        loop {
            let dir = tempfile::Builder::new().prefix(PREFIX).rand_bytes(16).tempdir_in(parent)?;
            let lock = File::open(dir.path())?;
            match lock.try_lock() {
                Ok(()) if dir.path().exists() => return Ok(Self { dir, _lock: lock }),
                // Another testbed took it for stale before it was locked, and is removing it: try the next name.
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn remove_stale(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        // Folders of other users cannot be opened; their owners have to remove them.
        if entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes())
            && let Ok(folder) = File::open(entry.path())
            && folder.try_lock().is_ok()
        {
            // An error means that another process has already removed it.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_testbed_left_is_removed_and_what_a_live_one_holds_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let live = Folder::within(parent.path()).unwrap();
        let (stale, other) = (parent.path().join("dormouse-live-dead"), parent.path().join("other"));
        for folder in [&stale, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("store.redb"), "x").unwrap();
        }
        let next = Folder::within(parent.path()).unwrap();
        assert!(live.path().is_dir() && next.path().is_dir() && live.path() != next.path());
        assert!(other.is_dir(), "somebody else's");
        assert!(!stale.exists(), "nobody's");
        let path = live.path().to_owned();
        drop(live);
        assert!(!path.exists());
    }
}
