//! Everything that can be wrong with a fleet.

use dormouse_trace::TraceError;
use parquet::errors::ParquetError;

/// Why a fleet cannot be read, written or put together. Each message names the place and the fix; every one of them is fatal for
/// the file or the result that it is about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The file is not there, cannot be read, or an instance of it cannot be written.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// It is a file of some other kind, or a Parquet file that is not a fleet.
    #[error(
        "{path}: is not a fleet ({problem}); write one with `sims trace convert TRACE --out FLEET.parquet`"
    )]
    Foreign {
        /// The file.
        path: String,
        /// What is missing or different.
        problem: String,
    },
    /// It is a fleet of another version.
    #[error(
        "{path}: is a fleet of version {found}, and this program reads version {expected}; convert it again from its trace"
    )]
    Version {
        /// The file.
        path: String,
        /// The version in it.
        found: u32,
        /// The version that is understood.
        expected: u32,
    },
    /// A row says something that a fleet cannot hold, or stands out of order.
    #[error("{path}: row {row}: {problem}; {fix}")]
    Row {
        /// The file.
        path: String,
        /// The row, from 1.
        row: u64,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: &'static str,
    },
    /// The file is damaged, or is not what its own manifest says.
    #[error("{path}: is damaged ({reason}); copy it again, or convert it again from its trace")]
    Damaged {
        /// The file.
        path: String,
        /// What was found.
        reason: String,
    },
    /// One instance, or the whole where the whole was asked for, is larger than the bound.
    #[error("{path}: {what} does not fit into {max_bytes} bytes; raise the bound")]
    TooLarge {
        /// The file.
        path: String,
        /// What is too large.
        what: String,
        /// The bound.
        max_bytes: u64,
    },
    /// Instances were handed to the writer out of order.
    #[error(
        "the fleet cannot be written: instance `{name}` comes after `{previous}`; order the instances by name, each once"
    )]
    Order {
        /// The instance.
        name: String,
        /// The one before it.
        previous: String,
    },
    /// The output could not be written.
    #[error("the fleet cannot be written ({0}); check the disk")]
    Unwritable(#[source] ParquetError),
    /// A partial result cannot be read, or cannot be merged with the others.
    #[error("{name}: {problem}; {fix}")]
    Partial {
        /// The file, or the part.
        name: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: &'static str,
    },
}

/// Another library's words, or a file's, on one line: line breaks and other control characters are escaped.
pub(crate) fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}
