//! Specifications of traffic, written in TOML.

use dormouse_text::nearest;
use serde::Deserialize;
use toml::value::{Datetime, Offset};

use super::calendar::{Calendar, DAY_MS, day_of};
use super::overrides::set;
use super::value::{Quantity, Resolved};
use super::{Stream, Value, presets};
use crate::{MAX_MS, TraceError};

/// The largest fleet that is generated at once; for larger ones use [`generate_instance`](super::generate_instance).
const MAX_INSTANCES: u32 = 1_000_000;

/// Specification of a trace. See docs/generators.md for every key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    name: String,
    #[serde(default)]
    about: String,
    #[serde(default = "one")]
    instances: u32,
    span: Value,
    #[serde(default = "default_start")]
    start: Datetime,
    #[serde(default, rename = "stream")]
    streams: Vec<Stream>,
    /// Where it was read from; used in messages.
    #[serde(skip)]
    origin: String,
}

impl Spec {
    /// A specification from TOML, with overrides: pairs of a dotted key and a TOML value, such as
    /// `("stream.0.arrivals.per_hour", "12")`. A stream is given by its index from 0 or by its name. A value
    /// that is not TOML is taken as text, so `span=2d` needs no quotes. Messages use `origin` as the file name.
    ///
    /// # Errors
    /// [`TraceError::Spec`], with the line (without overrides) or the key, and the nearest known name.
    pub fn from_toml(text: &str, origin: &str, overrides: &[(&str, &str)]) -> Result<Spec, TraceError> {
        let at_line = |error: toml::de::Error| {
            let place = nearest::line_in_toml(&error, text);
            explain(origin, place.map_or_else(|| "TOML".to_owned(), |line| format!("line {line}")), &error)
        };
        let mut spec: Spec = if overrides.is_empty() {
            toml::from_str(text).map_err(at_line)?
        } else {
            let mut table: toml::Table = toml::from_str(text).map_err(at_line)?;
            for (key, value) in overrides {
                set(&mut table, key, value).map_err(|(problem, fix)| TraceError::Spec {
                    origin: origin.to_owned(),
                    place: format!("{key}={value}"),
                    problem,
                    fix,
                })?;
            }
            let keys =
                overrides.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
            table.try_into().map_err(|error| explain(origin, keys, &error))?
        };
        spec.origin = origin.to_owned();
        spec.check()?;
        Ok(spec)
    }

    /// The preset of this name: one of [`PRESETS`](super::PRESETS).
    ///
    /// # Errors
    /// [`TraceError::UnknownPreset`], with the nearest name.
    pub fn preset(name: &str) -> Result<Spec, TraceError> {
        Spec::preset_with(name, &[])
    }

    /// A preset with overrides, as for [`Spec::from_toml`].
    ///
    /// # Errors
    /// The same as [`Spec::preset`] and [`Spec::from_toml`].
    pub fn preset_with(name: &str, overrides: &[(&str, &str)]) -> Result<Spec, TraceError> {
        Spec::from_toml(presets::text(name)?, &format!("preset {name}"), overrides)
    }

    /// The name of the trace; instance names derive from it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A one-sentence description; may be empty.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Number of instances.
    pub fn instances(&self) -> u32 {
        self.instances
    }

    /// Arrivals lie in `[0, span_ms)`; work may end later.
    pub fn span_ms(&self) -> u64 {
        match self.span {
            Value::Time(s) => (s * 1000.0) as u64,
            Value::Number(_) | Value::Dist(_) => 0, // refused by `check`
        }
    }

    /// Wall time of the trace's start, in ms since 1970-01-01T00:00:00Z.
    pub fn epoch_ms(&self) -> i64 {
        self.calendar().local_epoch_ms - i64::from(self.offset_minutes()) * 60_000
    }

    /// The offset from UTC for hours and weekdays, as `+01:00`.
    pub fn time_zone(&self) -> String {
        let minutes = self.offset_minutes();
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }

    /// The streams.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// The name of an instance: the trace's own if there is only one instance, else with a number from 1,
    /// zero-padded to equal width.
    pub fn instance_name(&self, ordinal: u32) -> String {
        if self.instances == 1 {
            return self.name.clone();
        }
        let width = self.instances.to_string().len();
        format!("{}-{:0width$}", self.name, u64::from(ordinal) + 1)
    }

    pub(super) fn calendar(&self) -> Calendar {
        let days =
            self.start.date.map_or(0, |date| day_of(date.year.into(), date.month.into(), date.day.into()));
        let ms = self.start.time.map_or(0, |time| {
            let seconds = (i64::from(time.hour) * 60 + i64::from(time.minute)) * 60
                + i64::from(time.second.unwrap_or(0));
            seconds * 1000 + i64::from(time.nanosecond.unwrap_or(0) / 1_000_000)
        });
        Calendar { local_epoch_ms: days * DAY_MS + ms }
    }

    pub(super) fn wrong(
        &self,
        place: impl Into<String>,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> TraceError {
        TraceError::Spec {
            origin: self.origin.clone(),
            place: place.into(),
            problem: problem.into(),
            fix: fix.into(),
        }
    }

    fn offset_minutes(&self) -> i16 {
        match self.start.offset {
            Some(Offset::Custom { minutes }) => minutes,
            Some(Offset::Z) | None => 0,
        }
    }

    fn check(&self) -> Result<(), TraceError> {
        if self.name.trim().is_empty() || self.name.contains(['\n', '\r']) {
            return Err(self.wrong("name", "is empty or has a line break", "name the trace"));
        }
        if self.instances == 0 || self.instances > MAX_INSTANCES {
            let problem = format!("{} is not from 1 to {MAX_INSTANCES}", self.instances);
            return Err(self.wrong("instances", problem, "make it so"));
        }
        match self.span.resolve(Quantity::Time) {
            Ok(Resolved::Plain(s)) if s >= 0.001 && s * 1000.0 <= MAX_MS as f64 => {}
            Ok(Resolved::Plain(s)) => {
                return Err(self.wrong(
                    "span",
                    format!("{s} s is not a span"),
                    "make it at least 1 ms and at most 2^50 ms",
                ));
            }
            Ok(Resolved::Dist(_)) => {
                return Err(self.wrong("span", "is a distribution", "give one time for all instances"));
            }
            Err((problem, fix)) => return Err(self.wrong("span", problem, fix)),
        }
        if self.start.date.is_none() {
            return Err(self.wrong("start", "has no date", "write it as 2026-01-05T00:00:00+01:00"));
        }
        if self.streams.is_empty() {
            return Err(self.wrong("stream", "there is none", "add a [[stream]]"));
        }
        Ok(())
    }
}

fn one() -> u32 {
    1
}

/// A Monday, so that whole weeks start with one.
fn default_start() -> Datetime {
    use toml::value::{Date, Time};
    Datetime {
        date: Some(Date { year: 2026, month: 1, day: 5 }),
        time: Some(Time { hour: 0, minute: 0, second: Some(0), nanosecond: None }),
        offset: Some(Offset::Z),
    }
}

/// Converts an error of the TOML reader, with the nearest known name for an unknown one.
fn explain(origin: &str, place: String, error: &toml::de::Error) -> TraceError {
    let (problem, fix) = nearest::in_toml(error, "see docs/generators.md");
    TraceError::Spec { origin: origin.to_owned(), place, problem, fix }
}
