//! `--ideal`: the ideal curve over all timeouts (no ticks, no latencies), as a second output.

use std::fmt::Write as _;
use std::path::Path;

use dormouse_sim::Horizon;
use dormouse_sim::ideal::Ideal;
use dormouse_trace::Trace;

use crate::output::write_whole;

/// Writes every corner of the ideal curve of `trace` as CSV: a timeout of 0, each length of an idle gap, and
/// never (an empty timeout). Between two corners the wakes are constant and the idle time is linear. So the
/// corners describe the whole curve, and the minimum of any cost is at one of them.
///
/// # Errors
/// When the file cannot be written; then no file is left.
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
