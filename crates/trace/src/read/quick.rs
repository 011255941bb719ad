//! Reads plain rows straight from the text, without splitting them into fields first.
//!
//! A row is *plain* if its columns are those of one of the two headers, in that order, and it has no quote, no spaces
//! around a field, and only digits (in the short form also a decimal point) in numbers. This is what
//! [`write()`](crate::write()) writes, unless a name has to be quoted. All other lines are left to the csv crate, which
//! also finds out what is wrong with them. So there are no errors of rows here, and a plain row must be read as the csv
//! crate would read it.

use super::builder::Builder;
use super::head::Columns;
use super::lines::SPARE;
use super::number::{Digits, leading_digits};
use crate::{Event, Kind, TraceError};

/// Reads the plain rows of one file.
pub(super) struct Quick {
    form: Form,
    /// The start of a row of the same instance as the last plain row: its name and a comma; empty at first.
    start: Vec<u8>,
    /// The first eight bytes of `start`, and the mask of those that it has.
    word: u64,
    mask: u64,
    /// The place of that instance.
    place: usize,
}

#[derive(Clone, Copy)]
enum Form {
    Canonical,
    Short,
}

impl Quick {
    /// `None` if the columns are in another order, or if there are more of them: then no row is plain.
    pub(super) fn new(columns: Columns, fields: usize) -> Option<Quick> {
        let form = match (columns, fields) {
            (Columns::Canonical { instance: 0, at_ms: 1, kind: 2, work_ms: 3 }, 4) => Form::Canonical,
            (Columns::Short { instance: 0, arrival_s: 1, duration_s: 2 }, 3) => Form::Short,
            _ => return None,
        };
        Some(Quick { form, start: Vec::new(), word: 0, mask: 0, place: 0 })
    }

    /// Adds the plain rows at the start of `text` to `builder`, counts them in `line`, and returns the rest of the text.
    /// `text` is a block of lines with its [`SPARE`] bytes.
    ///
    /// # Errors
    /// The builder's.
    pub(super) fn rows<'t>(
        &mut self,
        text: &'t [u8],
        line: &mut u64,
        builder: &mut Builder<'_>,
    ) -> Result<&'t [u8], TraceError> {
        match self.form {
            Form::Canonical => self.rows_by(text, line, builder, canonical),
            Form::Short => self.rows_by(text, line, builder, short),
        }
    }

    #[inline]
    fn rows_by<'t>(
        &mut self,
        mut text: &'t [u8],
        line: &mut u64,
        builder: &mut Builder<'_>,
        fields: impl Fn(&'t [u8]) -> Option<(Event, &'t [u8])>,
    ) -> Result<&'t [u8], TraceError> {
        while text.len() > SPARE {
            let same = self.same(text);
            let Some(start) = same.or_else(|| start_of_row(text)) else { return Ok(text) };
            let Some((event, rest)) = fields(&text[start..]) else { return Ok(text) };
            *line += 1;
            if same.is_none() {
                self.place = builder.place_of(&text[..start - 1], *line)?;
                self.remember(&text[..start]);
            }
            builder.push_at(self.place, event, *line)?;
            text = rest;
        }
        Ok(text)
    }

    /// The length of the name and its comma at the start of `text`, if they are those of the last plain row.
    #[inline]
    fn same(&self, text: &[u8]) -> Option<usize> {
        let word = u64::from_le_bytes(*text.first_chunk()?);
        let length = self.start.len();
        let same = word & self.mask == self.word && (length <= 8 || text.starts_with(&self.start));
        (same && length > 0).then_some(length)
    }

    fn remember(&mut self, start: &[u8]) {
        self.start.clear();
        self.start.extend_from_slice(start);
        (self.word, self.mask) = word(start);
    }
}

/// The length of the name and its comma at the start of `text`; `None` if the name has a quote or a carriage return, or if the
/// line is a comment.
#[inline]
fn start_of_row(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'))?;
    (text[end] == b',' && text[0] != b'#').then_some(end + 1)
}

