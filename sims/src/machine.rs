//! What a report was made on.

use std::fs;

/// A few lines: version, system, processor, memory. What cannot be found out is left out.
pub(crate) fn describe() -> String {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    dormouse_report::machine(
        &format!("sims {}", env!("CARGO_PKG_VERSION")),
        rayon::current_num_threads(),
        &text("/proc/cpuinfo"),
        &text("/proc/meminfo"),
    )
}
