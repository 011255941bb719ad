//! What can be wrong with a report's input.

/// A report could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// There is nothing to report on.
    #[error("no rows to report on: replay at least one idle timeout")]
    NoRows,
    /// The pictures have one curve each, so their rows must be one sweep.
    #[error(
        "rows of different sweeps in one report: row {row} is {found}, row 1 is {first}; report them apart"
    )]
    MixedRows {
        /// The first row that differs, counted from 1.
        row: usize,
        /// Its trace, watcher, platform and seed.
        found: String,
        /// Those of the first row.
        first: String,
    },
    /// A timeout that has no place on an axis.
    #[error(
        "row {row}: idle timeout of {minutes} min; it must be at least a millisecond, below 2^64 ms and there once"
    )]
    BadTimeout {
        /// The row, counted from 1.
        row: usize,
        /// The timeout as found.
        minutes: f64,
    },
    /// A timeline without length.
    #[error("timeline from {from_ms} ms to {to_ms} ms: it must end after it begins")]
    BadTimeline {
        /// Where it should begin.
        from_ms: u64,
        /// Where it should end.
        to_ms: u64,
    },
    /// The rows could not be encoded.
    #[error(transparent)]
    Rows(#[from] dormouse_rows::RowsError),
    /// A picture could not be drawn or encoded; a defect of this crate, not of the input.
    #[error("{picture}: {reason}")]
    Picture {
        /// Which picture.
        picture: &'static str,
        /// What the drawing library said.
        reason: String,
    },
}
