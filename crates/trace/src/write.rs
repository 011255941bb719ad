//! Writing trace files.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::io::{self, Write};
use std::path::Path;

use flate2::write::GzEncoder;

use crate::read::{CANONICAL, SHORT};
use crate::{Instance, Kind, Trace, TraceError};

/// The header of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// `instance,at_ms,kind,work_ms`: complete.
    #[default]
    Canonical,
    /// `instance,arrival_s,duration_s`: inbound only, in decimal seconds.
    Short,
}

/// Compression of the file. The bytes depend only on the trace: they contain no file name and no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not compressed.
    #[default]
    None,
    /// gzip, level 6.
    Gzip,
    /// zstd, level 3.
    Zstd,
}

impl Compression {
    /// The compression for a file name: `.gz`, `.zst`, or none for any other ending.
    pub fn of_path(path: &Path) -> Compression {
        match path.extension() {
            Some(end) if end.eq_ignore_ascii_case("gz") => Compression::Gzip,
            Some(end) if end.eq_ignore_ascii_case("zst") => Compression::Zstd,
            _ => Compression::None,
        }
    }
}

/// Options of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteOptions {
    /// The header of the file.
    pub form: Form,
    /// The compression.
    pub compression: Compression,
}

/// Writes the canonical form, uncompressed: [`write()`] with the default options.
///
/// # Errors
/// The same as [`write()`].
pub fn write_csv(trace: &Trace, out: impl Write) -> Result<(), TraceError> {
    write(trace, out, WriteOptions::default())
}

/// Writes a trace such that reading it gives the same trace.
///
/// Rows are in order of time over all instances, ties in the order of the instances. What rows cannot express is
/// lost: an instance without events is not written, and on reading, instances are in the order of their first
/// row.
///
/// # Errors
/// [`TraceError::Inexpressible`] for an empty or repeated name, a name with a line break, a time beyond
/// [`MAX_MS`](crate::MAX_MS), a time zone with white space, and, in the short form, any kind but `inbound`;
/// [`TraceError::Unwritable`] when writing to `out` fails.
pub fn write(trace: &Trace, out: impl Write, options: WriteOptions) -> Result<(), TraceError> {
    check(trace, options.form)?;
    match options.compression {
        Compression::None => rows(trace, out, options.form).map(drop),
        Compression::Gzip => {
            let packed = rows(trace, GzEncoder::new(out, flate2::Compression::default()), options.form)?;
            Ok(packed.finish()?.flush()?)
        }
        Compression::Zstd => {
            let packed = rows(trace, zstd::Encoder::new(out, 3)?, options.form)?;
            Ok(packed.finish()?.flush()?)
        }
    }
}

/// Checks that a file can express this instance. [`write()`] calls it for every instance; writers of other
/// formats must do so too.
///
/// # Errors
/// [`TraceError::Inexpressible`] for a name that is empty or has a line break, and for a time beyond [`MAX_MS`](crate::MAX_MS).
pub fn expressible(instance: &Instance) -> Result<(), TraceError> {
    let refuse = |problem: String, fix| Err(TraceError::Inexpressible { problem, fix });
    let Instance { name, events, .. } = instance;
    if name.trim().is_empty() || name.contains(['\n', '\r']) {
        return refuse(format!("`{}` cannot name an instance", name.escape_debug()), "rename it");
    }
    let beyond = |ms: &&u64| **ms > crate::MAX_MS;
    if let Some(ms) = events.at_ms().iter().chain(events.work_ms()).find(beyond) {
        return refuse(format!("{ms} ms in `{name}` is beyond 2^50"), "count from the trace's start");
    }
    Ok(())
}

fn check(trace: &Trace, form: Form) -> Result<(), TraceError> {
    let refuse = |problem: String, fix| Err(TraceError::Inexpressible { problem, fix });
    let mut names = BTreeSet::new();
    for instance in &trace.instances {
        expressible(instance)?;
        let name = &instance.name;
        if !names.insert(name) {
            return refuse(format!("two instances are named `{name}`"), "rename one");
        }
        if form == Form::Short
            && let Some(kind) = instance.events.kinds().iter().find(|&&kind| kind != Kind::Inbound)
        {
            return refuse(
                format!("the short form has no kind, and `{name}` has {kind} events"),
                "use the canonical form",
            );
        }
    }
    match &trace.meta.time_zone {
        Some(zone) if zone.is_empty() || zone.contains(char::is_whitespace) => {
            refuse(format!("`{}` is not a time zone", zone.escape_debug()), "use an offset such as +01:00")
        }
        _ => Ok(()),
    }
}

fn rows<W: Write>(trace: &Trace, out: W, form: Form) -> Result<W, TraceError> {
    let mut out = io::BufWriter::with_capacity(128 << 10, out);
    if trace.meta.epoch_ms.is_some() || trace.meta.time_zone.is_some() {
        write!(out, "# dormouse-trace v1")?;
        if let Some(epoch_ms) = trace.meta.epoch_ms {
            write!(out, " epoch_ms={epoch_ms}")?;
        }
        if let Some(zone) = &trace.meta.time_zone {
            write!(out, " tz={zone}")?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", if form == Form::Short { SHORT } else { CANONICAL })?;

    let names: Vec<Vec<u8>> =
        trace.instances.iter().map(|instance| quoted(&instance.name)).collect::<Result<_, _>>()?;
    let first =
        |(place, instance): (usize, &Instance)| Some(Reverse((instance.events.first_at_ms()?, place, 0)));
    let mut next: BinaryHeap<_> = trace.instances.iter().enumerate().filter_map(first).collect();
    while let Some(Reverse((_, place, index))) = next.pop() {
        let events = &trace.instances[place].events;
        let event = events.get(index);
        out.write_all(&names[place])?;
        match form {
            Form::Canonical => writeln!(out, ",{},{},{}", event.at_ms, event.kind.name(), event.work_ms)?,
            Form::Short => writeln!(out, ",{},{}", Seconds(event.at_ms), Seconds(event.work_ms))?,
        }
        if let Some(&at_ms) = events.at_ms().get(index + 1) {
            next.push(Reverse((at_ms, place, index + 1)));
        }
    }
    out.into_inner().map_err(|error| error.into_error().into())
}

/// A name as a CSV field, quoted if needed.
fn quoted(name: &str) -> Result<Vec<u8>, TraceError> {
    let mut field = Vec::new();
    let mut csv = csv::WriterBuilder::new().comment(Some(b'#')).from_writer(&mut field);
    csv.write_record([name]).map_err(io::Error::from)?;
    csv.flush()?;
    drop(csv);
    field.pop(); // the line's end
    Ok(field)
}

/// Formats ms as decimal seconds without trailing zeros.
struct Seconds(u64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, ms) = (self.0 / 1000, self.0 % 1000);
        match ms {
            0 => write!(f, "{whole}"),
            ms => write!(f, "{whole}.{}", format!("{ms:03}").trim_end_matches('0')),
        }
    }
}
