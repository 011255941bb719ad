//! `--ideal`: the curve over all timeouts for a machine without a watcher's habits, as a second output.

use std::fmt::Write as _;
use std::path::Path;

use dormouse_sim::Horizon;
use dormouse_sim::ideal::Ideal;
use dormouse_trace::Trace;

use crate::output::write_whole;

/// Writes every corner of the ideal curve of `trace` as CSV: a timeout of 0, each length of an idle gap, never (an empty
/// timeout). Between two corners the wakes stay and the idle time rises evenly, so they are the whole curve, and all timeouts
/// at which any cost can be least.
///
/// # Errors
/// When the file cannot be written; then there is none.
pub(crate) fn write(trace: &Trace, horizon: Horizon, path: &Path) -> anyhow::Result<()> {
    let mut csv = String::from("timeout_ms,idle_ms,asleep_ms,wakes\n");
    for point in Ideal::of(trace, horizon).corners() {
        let never = point.timeout_ms == u64::MAX;
        let timeout = if never { String::new() } else { point.timeout_ms.to_string() };
        // Writing to a String cannot fail.
        let _ = writeln!(csv, "{timeout},{},{},{}", point.idle_ms, point.asleep_ms, point.wakes);
    }
    write_whole(path, csv.as_bytes())
}
