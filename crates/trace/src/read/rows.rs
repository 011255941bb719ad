//! Turns lines into events: plain rows directly, all others by the csv crate.

use std::io::{self, Read};

use csv::{ByteRecord, ReaderBuilder, Terminator};
use memchr::memchr;

use super::builder::Builder;
use super::decode::{Source, failure};
use super::explain::{Place, Why, Wrong, field_count};
use super::head::{Columns, Head};
use super::lines::{Blocks, LONGEST_LINE, SPARE, Stop};
use super::number::{seconds_as_ms, whole_ms};
use super::quick::Quick;
use super::{Note, Read as Done, ReadOptions};
use crate::{Event, Kind, TraceError};

/// Reads all rows; without `quick`, each of them by the csv crate. Each line is a row.
pub(crate) fn read(
    source: Source<'_>,
    head: Head,
    path: &str,
    options: &ReadOptions,
    quick: bool,
) -> Result<Done, TraceError> {
    let mut builder = Builder::new(path, options);
    let mut quick = Quick::new(head.columns, head.fields).filter(|_| quick);
    let mut lines = Lines::new(&head, path);
    let mut blocks = Blocks::new(source.text, head.recorded);
    let mut line = head.line;
    loop {
        let mut rest = match blocks.next() {
            Ok(block) if block.len() == SPARE => break,
            Ok(block) => block,
            Err(Stop::TooLong) => {
                return Err(TraceError::LongLine {
                    path: path.to_owned(),
                    line: line + 1,
                    bytes: LONGEST_LINE,
                });
            }
            Err(Stop::Io(error)) => return Err(failure(error, source.format, path, line + 1)),
        };
        if line == head.line {
            // A header and a file that begins with a byte order mark may have been joined.
            rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest);
        }
        loop {
            if let Some(quick) = &mut quick {
                rest = quick.rows(rest, &mut line, &mut builder)?;
            }
            if rest.len() <= SPARE {
                break;
            }
            line += 1;
            let (text, others) = rest.split_at(memchr(b'\n', rest).map_or(rest.len(), |end| end + 1));
            lines.read(text, line, &mut builder)?;
            rest = others;
        }
    }
    let torn = blocks.torn();
    let mut done = builder.finish(head)?;
    if torn {
        done.notes.push(Note::Torn { path: path.to_owned() });
    }
    Ok(done)
}

/// Reads lines with the csv crate.
struct Lines<'a> {
    path: &'a str,
    columns: Columns,
    fields: usize,
    /// Splits lines without quotes. It is made when it is needed, since that costs as much as a hundred lines.
    plain: Option<csv::Reader<Feed>>,
    /// Splits lines with quotes.
    quoting: Option<csv::Reader<Feed>>,
    row: ByteRecord,
}

impl<'a> Lines<'a> {
    fn new(head: &Head, path: &'a str) -> Lines<'a> {
        Lines {
            path,
            columns: head.columns,
            fields: head.fields,
            plain: None,
            quoting: None,
            row: ByteRecord::new(),
        }
    }

    /// Splits a line that contains a quote, with its line break.
    fn split_with_quotes(&mut self, text: &[u8]) -> csv::Result<bool> {
        let quoting = self.quoting.get_or_insert_with(|| splitter(true));
        let done = split(quoting, text, &mut self.row);
        if !quoting.get_ref().ended {
            return done;
        }
        // A quote is still open, and the line break is in its field. Without it, the end of the text closes the quote.
        self.quoting = None;
        split(&mut splitter(true), text.strip_suffix(b"\n").unwrap_or(text), &mut self.row)
    }

    /// Reads one line, with its line break. Only a line that contains a quote is split with quotes, so an unclosed quote
    /// affects only its own line.
    fn read(&mut self, text: &[u8], line: u64, builder: &mut Builder<'_>) -> Result<(), TraceError> {
        if matches!(text, [b'#', ..] | b"\n") {
            return Ok(());
        }
        let place = Place { path: self.path, line };
        let split = match memchr(b'"', text) {
            Some(_) => self.split_with_quotes(text),
            None => split(self.plain.get_or_insert_with(|| splitter(false)), text, &mut self.row),
        };
        if !matches!(split, Ok(true)) {
            // Memory cannot fail to be read, and the line is not empty.
            return Err(TraceError::Binary { path: self.path.to_owned(), found: "its rows cannot be split" });
        }
        let row = &self.row;
        if row.len() != self.fields {
            if row.len() == 1 && row[0].trim_ascii().is_empty() {
                return Ok(()); // a blank line that is not quite empty
            }
            return Err(field_count(row, self.fields, place));
        }
        let (name, event) = match self.columns {
            Columns::Canonical { instance, at_ms, kind, work_ms } => {
                (instance, canonical(row, at_ms, kind, work_ms))
            }
            Columns::Short { instance, arrival_s, duration_s } => {
                (instance, short(row, arrival_s, duration_s))
            }
        };
        let event = event.map_err(|wrong| wrong.explain(row, place))?;
        // The carriage return of a Windows line ending stays in the last field; numbers and kinds are trimmed anyway.
        let name = row[name].strip_suffix(b"\r").unwrap_or(&row[name]);
        builder.push(name, event, line)
    }
}

/// Passes on the lines that it is given, one at a time.
#[derive(Default)]
struct Feed {
    line: Vec<u8>,
    passed: usize,
    /// Whether more was wanted than the line has.
    ended: bool,
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&self.line[self.passed..]).read(buffer)?;
        self.passed += read;
        self.ended |= read == 0;
        Ok(read)
    }
}

/// A reader that splits one line after the other.
fn splitter(quoting: bool) -> csv::Reader<Feed> {
    let mut splitter = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .quoting(quoting)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(Feed::default());
    // The first line that it splits would lose a byte order mark, so that is none of the file's.
    let _ = split(&mut splitter, b"first\n", &mut ByteRecord::new());
    splitter
}

/// Splits a line, with its line break. The splitter has passed on every line before, so it reads this one next.
fn split(splitter: &mut csv::Reader<Feed>, line: &[u8], row: &mut ByteRecord) -> csv::Result<bool> {
    let feed = splitter.get_mut();
    feed.line.clear();
    feed.line.extend_from_slice(line);
    feed.passed = 0;
    splitter.read_byte_record(row)
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
