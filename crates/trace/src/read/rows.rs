//! Converts CSV records to events.

use std::cell::Cell;
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder, Terminator};

use super::builder::Builder;
use super::decode::{Source, failure};
use super::explain::{Place, Why, Wrong, field_count};
use super::head::{Columns, Head};
use super::lines::{LONGEST_LINE, Lines, WholeLines};
use super::number::{seconds_as_ms, whole_ms};
use super::{Note, Read as Done, ReadOptions};
use crate::{Event, Kind, TraceError};

const BUFFER: usize = 128 << 10;

/// Reads all rows.
///
/// Each line is a row. Fields are split without regard to quotes; only a line that contains a quote is split
/// again with quotes. So an unclosed quote affects only its own line, and line numbers are exact. A final
/// newline is appended if missing: every record then ends after a newline, and a record's line is the reader's
/// line minus one.
pub(crate) fn read(
    source: Source<'_>,
    head: Head,
    path: &str,
    options: &ReadOptions,
) -> Result<Done, TraceError> {
    let mut builder = Builder::new(path, options);
    let torn = Cell::new(false);
    let text: Box<dyn Read + '_> =
        if head.recorded { Box::new(WholeLines::new(source.text, &torn)) } else { Box::new(source.text) };
    let mut rows = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .quoting(false)
        .comment(Some(b'#'))
        .terminator(Terminator::Any(b'\n'))
        .buffer_capacity(BUFFER)
        .from_reader(Lines::new(text.chain(&b"\n"[..])));
    let mut row = ByteRecord::new();
    loop {
        let more = match rows.read_byte_record(&mut row) {
            Ok(more) => more,
            Err(error) => {
                let line = head.line + rows.position().line();
                if rows.get_ref().too_long() {
                    return Err(TraceError::LongLine { path: path.to_owned(), line, bytes: LONGEST_LINE });
                }
                return Err(match error.into_kind() {
                    csv::ErrorKind::Io(error) => failure(error, source.format, path, line),
                    _ => TraceError::Binary { path: path.to_owned(), found: "its rows cannot be split" },
                });
            }
        };
        if !more {
            break;
        }
        let place = Place { path, line: head.line + rows.position().line() - 1 };
        if row.as_slice().contains(&b'"') {
            row = split_with_quotes(&row);
        }
        if row.len() != head.fields {
            if row.len() == 1 && row[0].trim_ascii().is_empty() {
                continue; // a blank line that is not quite empty
            }
            return Err(field_count(&row, head.fields, place));
        }
        let (name, event) = match head.columns {
            Columns::Canonical { instance, at_ms, kind, work_ms } => {
                (instance, canonical(&row, at_ms, kind, work_ms))
            }
            Columns::Short { instance, arrival_s, duration_s } => {
                (instance, short(&row, arrival_s, duration_s))
            }
        };
        let event = event.map_err(|wrong| wrong.explain(&row, place))?;
        // The carriage return of a Windows line ending stays in the last field; numbers and kinds are trimmed anyway.
        let name = row[name].strip_suffix(b"\r").unwrap_or(&row[name]);
        builder.push(name, event, place.line)?;
    }
    let mut done = builder.finish(head)?;
    if torn.get() {
        done.notes.push(Note::Torn { path: path.to_owned() });
    }
    Ok(done)
}

fn canonical(row: &ByteRecord, at_ms: usize, kind: usize, work_ms: usize) -> Result<Event, Wrong> {
    let ms = |field: usize, column: &'static str, bytes: &[u8]| {
        whole_ms(bytes).map_err(|why| Wrong { field, column, why: Why::Ms(why) })
    };
    let work = row[work_ms].trim_ascii();
    Ok(Event {
        at_ms: ms(at_ms, "at_ms", row[at_ms].trim_ascii())?,
        kind: Kind::from_bytes(row[kind].trim_ascii()).ok_or(Wrong {
            field: kind,
            column: "kind",
            why: Why::Kind,
        })?,
        work_ms: if work.is_empty() { 0 } else { ms(work_ms, "work_ms", work)? },
    })
}

fn short(row: &ByteRecord, arrival_s: usize, duration_s: usize) -> Result<Event, Wrong> {
    let ms = |field: usize, column: &'static str, bytes: &[u8]| {
        seconds_as_ms(bytes).map_err(|why| Wrong { field, column, why: Why::Ms(why) })
    };
    let duration = row[duration_s].trim_ascii();
    Ok(Event {
        at_ms: ms(arrival_s, "arrival_s", row[arrival_s].trim_ascii())?,
        kind: Kind::Inbound,
        work_ms: if duration.is_empty() { 0 } else { ms(duration_s, "duration_s", duration)? },
    })
}

/// Splits the same line again, with quotes.
fn split_with_quotes(row: &ByteRecord) -> ByteRecord {
    let line = row.iter().collect::<Vec<_>>().join(&b',');
    let mut split = ByteRecord::new();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(line.as_slice());
    match reader.read_byte_record(&mut split) {
        Ok(true) => split,
        _ => row.clone(), // memory cannot fail to be read
    }
}
