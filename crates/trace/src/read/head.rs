//! Reads the part before the rows: byte order mark, comments, header.

use std::io::{BufRead, Read};

use dormouse_text::nearest::nearest;

use super::Note;
use super::decode::{Source, failure};
use crate::{Meta, TraceError};

/// The canonical header.
pub(crate) const CANONICAL: &str = "instance,at_ms,kind,work_ms";
/// The short header.
pub(crate) const SHORT: &str = "instance,arrival_s,duration_s";

/// The word in the comment line of a file that is recorded live.
pub(crate) const RECORDED: &str = "recorded";

/// The longest line that is accepted as a header or comment. Real ones are much shorter.
const LONGEST_LINE: u64 = 64 << 10;

/// The form of the rows, and the field index of each column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Columns {
    /// Whole ms and a kind.
    Canonical { instance: usize, at_ms: usize, kind: usize, work_ms: usize },
    /// Decimal seconds, all inbound.
    Short { instance: usize, arrival_s: usize, duration_s: usize },
}

/// The parsed head.
pub(crate) struct Head {
    /// The header's line.
    pub(crate) line: u64,
    /// Number of fields in the header.
    pub(crate) fields: usize,
    /// The field indices of the columns.
    pub(crate) columns: Columns,
    /// The content of the comment line.
    pub(crate) meta: Meta,
    /// Was it recorded live, so that its last line may be incomplete?
    pub(crate) recorded: bool,
    /// Columns that were ignored.
    pub(crate) notes: Vec<Note>,
}

/// Reads up to and including the header.
pub(crate) fn read(source: &mut Source<'_>, path: &str) -> Result<Head, TraceError> {
    refuse_binary(source, path)?;
    let mut meta = None;
    let mut line = 0;
    loop {
        line += 1;
        let mut bytes = Vec::new();
        let read = source.text.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes);
        read.map_err(|error| failure(error, source.format, path, line))?;
        if bytes.is_empty() {
            return Err(TraceError::Empty { path: path.to_owned() });
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf".as_slice()).filter(|_| line == 1).unwrap_or(&bytes);
        let Ok(text) = str::from_utf8(text) else {
            let fix =
                format!("its bytes are not UTF-8: save the file as UTF-8, beginning with `{CANONICAL}`");
            return Err(TraceError::NoHeader { path: path.to_owned(), line, fix });
        };
        match text.trim() {
            "" => {}
            comment if comment.starts_with('#') => {
                if let Some(found) = read_meta(comment, path, line)? {
                    meta.get_or_insert(found);
                }
            }
            header => return read_header(header, path, line, meta.unwrap_or_default()),
        }
    }
}

/// A NUL byte means that the file is not text, most often UTF-16 or a compressed format.
fn refuse_binary(source: &mut Source<'_>, path: &str) -> Result<(), TraceError> {
    let start = source.text.fill_buf().map_err(|error| failure(error, source.format, path, 1))?;
    let found = match start {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        [b'P', b'A', b'R', b'1', ..] => "Parquet",
        [b'P', b'K', 3, 4, ..] => "a zip archive",
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => "compressed twice",
        _ if start.contains(&0) => "it holds NUL bytes",
        _ => return Ok(()),
    };
    Err(TraceError::Binary { path: path.to_owned(), found })
}

/// Parses `# dormouse-trace v1 epoch_ms=… tz=… recorded`; any other comment is ignored.
fn read_meta(comment: &str, path: &str, line: u64) -> Result<Option<(Meta, bool)>, TraceError> {
    let mut words = comment.trim_start_matches('#').split_whitespace();
    if words.next() != Some("dormouse-trace") {
        return Ok(None);
    }
    let wrong =
        |text: &str, fix| TraceError::Meta { path: path.to_owned(), line, text: text.to_owned(), fix };
    match words.next() {
        Some("v1") => {}
        other => return Err(wrong(other.unwrap_or("dormouse-trace"), "this program reads version `v1`")),
    }
    let (mut meta, mut recorded) = (Meta::default(), false);
    for word in words {
        match word.split_once('=') {
            Some(("epoch_ms", ms)) => {
                let ms =
                    ms.parse().map_err(|_| wrong(word, "epoch_ms is a whole number of ms since 1970"))?;
                meta.epoch_ms = Some(ms);
            }
            Some(("tz", "")) => {
                return Err(wrong(word, "tz is an offset like +01:00 or a name like Europe/Rome"));
            }
            Some(("tz", zone)) => meta.time_zone = Some(zone.to_owned()),
            None if word == RECORDED => recorded = true,
            _ => {} // a later version may say more
        }
    }
    Ok(Some((meta, recorded)))
}

fn read_header(
    header: &str,
    path: &str,
    line: u64,
    (meta, recorded): (Meta, bool),
) -> Result<Head, TraceError> {
    let names: Vec<&str> = header.split(',').map(|name| name.trim().trim_matches('"')).collect();
    let find = |name: &str| names.iter().position(|&known| known == name);
    let known =
        |name: &str| [CANONICAL, SHORT].iter().any(|form| form.split(',').any(|column| column == name));
    if !names.iter().any(|name| known(name)) {
        return Err(TraceError::NoHeader { path: path.to_owned(), line, fix: header_fix(header) });
    }
    if let Some((place, _)) = names.iter().enumerate().find(|&(place, name)| names[..place].contains(name)) {
        let column = names[place].to_owned();
        return Err(TraceError::DuplicateColumn { path: path.to_owned(), line, column });
    }
    let need = |column: &'static str| {
        find(column).ok_or_else(|| {
            let others: Vec<&str> = names.iter().copied().filter(|name| !known(name)).collect();
            let fix = match nearest(column, &others) {
                Some(name) => format!("rename `{name}` to it"),
                None => format!("the header is `{CANONICAL}` or `{SHORT}`"),
            };
            TraceError::MissingColumn { path: path.to_owned(), line, column, fix }
        })
    };
    // Column names that occur in only one form decide; a tie is read as canonical.
    let short = find("at_ms").is_none() && find("kind").is_none() && find("work_ms").is_none();
    let short = short && (find("arrival_s").is_some() || find("duration_s").is_some());
    let (form, columns) = if short {
        let (instance, arrival_s, duration_s) = (need("instance")?, need("arrival_s")?, need("duration_s")?);
        (SHORT, Columns::Short { instance, arrival_s, duration_s })
    } else {
        let (instance, at_ms) = (need("instance")?, need("at_ms")?);
        let (kind, work_ms) = (need("kind")?, need("work_ms")?);
        (CANONICAL, Columns::Canonical { instance, at_ms, kind, work_ms })
    };
    let ignored = names.iter().filter(|&&name| form.split(',').all(|column| column != name));
    let notes = ignored
        .map(|&column| Note::Ignored { path: path.to_owned(), line, column: column.to_owned() })
        .collect();
    Ok(Head { line, fields: names.len(), columns, meta, recorded, notes })
}

fn header_fix(header: &str) -> String {
    for (separator, name) in [(';', "semicolons"), ('\t', "tabs")] {
        if header.split(separator).any(|field| field.trim() == "instance") {
            return format!("its fields are separated by {name}: use commas");
        }
    }
    format!("put `{CANONICAL}` or `{SHORT}` above the rows")
}
