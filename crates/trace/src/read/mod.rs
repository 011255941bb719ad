//! Reading trace files: one pass, straight into columns.

mod builder;
mod decode;
mod explain;
mod head;
mod lines;
mod number;
mod quick;
mod rows;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

use crate::{Trace, TraceError};

pub(crate) use head::{CANONICAL, SHORT};

/// Options of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// What to do about rows that are out of order.
    pub order: RowOrder,
    /// The most memory that the trace may take, in bytes (default 2 GiB, some 120 million events). It bounds the
    /// columns with their spare capacity, the names, the copy that growing a column makes, and the scratch of a
    /// sort (4 bytes an event of the instance being sorted). Buffers come on top: under 1 MiB, the longest line
    /// (at most 1 MiB), and the window of a zstd stream (8 MiB unless it was made with `--long`).
    pub max_bytes: u64,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions { order: RowOrder::Sort, max_bytes: 2 << 30 }
    }
}

/// What to do about out-of-order rows of an instance. Rows of different instances may be in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowOrder {
    /// Sort them stably and [report it](Note::Sorted).
    #[default]
    Sort,
    /// Fail with [an error](TraceError::OutOfOrder).
    Refuse,
}

/// A trace with notes of its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The trace.
    pub trace: Trace,
    /// Does its first line say that it was recorded live? Then it may be one file of several: see [`Trace::join`].
    pub recorded: bool,
    /// Corrections and omissions; usually empty.
    pub notes: Vec<Note>,
}

/// A correction or omission while reading. Not an error: the trace has the meaning of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// Rows were earlier than the row before of the same instance, and have been sorted.
    Sorted {
        /// The file.
        path: String,
        /// Number of rows that were earlier than the row before them.
        rows: u64,
        /// The line of the first such row.
        line: u64,
    },
    /// An unknown column was ignored.
    Ignored {
        /// The file.
        path: String,
        /// The header's line.
        line: u64,
        /// The column's name.
        column: String,
    },
    /// The last line of a recording was incomplete and was dropped: its writer was interrupted.
    Torn {
        /// The file.
        path: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Sorted { path, rows: 1, line } => {
                write!(f, "{path}:{line}: this row was out of order; sorted by time")
            }
            Note::Sorted { path, rows, line } => {
                write!(f, "{path}:{line}: this row and {} more were out of order; sorted by time", rows - 1)
            }
            Note::Ignored { path, line, column } => {
                write!(f, "{path}:{line}: column `{column}` is not a trace's and was left out")
            }
            Note::Torn { path } => {
                write!(f, "{path}: the last line of this recording is torn and was left out")
            }
        }
    }
}

/// Reads a trace file: CSV, plain or compressed with gzip or zstd. The format is detected by content and not by name.
///
/// # Errors
/// The first problem in the file: see [`TraceError`].
pub fn read_path(path: &Path, options: &ReadOptions) -> Result<Read, TraceError> {
    let name = path.display().to_string();
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => TraceError::Missing { path: name.clone() },
        _ => TraceError::Unreadable { path: name.clone(), source },
    };
    if path.metadata().map_err(unreadable)?.is_dir() {
        return Err(TraceError::Directory { path: name });
    }
    read(File::open(path).map_err(unreadable)?, &name, options)
}

/// Reads a trace from any source, as [`read_path`] does. Messages use `name` as the file name.
///
/// ```
/// use dormouse_trace::{ReadOptions, read};
///
/// let csv = "instance,arrival_s,duration_s\nweb,0,1.5\nweb,60,\n";
/// let trace = read(csv.as_bytes(), "web.csv", &ReadOptions::default())?.trace;
/// assert_eq!(trace.instances[0].events.at_ms(), [0, 60_000]);
/// assert_eq!(trace.instances[0].events.work_ms(), [1_500, 0]);
///
/// let wrong = read("instance,arrival_s,duration_s\nweb,-1,\n".as_bytes(), "web.csv", &ReadOptions::default());
/// assert_eq!(wrong.unwrap_err().to_string(), "web.csv:2: arrival_s -1 is negative; count from the trace's start");
/// # Ok::<(), dormouse_trace::TraceError>(())
/// ```
///
/// # Errors
/// The same as [`read_path`].
pub fn read(input: impl io::Read, name: &str, options: &ReadOptions) -> Result<Read, TraceError> {
    read_rows(input, name, options, true)
}

/// Reads a trace as [`read()`] does, with every row split by the csv crate: the plain reference. [`read()`] gives the same
/// trace, notes and errors, and reads rows without quotes and surplus spaces several times as fast.
///
/// # Errors
/// The same as [`read_path`].
pub fn read_plainly(input: impl io::Read, name: &str, options: &ReadOptions) -> Result<Read, TraceError> {
    read_rows(input, name, options, false)
}

fn read_rows(
    input: impl io::Read,
    name: &str,
    options: &ReadOptions,
    quick: bool,
) -> Result<Read, TraceError> {
    let mut source = decode::open(input, name)?;
    let head = head::read(&mut source, name)?;
    rows::read(source, head, name, options, quick)
}
