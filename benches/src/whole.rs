//! Files that appear whole or not at all.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context;

/// Writes `bytes` beside `path` and renames, so that `path` is never half-written.
///
/// # Errors
/// When the folder does not exist or cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> std::io::Result<()> {
        let mut beside = tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(folder)?;
        beside.write_all(bytes)?;
        // A temporary file is private to its owner; what is published is as readable as any new file.
        #[cfg(unix)]
        std::fs::set_permissions(beside.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        beside.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    written().with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
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
