//! Timeouts that people know by name.

use dormouse_rows::Row;

/// An idle timeout to point out in every table and picture, such as a default that is in use today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What people call it, in a few words: `current default`.
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

    /// Whether `row` was replayed at this timeout, to the millisecond.
    #[must_use]
    pub fn is_at(&self, row: &Row) -> bool {
        (row.idle_timeout_minutes - self.minutes()).abs() * 60_000.0 < 0.5
    }
}
