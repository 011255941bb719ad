//! A field of a platform file: a value that is known or not, with its source.

use std::fmt;

use serde::Deserialize;

/// How reliable a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Seen on the platform itself.
    Measured,
    /// The vendor says so.
    Documented,
    /// There is no source; it is what we expect.
    Assumed,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measured => "measured",
            Self::Documented => "documented",
            Self::Assumed => "assumed",
        })
    }
}

/// What is known about a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Known<T> {
    /// It has this value.
    Value(T, Confidence),
    /// The platform does not have this: no setting, no price.
    Absent(Confidence),
    /// It was looked up and not found.
    Unknown,
}

/// A field of a platform file: what is known, from which source, and since when.
///
/// ```toml
/// wake_ms = { value = { uniform = [360, 400] }, source = "field survey", date = "2026-11", confidence = "measured" }
/// step    = { absent = true, source = "field survey", date = "2026-11", confidence = "documented" }
/// per_wake = { unknown = true, source = "field survey", date = "2026-11" }
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Field<T> {
    /// What is known.
    pub known: Known<T>,
    /// Where the value comes from, or where it was looked up.
    pub source: String,
    /// The date of the source, as `2026`, `2026-11` or `2026-11-24`.
    pub date: String,
}

impl<T> Field<T> {
    /// The value; `None` if it is absent or unknown.
    pub const fn value(&self) -> Option<&T> {
        match &self.known {
            Known::Value(value, _) => Some(value),
            Known::Absent(_) | Known::Unknown => None,
        }
    }

    /// Was it looked up and not found?
    pub const fn is_unknown(&self) -> bool {
        matches!(self.known, Known::Unknown)
    }

    /// Is it known that the platform does not have this?
    pub const fn is_absent(&self) -> bool {
        matches!(self.known, Known::Absent(_))
    }

    /// How reliable it is; `None` if it is unknown.
    pub const fn confidence(&self) -> Option<Confidence> {
        match self.known {
            Known::Value(_, confidence) | Known::Absent(confidence) => Some(confidence),
            Known::Unknown => None,
        }
    }
}

/// A field as it is written in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<T> {
    value: Option<T>,
    #[serde(default)]
    absent: bool,
    #[serde(default)]
    unknown: bool,
    source: String,
    date: String,
    confidence: Option<Confidence>,
}

impl<T> TryFrom<Written<T>> for Field<T> {
    type Error = &'static str;

    fn try_from(written: Written<T>) -> Result<Self, Self::Error> {
        let Written { value, absent, unknown, source, date, confidence } = written;
        if source.trim().is_empty() {
            return Err("a field needs a source: who says so, or where it was looked for");
        }
        if !is_date(&date) {
            return Err("a date is written like \"2026-11-24\", \"2026-11\" or \"2026\"");
        }
        let known = match (value, absent, unknown, confidence) {
            (Some(value), false, false, Some(confidence)) => Known::Value(value, confidence),
            (None, true, false, Some(confidence)) => Known::Absent(confidence),
            (None, false, true, None) => Known::Unknown,
            (None, false, true, Some(_)) => return Err("what is unknown has no confidence; leave it out"),
            (Some(_), false, false, None) | (None, true, false, None) => {
                return Err("a field that is known needs a confidence: measured, documented or assumed");
            }
            _ => return Err("a field has just one of value = …, absent = true and unknown = true"),
        };
        Ok(Self { known, source, date })
    }
}

/// Digits and dashes in the form of a year, a month or a day.
fn is_date(text: &str) -> bool {
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    ["0000", "0000-00", "0000-00-00"].contains(&form.as_str())
}
