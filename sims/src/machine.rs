//! The machine on which a report was made.

use std::fs;

/// A few lines: version, system, processor, memory. What cannot be determined is left out.
pub(crate) fn describe() -> String {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    dormouse_report::machine(
        &format!("sims {}", env!("CARGO_PKG_VERSION")),
        rayon::current_num_threads(),
        &text("/proc/cpuinfo"),
        &text("/proc/meminfo"),
    )
}
