//! Errors of fleets.

use dormouse_trace::TraceError;
use parquet::errors::ParquetError;

/// Why a fleet cannot be read or written, or partial results cannot be merged. Each message names the place and the fix. Each is
/// fatal for the file or the result that it names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The file does not exist or cannot be read, or an instance cannot be written.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The file is not a Parquet file, or it is a Parquet file but not a fleet.
    #[error("{path}: not a fleet ({problem}); write one with `sims trace convert TRACE --out FLEET.parquet`")]
    Foreign {
        /// The file.
        path: String,
        /// What is missing or different.
        problem: String,
    },
    /// The file has another format version.
    #[error(
        "{path}: fleet version {found}, but this program reads version {expected}; convert it again from its trace"
    )]
    Version {
        /// The file.
        path: String,
        /// The version of the file.
        found: u32,
        /// The version that this program reads.
        expected: u32,
    },
    /// A row is out of order, or has a value that a fleet cannot hold.
    #[error("{path}: row {row}: {problem}; {fix}")]
    Row {
        /// The file.
        path: String,
        /// The number of the row, from 1.
        row: u64,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: &'static str,
    },
    /// The file is damaged, or does not match its own manifest.
    #[error("{path}: damaged ({reason}); copy it again, or convert it again from its trace")]
    Damaged {
        /// The file.
        path: String,
        /// What was found.
        reason: String,
    },
    /// One instance is larger than the memory limit, or the whole fleet is and was to be read into memory.
    #[error("{path}: {what} does not fit into {max_bytes} bytes; raise the memory limit")]
    TooLarge {
        /// The file.
        path: String,
        /// What is too large.
        what: String,
        /// The memory limit in bytes.
        max_bytes: u64,
    },
    /// Instances were given to the writer out of order.
    #[error(
        "the fleet cannot be written: instance `{name}` comes after `{previous}`; sort the instances by name, and give each only once"
    )]
    Order {
        /// The name of the instance.
        name: String,
        /// The name of the instance before it.
        previous: String,
    },
    /// The output could not be written.
    #[error("the fleet cannot be written ({0}); check the disk")]
    Unwritable(#[source] ParquetError),
    /// A partial result cannot be read, or cannot be merged with the others.
    #[error("{name}: {problem}; {fix}")]
    Partial {
        /// The name of the file or of the part.
        name: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: &'static str,
    },
}

/// Puts text from another library or from a file on one line: line breaks and other control characters are escaped.
pub(crate) fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}