/// The columns `at_ms,kind,work_ms`: the event, and what comes after the line.
#[inline(always)]
fn canonical(text: &[u8]) -> Option<(Event, &[u8])> {
    let Digits { value: at_ms, count: 1.., rest } = leading_digits(text)? else { return None };
    let (kind, rest) = kind(rest.strip_prefix(b",")?)?;
    let Digits { value: work_ms, rest, .. } = leading_digits(rest.strip_prefix(b",")?)?;
    Some((Event { at_ms, kind, work_ms }, line_end(rest)?))
}

/// The columns `arrival_s,duration_s`: the event, and what comes after the line.
#[inline(always)]
fn short(text: &[u8]) -> Option<(Event, &[u8])> {
    let (at_ms, rest) = seconds(text)?;
    let rest = rest.strip_prefix(b",")?;
    let (work_ms, rest) = match line_end(rest) {
        Some(_) => (0, rest),
        None => seconds(rest)?,
    };
    Some((Event { at_ms, kind: Kind::Inbound, work_ms }, line_end(rest)?))
}

/// Decimal seconds in ms, and what comes after them.
#[inline]
fn seconds(text: &[u8]) -> Option<(u64, &[u8])> {
    // With 12 digits, the ms have at most 15, which is below the limit.
    let Digits { value: whole, count: 1..=12, rest } = leading_digits(text)? else { return None };
    let Some(rest) = rest.strip_prefix(b".") else { return Some((whole * 1000, rest)) };
    let Digits { value, count, rest } = leading_digits(rest)?;
    let scale = [1000, 100, 10, 1].get(count)?;
    Some((whole * 1000 + value * scale, rest))
}

/// The kind at the start of `text`, and what comes after its name. No name of a kind is the beginning of another.
#[inline]
fn kind(text: &[u8]) -> Option<(Kind, &[u8])> {
    let first = u64::from_le_bytes(*text.first_chunk()?);
    let kind = Kind::ALL.into_iter().find(|&kind| {
        let (word, mask) = WORDS[kind as usize];
        first & mask == word
    })?;
    if kind == Kind::Inbound {
        return Some((kind, &text[Kind::Inbound.name().len()..]));
    }
    // A name may be longer than a word.
    Some((kind, text.strip_prefix(kind.name().as_bytes())?))
}

