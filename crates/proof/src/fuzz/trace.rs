//! Trace files: plain, gzip, zstd.

use dormouse_trace::{ReadOptions, RowOrder, Trace, read, read_plainly, write_csv};

use super::text::assert_one_line;

/// The reader of trace files. It must read plain rows as the csv crate does. A trace must be in order, and must survive writing and reading, except for the
/// order of its instances: that is the order of their first rows, which the writer sorts by time.
pub fn trace(data: &[u8]) {
    let options = ReadOptions { order: RowOrder::Sort, max_bytes: 32 << 20 };
    let found = read(data, "x.csv", &options);
    let plain = read_plainly(data, "x.csv", &options);
    let (quick, plain) =
        (found.as_ref().map_err(ToString::to_string), plain.as_ref().map_err(ToString::to_string));
    assert_eq!(quick, plain, "plain rows and the csv crate differ");
    let found = match found {
        Ok(read) => read.trace,
        Err(error) => return assert_one_line(&error),
    };
    for instance in &found.instances {
        assert!(instance.events.at_ms().is_sorted(), "`{}` is out of order", instance.name);
    }
    let mut written = Vec::new();
    write_csv(&found, &mut written).expect("what was read can be written");
    let again = read(written.as_slice(), "y.csv", &ReadOptions { order: RowOrder::Refuse, ..options });
    assert_eq!(by_name(again.expect("what was written can be read").trace), by_name(found));
}

fn by_name(mut trace: Trace) -> Trace {
    trace.instances.sort_by(|a, b| a.name.cmp(&b.name));
    trace
}
