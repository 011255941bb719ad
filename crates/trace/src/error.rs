//! Errors of reading, writing and generating traces.

use std::io;

/// Why a trace cannot be read, written or generated. Each message names the place and the fix. Every error is
/// fatal for its trace: a partially read trace is never returned.
///
/// Line numbers start at 1 and count every line of the (decompressed) file, including comments and blank lines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The file does not exist.
    #[error("{path}: no such file; check the path")]
    Missing {
        /// The file.
        path: String,
    },
    /// The path is a directory.
    #[error("{path}: is a directory; name a file in it")]
    Directory {
        /// The directory.
        path: String,
    },
    /// The operating system refused.
    #[error("{path}: cannot be read ({source}); check its permissions and its disk")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A compressed stream is truncated.
    #[error("{path}:{line}: the {format} data ends before this line is complete; copy the file again")]
    Truncated {
        /// The file.
        path: String,
        /// The first line that could not be read completely.
        line: u64,
        /// `gzip` or `zstd`.
        format: &'static str,
    },
    /// A compressed stream is damaged.
    #[error(
        "{path}:{line}: the {format} data is damaged at or before this line ({reason}); copy the file again"
    )]
    Damaged {
        /// The file.
        path: String,
        /// The first line that could not be read completely.
        line: u64,
        /// `gzip` or `zstd`.
        format: &'static str,
        /// The decoder's message.
        reason: String,
    },
    /// The file is not text.
    #[error("{path}: is not a text file ({found}); give CSV, plain or compressed with gzip or zstd")]
    Binary {
        /// The file.
        path: String,
        /// What it looks like.
        found: &'static str,
    },
    /// The file has no content, or only blank and comment lines.
    #[error("{path}: is empty; the first line must be `{}`", crate::read::CANONICAL)]
    Empty {
        /// The file.
        path: String,
    },
    /// There is no row after the header.
    #[error("{path}:{line}: there is no row below the header, so nothing to replay; add events")]
    NoRows {
        /// The file.
        path: String,
        /// The header's line.
        line: u64,
    },
    /// The first line is not a header.
    #[error("{path}:{line}: this is not a header; {fix}")]
    NoHeader {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The suggested fix.
        fix: String,
    },
    /// The header does not name a column that must be there.
    #[error("{path}:{line}: column `{column}` is missing from the header; {fix}")]
    MissingColumn {
        /// The file.
        path: String,
        /// The header's line.
        line: u64,
        /// The column.
        column: &'static str,
        /// The suggested fix.
        fix: String,
    },
    /// The header names a column twice.
    #[error("{path}:{line}: column `{column}` stands twice in the header; remove or rename one")]
    DuplicateColumn {
        /// The file.
        path: String,
        /// The header's line.
        line: u64,
        /// The column.
        column: String,
    },
    /// The header occurs again further down.
    #[error("{path}:{line}: this is a second header, as in concatenated files; remove this line")]
    SecondHeader {
        /// The file.
        path: String,
        /// The line.
        line: u64,
    },
    /// The `# dormouse-trace` line cannot be understood.
    #[error("{path}:{line}: `{text}` in the comment line is not understood; {fix}")]
    Meta {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The part of the line that is not understood.
        text: String,
        /// The suggested fix.
        fix: &'static str,
    },
    /// A line is longer than any row can be.
    #[error("{path}:{line}: the line is longer than {bytes} bytes; end each row with a line break")]
    LongLine {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The largest allowed length of a line, in bytes.
        bytes: usize,
    },
    /// A row has fewer or more fields than the header.
    #[error("{path}:{line}: the row has {found} field{} where the header has {expected}; {fix}", if *found == 1 { "" } else { "s" })]
    Fields {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// Number of fields in the row.
        found: usize,
        /// Number of fields in the header.
        expected: usize,
        /// The suggested fix.
        fix: String,
    },
    /// A field's value does not fit its column.
    #[error("{path}:{line}: {column} {problem}; {fix}")]
    Field {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The column's name.
        column: &'static str,
        /// The problem.
        problem: String,
        /// The suggested fix.
        fix: String,
    },
    /// Rows are out of order, and [`RowOrder::Refuse`](crate::RowOrder::Refuse) was set.
    #[error(
        "{path}:{line}: arrival {at_ms} ms is before the previous {previous_ms} ms of `{instance}`; \
         sort the file by time or let it be sorted"
    )]
    OutOfOrder {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The arrival, in ms.
        at_ms: u64,
        /// The arrival of the row before, in ms.
        previous_ms: u64,
        /// The instance of both rows.
        instance: String,
    },
    /// The columns would take more memory than [`ReadOptions::max_bytes`](crate::ReadOptions::max_bytes).
    #[error(
        "{path}:{line}: the trace does not fit into {max_bytes} bytes; raise the bound or split the file"
    )]
    TooLarge {
        /// The file.
        path: String,
        /// The line at which the limit was exceeded.
        line: u64,
        /// The limit, in bytes.
        max_bytes: u64,
    },
    /// The output could not be written.
    #[error("the trace cannot be written ({source}); check the disk")]
    Unwritable {
        /// The operating system's error.
        #[from]
        source: io::Error,
    },
    /// The trace contains something that the file format cannot express.
    #[error("the trace cannot be written: {problem}; {fix}")]
    Inexpressible {
        /// The problem.
        problem: String,
        /// The suggested fix.
        fix: &'static str,
    },
    /// There is no preset of this name.
    #[error("unknown preset `{name}`; {advice}")]
    UnknownPreset {
        /// The name.
        name: String,
        /// The nearest name, or all names.
        advice: String,
    },
    /// A generator's specification is invalid.
    #[error("{origin}: {place}: {problem}; {fix}")]
    Spec {
        /// The file, the preset, or `--set`.
        origin: String,
        /// The line or the parameter.
        place: String,
        /// The problem.
        problem: String,
        /// The suggested fix.
        fix: String,
    },
}
