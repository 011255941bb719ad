//! Tests of fleets: files, batches, and answers that merge.

mod broken;
mod files;
mod partials;

use dormouse_fleet::{Fleet, Writer};
use dormouse_trace::Trace;

/// A trace as it is read back from its fleet: without instances that have no events, and sorted by first arrival and name.
fn canonical(mut trace: Trace) -> Trace {
    trace.instances.retain(|instance| !instance.events.is_empty());
    trace.instances.sort_by(|a, b| (a.events.first_at_ms(), &a.name).cmp(&(b.events.first_at_ms(), &b.name)));
    trace
}

/// A fleet in a temporary folder, which is removed when this is dropped.
struct File {
    fleet: Fleet,
    _folder: tempfile::TempDir,
}

/// Writes a trace with row groups of `group_rows` rows, and opens it.
fn fleet_of(trace: &Trace, group_rows: usize) -> File {
    let bytes = Writer::new(Vec::new(), &trace.meta)
        .and_then(|writer| writer.with_group_rows(group_rows).finish_with(trace))
        .expect("memory takes everything");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fleet.parquet");
    std::fs::write(&path, bytes).expect("written");
    File { fleet: Fleet::open(&path).expect("a fleet"), _folder: folder }
}
