//! The wall clock.

/// Milliseconds since 1970-01-01T00:00:00Z.
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the one place that reads the wall clock"
)]
pub(crate) fn wall_ms() -> u64 {
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)
}
