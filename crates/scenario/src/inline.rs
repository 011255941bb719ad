//! Events as text, one per line.

use std::fmt;

use dormouse_text::{Bare, duration_ms, duration_text, is_unit};
use dormouse_trace::{Event, Events, Kind, MAX_MS};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// The most events that the lines may expand to: a short text could otherwise ask for more than fits into memory.
const MOST: u64 = 1_000_000;

/// Events in the scenario file: text, or a list of tables `{ at_ms = 10000, kind = "inbound", work_ms = 30000 }`.
///
/// A line of the text is one event, `AT KIND [WORK]`, or a series, `AT KIND [WORK] every PERIOD until END`, END
/// included. A time is a number with a unit, as [`duration_ms`] reads it; `#` starts a comment. Events are
/// always written as text, one per line.
///
/// ```
/// use dormouse_scenario::Inline;
/// let Inline(events) = "10s inbound 30s  # a turn\n1m probe every 20s until 100s".parse()?;
/// assert_eq!(events.at_ms(), [10_000, 60_000, 80_000, 100_000]);
/// assert_eq!(Inline(events).to_string(), "10s inbound 30s\n1m probe\n80s probe\n100s probe\n");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inline(pub Events);

/// An event as a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    at_ms: u64,
    kind: String,
    #[serde(default)]
    work_ms: u64,
}

impl std::str::FromStr for Inline {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut events = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                read_line(line, &mut events)
                    .map_err(|problem| format!("event line {} (`{line}`): {problem}", number + 1))?;
            }
        }
        Ok(Self(events.into_iter().collect()))
    }
}

/// Splits a line into words. A number and the unit after it are one word.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        match words.last_mut().filter(|last| is_unit(word) && last.parse::<f64>().is_ok()) {
            Some(number) => number.push_str(word),
            None => words.push(word.to_owned()),
        }
    }
    words
}

fn read_line(line: &str, events: &mut Vec<Event>) -> Result<(), String> {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (first, rest) = match words.iter().position(|&word| word == "every") {
        Some(at) => words.split_at(at),
        None => (words.as_slice(), &[][..]),
    };
    let time =
        |text: &str| duration_ms(text, Bare::Refused, &(0..=MAX_MS)).map_err(|error| error.to_string());
    let (at, kind, work) = match *first {
        [at, kind] => (at, kind, "0s"),
        [at, kind, work] => (at, kind, work),
        _ => return Err("write AT KIND [WORK] [every PERIOD until END]".to_owned()),
    };
    let kind: Kind = kind.parse().map_err(|e: dormouse_trace::UnknownKind| e.to_string())?;
    let (at_ms, work_ms) = (time(at)?, time(work)?);
    let (every, until) = match *rest {
        [] => (1, at_ms),
        ["every", every, "until", until] => (time(every)?, time(until)?),
        _ => return Err("write the repetition as `every PERIOD until END`".to_owned()),
    };
    if every == 0 || until < at_ms || (until - at_ms) / every >= MOST {
        return Err(format!("repeats not at all or more than {MOST} times; mend the period or the end"));
    }
    if events.len() as u64 + (until - at_ms) / every >= MOST {
        return Err(format!("brings the events to more than {MOST}; put them into a trace file"));
    }
    events.extend((0..=(until - at_ms) / every).map(|n| Event { at_ms: at_ms + n * every, kind, work_ms }));
    Ok(())
}

impl fmt::Display for Inline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Event { at_ms, kind, work_ms } in self.0.iter() {
            write!(f, "{} {kind}", duration_text(at_ms))?;
            if work_ms > 0 {
                write!(f, " {}", duration_text(work_ms))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl Serialize for Inline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Inline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Inline;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("events as text, or as a list of tables with at_ms, kind and work_ms")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Inline, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Inline, A::Error> {
                let rows: Vec<Row> = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                let event = |row: Row| {
                    let kind = row.kind.parse().map_err(A::Error::custom)?;
                    if row.at_ms.max(row.work_ms) > MAX_MS {
                        return Err(A::Error::custom(format!("a time is longer than {MAX_MS} ms")));
                    }
                    Ok(Event { at_ms: row.at_ms, kind, work_ms: row.work_ms })
                };
                Ok(Inline(rows.into_iter().map(event).collect::<Result<_, _>>()?))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_says_nothing_is_named_with_its_fix() {
        for (text, problem) in [
            ("10s", "event line 1 (`10s`): write AT KIND [WORK] [every PERIOD until END]"),
            ("\n10s inbond", "event line 2 (`10s inbond`): unknown kind `inbond`; did you mean `inbound`?"),
            (
                "soon probe",
                "event line 1 (`soon probe`): \"soon\" is not a duration; write a number and its unit, like 90s, 2m or 1.5h",
            ),
            (
                "10s inbound 30",
                "event line 1 (`10s inbound 30`): \"30\" has no unit; write \"30m\" for minutes or \"30s\" for seconds",
            ),
            (
                "0s probe every 5s",
                "event line 1 (`0s probe every 5s`): write the repetition as `every PERIOD until END`",
            ),
            (
                "9s probe every 1s until 8s",
                "event line 1 (`9s probe every 1s until 8s`): repeats not at all or more than 1000000 times; mend the period or the end",
            ),
            (
                "0s probe every 1ms until 999s\n0s probe every 1s until 998s\n0s probe",
                "event line 3 (`0s probe`): brings the events to more than 1000000; put them into a trace file",
            ),
        ] {
            assert_eq!(text.parse::<Inline>().unwrap_err(), problem);
        }
    }
    #[test]
    fn a_unit_may_be_a_word_of_its_own() {
        let of = |text: &str| text.parse::<Inline>().unwrap();
        let spoken = "10 sec inbound 30 s\n1 min probe every 20 seconds until 2 min";
        assert_eq!(of(spoken), of("10s inbound 30s\n60s probe every 20s until 120s"));
    }
}
