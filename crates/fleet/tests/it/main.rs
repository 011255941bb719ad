//! Fleets as files, as batches, and as answers that merge.

mod broken;
mod files;
mod partials;

use dormouse_fleet::{Fleet, Writer};
use dormouse_trace::Trace;

/// A trace as a reader of its fleet gets it: without instances in which nothing arrives, by first arrival and name.
fn canonical(mut trace: Trace) -> Trace {
    trace.instances.retain(|instance| !instance.events.is_empty());
    trace.instances.sort_by(|a, b| (a.events.first_at_ms(), &a.name).cmp(&(b.events.first_at_ms(), &b.name)));
    trace
}

/// A fleet's file in a folder of its own, which is removed with it.
struct File {
    fleet: Fleet,
    _folder: tempfile::TempDir,
}

/// Writes a trace with row groups of so many rows, and opens it.
fn fleet_of(trace: &Trace, group_rows: usize) -> File {
    let bytes = Writer::new(Vec::new(), &trace.meta)
        .and_then(|writer| writer.with_group_rows(group_rows).finish_with(trace))
        .expect("memory takes everything");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fleet.parquet");
    std::fs::write(&path, bytes).expect("written");
    File { fleet: Fleet::open(&path).expect("a fleet"), _folder: folder }
}
