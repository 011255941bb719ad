//! Errors of a report.

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// There are no rows.
    #[error("no rows to report on: replay at least one idle timeout")]
    NoRows,
    /// The rows come from different sweeps. Pictures draw one curve through all rows, so the rows must share trace, watcher,
    /// platform and seed.
    #[error(
        "rows of different sweeps in one report: row {row} is {found}, row 1 is {first}; report them apart"
    )]
    MixedRows {
        /// The first row that differs, counted from 1.
        row: usize,
        /// The trace, watcher, platform and seed of that row.
        found: String,
        /// The trace, watcher, platform and seed of the first row.
        first: String,
    },
    /// An idle timeout is below 1 ms, is 2^64 ms or more, is not a number, or occurs twice.
    #[error(
        "row {row}: idle timeout of {minutes} min; it must be at least a millisecond, below 2^64 ms and there once"
    )]
    BadTimeout {
        /// The number of the row, from 1.
        row: usize,
        /// The timeout that was found, in minutes.
        minutes: f64,
    },
    /// A timeline does not end after it begins.
    #[error("timeline from {from_ms} ms to {to_ms} ms: it must end after it begins")]
    BadTimeline {
        /// The start of its window, in ms from the trace's start.
        from_ms: u64,
        /// The end of its window, in ms from the trace's start.
        to_ms: u64,
    },
    /// The rows could not be encoded.
    #[error(transparent)]
    Rows(#[from] dormouse_rows::RowsError),
    /// A picture could not be drawn or encoded. This is a bug in this crate, not an error in the input.
    #[error("{picture}: {reason}")]
    Picture {
        /// The name of the picture.
        picture: &'static str,
        /// The message of the drawing library or of the PNG encoder.
        reason: String,
    },
}