/// What comes after the line break at the start of `text`.
#[inline]
fn line_end(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// The [`word`] of the name of each kind.
const WORDS: [(u64, u64); 8] = {
    let mut words = [(0, 0); 8];
    let mut place = 0;
    while place < 8 {
        words[place] = word(Kind::ALL[place].name().as_bytes());
        place += 1;
    }
    words
};

/// The first eight bytes of `text` as a number, and the mask of those that it has.
const fn word(text: &[u8]) -> (u64, u64) {
    let (mut word, mut mask, mut place) = (0, 0, 0);
    while place < text.len() && place < 8 {
        word |= (text[place] as u64) << (8 * place);
        mask |= 0xff << (8 * place);
        place += 1;
    }
    (word, mask)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::read::ReadOptions;

    /// The length of the text that is read as plain rows, and the events.
    fn plain(columns: Columns, fields: usize, text: &str) -> (usize, Vec<(String, Event)>) {
        let options = ReadOptions::default();
        let (mut builder, mut line) = (Builder::new("x", &options), 0);
        let mut quick = Quick::new(columns, fields).unwrap();
        let rest = quick.rows(text.as_bytes(), &mut line, &mut builder).unwrap();
        let read = text.len() - rest.len();
        assert_eq!(line as usize, text[..read].lines().count());
        let instances = builder.instances().iter();
        let events =
            instances.flat_map(|instance| instance.events.iter().map(|event| (instance.name.clone(), event)));
        (read, events.collect())
    }

    const CANONICAL: Columns = Columns::Canonical { instance: 0, at_ms: 1, kind: 2, work_ms: 3 };
    const SHORT: Columns = Columns::Short { instance: 0, arrival_s: 1, duration_s: 2 };

    proptest! {
        #[test]
        fn what_is_written_is_plain(
            rows in prop::collection::vec(("[a-z é]{0,19}[a-z]", 0..10_u64.pow(15), 0..8_usize, 0..10_u64.pow(15), any::<bool>()), 1..9),
        ) {
            let event = |at_ms, kind: usize, work_ms| Event { at_ms, kind: Kind::ALL[kind], work_ms };
            let mut expected: Vec<_> =
                rows.iter().map(|(name, at, kind, work, _)| (name.clone(), event(*at, *kind, *work))).collect();
            let lines: String = rows
                .iter()
                .map(|(name, at, kind, work, windows)| {
                    format!("{name},{at},{},{work}{}", Kind::ALL[*kind], if *windows { "\r\n" } else { "\n" })
                })
                .collect();
            // The last bytes of a text need not be read.
            let (read, mut found) = plain(CANONICAL, 4, &format!("{lines}# the next"));
            prop_assert_eq!(read, lines.len());
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_short_form_has_decimals_and_may_have_no_duration() {
        let text = "a,0,\na,12.5,1.25\na,999999999999.999,0.001\r\nb,1,\n--------";
        let (read, events) = plain(SHORT, 3, text);
        let event = |at_ms, work_ms| Event { at_ms, kind: Kind::Inbound, work_ms };
        let expected = [
            ("a", event(0, 0)),
            ("a", event(12_500, 1_250)),
            ("a", event(999_999_999_999_999, 1)),
            ("b", event(1_000, 0)),
        ];
        assert_eq!(events, expected.map(|(name, event)| (name.to_owned(), event)));
        assert_eq!(&text[read..], "--------");
    }

    #[test]
    fn all_other_lines_are_left_to_the_csv_crate() {
        for line in [
            "# a,1,api,1",
            "",
            "\r",
            "\"a\",1,api,1",
            "a\"b,1,api,1",
            "a\r,1,api,1",
            "a, 1,api,1",
            "a,1 ,api,1",
            "a,,api,1",
            "a,1,,1",
            "a,1,Api,1",
            "a,1,apis,1",
            "a,1,backgrounds,1",
            "a,1,api,1 ",
            "a,1,api",
            "a,1,api,1,",
            "a,-1,api,1",
            "a,1.5,api,1",
            "a,1000000000000000,api,1",
            "a,1,api,1\r\r",
        ] {
            assert_eq!(
                plain(CANONICAL, 4, &format!("{line}\n--------------------")),
                (0, vec![]),
                "{line:?}"
            );
        }
        for line in
            ["a,.5,1", "a,1.0005,1", "a,1e3,1", "a,1000000000000,1", "a,1,.5", "a,1, ", "a,1,1.5.", "a,,1"]
        {
            assert_eq!(plain(SHORT, 3, &format!("{line}\n--------------------")), (0, vec![]), "{line:?}");
        }
    }

    #[test]
    fn a_row_with_the_name_of_the_row_before_is_of_its_instance_and_no_other_is() {
        let (read, events) =
            plain(CANONICAL, 4, "web,1,api,1\nweb,2,api,1\nweb2,3,api,1\nwe,4,api,1\nweb,5,api,1\n--------");
        let found: Vec<(&str, u64)> =
            events.iter().map(|(name, event)| (name.as_str(), event.at_ms)).collect();
        assert_eq!((read, found), (60, vec![("web", 1), ("web", 2), ("web", 5), ("web2", 3), ("we", 4)]));
    }

    #[test]
    fn other_columns_have_no_plain_rows() {
        assert!(Quick::new(CANONICAL, 5).is_none());
        assert!(Quick::new(Columns::Short { instance: 2, arrival_s: 0, duration_s: 1 }, 3).is_none());
    }
}
