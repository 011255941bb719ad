//! Files that appear whole or not at all, and output that may be cut short.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, bail};
use dormouse_report::File;

/// A check that the user asked for did not hold: exit code 1, where a mistake in usage or input ends with 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CheckFailed(pub(crate) String);

/// Half-written files, to be removed when a signal ends the command.
static HALF_WRITTEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// On Ctrl-C, SIGTERM and SIGHUP: removes what is half-written and ends with 130.
pub(crate) fn clean_up_on_signals() {
    // An error means that there is a handler already; then there is nothing to add.
    let _ = ctrlc::set_handler(|| {
        let paths = HALF_WRITTEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for path in paths.iter() {
            let _ = fs::remove_file(path);
        }
        std::process::exit(130);
    });
}

/// Writes `bytes` beside `path` and renames, so that `path` is never half-written.
///
/// # Errors
/// When the folder does not exist or cannot be written; then nothing is left behind.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_whole_by(path, |file| Ok(file.write_all(bytes)?))
}

/// The same for what is too large to be in memory at once: `write` writes it, beside `path`.
///
/// # Errors
/// As [`write_whole`], and when `write` fails; then nothing is left behind either.
pub(crate) fn write_whole_by(
    path: &Path,
    write: impl FnOnce(&mut fs::File) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("writing {}: there is no folder {}; make it first", path.display(), folder.display());
    }
    let written = || -> anyhow::Result<()> {
        let mut beside = tempfile::Builder::new()
            .prefix(".sims-")
            .suffix(".tmp")
            .tempfile_in(folder)
            .map_err(|e| io::Error::from(e.kind()))?;
        let half = Half::written(beside.path());
        write(beside.as_file_mut())?;
        // A temporary file is private to its owner; what is published is as readable as any new file.
        #[cfg(unix)]
        fs::set_permissions(beside.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        beside.persist(path).map_err(|e| e.error)?;
        drop(half);
        Ok(())
    };
    written().with_context(|| format!("writing {}", path.display()))
}

/// Could files be written into `folder`, as far as can be told before there are any?
///
/// # Errors
/// When there is something of that name that is not a folder.
pub(crate) fn check_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() && !folder.is_dir() {
        bail!("{} is there and is not a folder; give another --out", folder.display());
    }
    Ok(())
}

/// Writes all `files` into `folder`, which is made if need be; each appears whole.
///
/// # Errors
/// At the first file that cannot be written.
pub(crate) fn write_folder(folder: &Path, files: &[File]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    files.iter().try_for_each(|file| write_whole(&folder.join(&file.name), &file.bytes))
}

/// A half-written file, registered for as long as this lives.
struct Half(PathBuf);

impl Half {
    fn written(path: &Path) -> Self {
        lock().insert(path.to_owned());
        Self(path.to_owned())
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        lock().remove(&self.0);
    }
}

fn lock() -> std::sync::MutexGuard<'static, BTreeSet<PathBuf>> {
    HALF_WRITTEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A line on standard error; that nobody may be there to read it is no error.
pub(crate) fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints to standard output; a reader that went away is an error like any other, which `main` forgives.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Did whoever reads our output go away?
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        write_whole(&path, b"old").unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("rows.csv");
        let error = format!("{:#}", write_whole(&path, b"new").unwrap_err());
        assert!(error.starts_with(&format!("writing {}: there is no folder", path.display())), "{error}");
    }
}
