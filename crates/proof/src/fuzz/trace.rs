//! Trace files: plain, gzip, zstd.

use dormouse_trace::{Order, ReadOptions, Trace, read, write_csv};

use super::text::assert_one_line;

/// The reader of trace files. A trace that was read is in order, and comes back the same when it is written and read again,
/// but for the order of its instances: a file has that of their first rows, which the writer puts in order of time.
pub fn trace(data: &[u8]) {
    let options = ReadOptions { order: Order::Sort, max_bytes: 32 << 20 };
    let found = match read(data, "x.csv", &options) {
        Ok(read) => read.trace,
        Err(error) => return assert_one_line(&error),
    };
    for instance in &found.instances {
        assert!(instance.events.at_ms().is_sorted(), "`{}` is out of order", instance.name);
    }
    let mut written = Vec::new();
    write_csv(&found, &mut written).expect("what was read can be written");
    let again = read(written.as_slice(), "y.csv", &ReadOptions { order: Order::Refuse, ..options });
    assert_eq!(by_name(again.expect("what was written can be read").trace), by_name(found));
}

fn by_name(mut trace: Trace) -> Trace {
    trace.instances.sort_by(|a, b| a.name.cmp(&b.name));
    trace
}
