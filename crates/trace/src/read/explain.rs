//! Errors for rows that cannot be read.

use csv::ByteRecord;

use super::head::{CANONICAL, SHORT};
use super::number::NotMs;
use crate::{Kind, TraceError};

/// The position of a row.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) line: u64,
}

/// A field whose value does not fit its column.
pub(super) struct Wrong {
    pub(super) field: usize,
    pub(super) column: &'static str,
    pub(super) why: Why,
}

/// What is wrong with the field.
pub(super) enum Why {
    /// It is not the name of a kind.
    Kind,
    /// It is not a number of ms.
    Ms(NotMs),
}

impl Wrong {
    /// The error with a suggested fix.
    pub(super) fn explain(self, row: &ByteRecord, place: Place<'_>) -> TraceError {
        let (path, line, column) = (place.path.to_owned(), place.line, self.column);
        let Ok(text) = str::from_utf8(&row[self.field]) else {
            return not_utf8(place, column);
        };
        let text = shorten(text.trim());
        if is_header(row) {
            return TraceError::SecondHeader { path, line };
        }
        let time = column.starts_with('a');
        let (problem, fix) = match self.why {
            Why::Kind if text.is_empty() => ("is empty".to_owned(), format!("name one of {}", kinds())),
            Why::Kind => (
                format!("`{text}` is not a kind"),
                dormouse_text::nearest::advice(&text, Kind::ALL.map(Kind::name)),
            ),
            Why::Ms(NotMs::Negative) if time => {
                (format!("{text} is negative"), "count from the trace's start".to_owned())
            }
            Why::Ms(NotMs::Negative) => {
                (format!("{text} is negative"), "leave it empty if unknown".to_owned())
            }
            Why::Ms(NotMs::NotFinite) => (
                format!("{text} is not finite"),
                if time { "remove the row" } else { "leave it empty if unknown" }.to_owned(),
            ),
            Why::Ms(NotMs::Fraction) => (
                format!("{text} has a fraction"),
                format!("round it, or give seconds under the header `{SHORT}`"),
            ),
            Why::Ms(NotMs::TooLarge) => (
                format!("{text} is too large"),
                "the latest time is 2^50 ms; count from the trace's start".to_owned(),
            ),
            Why::Ms(NotMs::NotANumber) if text.is_empty() => {
                ("is empty".to_owned(), "give the time of the arrival".to_owned())
            }
            Why::Ms(NotMs::NotANumber) => (
                format!("`{text}` is not a number"),
                if column.ends_with("_ms") { "give whole ms, digits only" } else { "give decimal seconds" }
                    .to_owned(),
            ),
        };
        TraceError::Field { path, line, column, problem, fix }
    }
}

/// The error for bytes that are not UTF-8.
fn not_utf8(place: Place<'_>, column: &'static str) -> TraceError {
    TraceError::Field {
        path: place.path.to_owned(),
        line: place.line,
        column,
        problem: "is not UTF-8".to_owned(),
        fix: "save the file as UTF-8".to_owned(),
    }
}

/// The error for a row with fewer or more fields than the header.
pub(super) fn field_count(row: &ByteRecord, expected: usize, place: Place<'_>) -> TraceError {
    let (path, line, found) = (place.path.to_owned(), place.line, row.len());
    if is_header(row) {
        return TraceError::SecondHeader { path, line };
    }
    let quote = row.as_slice().contains(&b'"') || row.iter().any(|field| field.contains(&b','));
    let fix = match found > expected {
        _ if quote => "close every quote in its own line",
        true => "remove what is too much, and quote names that hold a comma",
        false => "add what is missing; an unknown duration is an empty field, comma included",
    };
    TraceError::Fields { path, line, found, expected, fix: fix.to_owned() }
}

/// Whether these fields are column names.
fn is_header(row: &ByteRecord) -> bool {
    let known = |field: &[u8]| {
        [CANONICAL, SHORT]
            .iter()
            .any(|form| form.split(',').any(|name| name.as_bytes() == field.trim_ascii()))
    };
    row.iter().filter(|field| known(field)).count() >= 2
}

fn kinds() -> String {
    Kind::ALL.map(Kind::name).join(", ")
}

/// Shortens a field to at most 40 characters, for a message.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
