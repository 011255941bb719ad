//! Named idle timeouts.

use dormouse_rows::Row;

/// An idle timeout to highlight in tables and pictures, such as a default that is in use today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// A short name: `current default`.
    pub label: String,
    /// The idle timeout in milliseconds.
    pub timeout_ms: u64,
}

impl Mark {
    /// The timeout in minutes.
    #[must_use]
    pub fn minutes(&self) -> f64 {
        self.timeout_ms as f64 / 60_000.0
    }

    /// Whether `row` was replayed at this timeout, to the nearest millisecond.
    #[must_use]
    pub fn is_at(&self, row: &Row) -> bool {
        (row.idle_timeout_minutes - self.minutes()).abs() * 60_000.0 < 0.5
    }
}
