//! Everything that can be wrong with traffic.

use std::io;

/// Why a trace cannot be read, written or generated. Each message names the place and the fix, and every one of
/// them is fatal for the trace that it is about: nothing half-read is handed out.
///
/// Lines count from 1 and count every line of the (decompressed) file, comments and blank lines included.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// There is no such file.
    #[error("{path}: no such file; check the path")]
    Missing {
        /// The file.
        path: String,
    },
    /// It is a directory.
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
    /// A compressed stream ends in the middle.
    #[error("{path}:{line}: the {format} data ends before this line is complete; copy the file again")]
    Truncated {
        /// The file.
        path: String,
        /// The first line that could not be read whole.
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
        /// The first line that could not be read whole.
        line: u64,
        /// `gzip` or `zstd`.
        format: &'static str,
        /// What the decoder said.
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
    /// There is a header and nothing below it.
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
        /// What to do.
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
        /// What to do.
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
    /// The header stands again further down.
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
        /// The part.
        text: String,
        /// What to do.
        fix: &'static str,
    },
    /// A line is longer than any row can be.
    #[error("{path}:{line}: the line is longer than {bytes} bytes; end each row with a line break")]
    LongLine {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The most bytes that a line may have.
        bytes: usize,
    },
    /// A row has fewer or more fields than the header.
    #[error("{path}:{line}: the row has {found} field{} where the header has {expected}; {fix}", if *found == 1 { "" } else { "s" })]
    Fields {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// How many the row has.
        found: usize,
        /// How many the header has.
        expected: usize,
        /// What to do.
        fix: String,
    },
    /// A field does not hold what its column holds.
    #[error("{path}:{line}: {column} {problem}; {fix}")]
    Field {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The column's name.
        column: &'static str,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: String,
    },
    /// Rows are out of order, and [`RowOrder::Refuse`](crate::RowOrder::Refuse) was asked for.
    #[error(
        "{path}:{line}: arrival {at_ms} ms is before the previous {previous_ms} ms of `{instance}`; \
         sort the file by time or let it be sorted"
    )]
    OutOfOrder {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// The arrival.
        at_ms: u64,
        /// The one before it.
        previous_ms: u64,
        /// Whose they are.
        instance: String,
    },
    /// The columns would take more memory than [`ReadOptions::max_bytes`](crate::ReadOptions::max_bytes).
    #[error(
        "{path}:{line}: the trace does not fit into {max_bytes} bytes; raise the bound or split the file"
    )]
    TooLarge {
        /// The file.
        path: String,
        /// The line at which it was clear.
        line: u64,
        /// The bound.
        max_bytes: u64,
    },
    /// The output could not be written.
    #[error("the trace cannot be written ({source}); check the disk")]
    Unwritable {
        /// What the operating system said.
        #[from]
        source: io::Error,
    },
    /// The trace holds something that its file form cannot say.
    #[error("the trace cannot be written: {problem}; {fix}")]
    Inexpressible {
        /// What.
        problem: String,
        /// What to do.
        fix: &'static str,
    },
    /// There is no preset of this name.
    #[error("unknown preset `{name}`; {advice}")]
    UnknownPreset {
        /// The name.
        name: String,
        /// The nearest one, or all.
        advice: String,
    },
    /// A generator's specification is wrong.
    #[error("{origin}: {place}: {problem}; {fix}")]
    Spec {
        /// The file, the preset, or `--set`.
        origin: String,
        /// The line or the parameter.
        place: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: String,
    },
}
