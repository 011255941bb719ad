//! Output files that are written atomically, and output to a pipe that may be closed early.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, bail};
use dormouse_report::File;

/// A check that the user requested failed: exit code 1. Wrong usage or input ends with 2 instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CheckFailed(pub(crate) String);

/// Partially written files, to be removed when a signal ends the command.
static HALF_WRITTEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// On Ctrl-C, SIGTERM and SIGHUP: removes partially written files and exits with 130.
pub(crate) fn clean_up_on_signals() {
    // An error means that a handler is already set, so nothing is left to do.
    let _ = ctrlc::set_handler(|| {
        let paths = HALF_WRITTEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for path in paths.iter() {
            let _ = fs::remove_file(path);
        }
        std::process::exit(130);
    });
}

/// Writes `bytes` to a temporary file in the same folder as `path` and renames it, so `path` is never partially written.
///
/// # Errors
/// When the folder does not exist or cannot be written to; then no file is left.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_whole_by(path, |file| Ok(file.write_all(bytes)?))
}

/// The same for content too large for memory: `write` writes it to the temporary file.
///
/// # Errors
/// The same as [`write_whole`], and when `write` fails; then no file is left either.
pub(crate) fn write_whole_by(
    path: &Path,
    write: impl FnOnce(&mut fs::File) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("writing {}: there is no folder {}; make it first", path.display(), folder.display());
    }
    let written = || -> anyhow::Result<()> {
        let mut temporary = tempfile::Builder::new()
            .prefix(".sims-")
            .suffix(".tmp")
            .tempfile_in(folder)
            .map_err(|e| io::Error::from(e.kind()))?;
        let half = Half::written(temporary.path());
        write(temporary.as_file_mut())?;
        // Temporary files are private to their owner; give the result the permissions of a new file.
        #[cfg(unix)]
        fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        temporary.persist(path).map_err(|e| e.error)?;
        drop(half);
        Ok(())
    };
    written().with_context(|| format!("writing {}", path.display()))
}

/// Checks early whether files can be written into `folder`, which need not exist yet.
///
/// # Errors
/// When `folder` exists and is not a folder.
pub(crate) fn check_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() && !folder.is_dir() {
        bail!("{} is there and is not a folder; give another --out", folder.display());
    }
    Ok(())
}

/// Writes all `files` into `folder`, which is created if needed. Each file is written atomically.
///
/// # Errors
/// At the first file that cannot be written.
pub(crate) fn write_folder(folder: &Path, files: &[File]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    files.iter().try_for_each(|file| write_whole(&folder.join(&file.name), &file.bytes))
}

/// A partially written file, registered until this is dropped.
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

/// Prints a line to standard error. A failure to write it is ignored.
pub(crate) fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints to standard output. A closed pipe is an error like any other; `main` then exits with success.
///
/// # Errors
/// When standard output cannot be written to.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Was the error that the reader of the output closed the pipe?
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_atomically_and_no_temporary_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        write_whole(&path, b"old").unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("rows.csv");
        let error = format!("{:#}", write_whole(&path, b"new").unwrap_err());
        assert!(error.starts_with(&format!("writing {}: there is no folder", path.display())), "{error}");
    }
}
