//! Files in TOML that say something in a form of ours: generators, scenarios, platforms.

use std::io::ErrorKind;
use std::path::Path;

/// Such a file cannot be had. One line: where, what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The file cannot be read.
    #[error("{path}: {reason}; check the path")]
    Read {
        /// Which file.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// The file does not say what it must say.
    #[error("{origin}:{line}: {problem}; {fix}")]
    File {
        /// The file, or what stands for it.
        origin: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: String,
    },
}

/// The text of such a file.
///
/// # Errors
/// [`FormError::Read`].
pub fn read_text(path: &Path) -> Result<String, FormError> {
    std::fs::read_to_string(path).map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::NotFound => "no such file".to_owned(),
            other => other.to_string(),
        };
        FormError::Read { path: path.display().to_string(), reason }
    })
}
