//! The machine that made a report.

/// The text of `machine.txt`: the program (`maker`), the system, the number of threads, the processor and the memory, one
/// line each.
///
/// `cpuinfo` and `meminfo` are the contents of `/proc/cpuinfo` and `/proc/meminfo` on Linux. A field that they do not have is
/// left out, so both may be empty.
#[must_use]
pub fn machine(maker: &str, threads: usize, cpuinfo: &str, meminfo: &str) -> String {
    let mut lines = vec![
        maker.to_owned(),
        format!("system: {} {}", std::env::consts::OS, std::env::consts::ARCH),
        format!("threads: {threads}"),
    ];
    lines.extend(field(cpuinfo, "model name").map(|model| format!("processor: {model}")));
    lines.extend(field(meminfo, "MemTotal").map(|memory| format!("memory: {memory}")));
    lines.join("\n") + "\n"
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
mod tests {
    use super::machine;

    #[test]
    fn unknown_fields_are_left_out() {
        let known = machine("sims 1", 2, "x: y\nmodel name\t: Fast\nmodel name\t: Slow\n", "MemTotal: 9 kB");
        assert!(known.starts_with("sims 1\nsystem: "), "{known}");
        assert!(known.ends_with("\nthreads: 2\nprocessor: Fast\nmemory: 9 kB\n"), "{known}");
        assert!(machine("sims 1", 2, "", "MemTotal").ends_with("threads: 2\n"));
    }
}
