//! Publishes results as a folder under `reports/`.

use std::fs;
use std::path::Path;

use crate::whole;
use anyhow::Context;
use dormouse_report::{File, machine};

/// The command line, for the first line of a report.
#[must_use]
pub fn command_line() -> String {
    let mut words = std::env::args();
    let program = words.next().unwrap_or_default();
    let program =
        Path::new(&program).file_name().map_or_else(|| program.clone(), |it| it.to_string_lossy().into());
    let words: Vec<String> = words.collect();
    format!("cargo run --release -p dormouse-benches --bin {program} -- {}", words.join(" "))
}

/// Writes `files` and `machine.txt` into `folder`, which is created if needed. Each file is written atomically.
///
/// # Errors
/// When the folder or one of the files cannot be written to.
pub fn write(folder: &Path, files: Vec<File>) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let maker = format!("dormouse-benches {}", env!("CARGO_PKG_VERSION"));
    let machine = machine(&maker, threads, &text("/proc/cpuinfo"), &text("/proc/meminfo"));
    for File { name, bytes } in files {
        whole::write(&folder.join(name), &bytes)?;
    }
    whole::write(&folder.join("machine.txt"), machine.as_bytes())
}
