//! What a report was made on.

use std::fs;

/// A few lines: version, system, processor, memory. What cannot be found out is left out.
pub(crate) fn describe() -> String {
    let mut lines = vec![
        format!("sims {}", env!("CARGO_PKG_VERSION")),
        format!("system: {} {}", std::env::consts::OS, std::env::consts::ARCH),
        format!("threads: {}", rayon::current_num_threads()),
    ];
    if let Some(model) = field("/proc/cpuinfo", "model name") {
        lines.push(format!("processor: {model}"));
    }
    if let Some(memory) = field("/proc/meminfo", "MemTotal") {
        lines.push(format!("memory: {memory}"));
    }
    lines.join("\n") + "\n"
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
