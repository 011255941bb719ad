//! Atomic writing of files.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context;

/// Writes `bytes` to a temporary file in the same folder as `path` and renames it, so `path` is never partially written.
///
/// # Errors
/// When the folder does not exist or cannot be written to.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> std::io::Result<()> {
        let mut temporary = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(folder)?;
        temporary.write_all(bytes)?;
        // Temporary files are private to their owner; give the result the permissions of a new file.
        #[cfg(unix)]
        std::fs::set_permissions(temporary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        temporary.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    written().with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_atomically_and_no_temporary_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = write(&folder.path().join("missing/rows.csv"), b"new").unwrap_err().to_string();
        assert!(error.starts_with("writing ") && error.ends_with("missing/rows.csv"), "{error}");
    }
}
