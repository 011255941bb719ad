//! How idle timeouts are written on the command line: `0.5..60:0.5`, `1,2,5,10`, `log:0.1..120:40`, each number in minutes or with a unit.
//!
//! ```
//! use dormouse_text::timeouts::Timeouts;
//!
//! let Timeouts(ms) = "30s..1m:15s".parse()?;
//! assert_eq!(ms, [30_000, 45_000, 60_000]);
//! assert_eq!("log:1..100:3".parse(), Ok(Timeouts(vec![60_000, 600_000, 6_000_000])));
//! # Ok::<(), String>(())
//! ```

use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::duration::{Bare, DAY_MS, DurationError, duration_ms};

/// The most timeouts that one sweep takes.
const MOST: u64 = 100_000;

/// What an idle timeout, and anything else that is compared with one, may be: from 1 ms to a year.
pub const WITHIN_MS: RangeInclusive<u64> = 1..=365 * DAY_MS;

/// Idle timeouts in ms, ascending, each once: one at least, 100,000 at most.
///
/// They are read from a list, from `FIRST..LAST:STEP`, which holds `LAST` if a step meets it, or from `log:FIRST..LAST:COUNT`, which
/// holds both ends and has equal ratios between neighbours, up to rounding. The error is a sentence that says what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts(pub Vec<u64>);

/// One idle timeout in ms, [from 1 ms to a year](WITHIN_MS): minutes, or a number with its unit.
///
/// # Errors
/// When it is not a duration, or out of range.
pub fn timeout_ms(text: &str) -> Result<u64, DurationError> {
    duration_ms(text, Bare::Minutes, &WITHIN_MS)
}

impl FromStr for Timeouts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut timeouts = if let Some(range) = text.strip_prefix("log:") {
            let (first, last, count) = range_of(range, "log:0.1..120:40")?;
            logarithmic(first, last, count)?
        } else if text.contains("..") {
            let (first, last, step) = range_of(text, "0.5..60:0.5")?;
            let step = part_ms(step)?;
            check_count((last - first) / step + 1)?;
            (first..=last).step_by(usize::try_from(step).unwrap_or(usize::MAX)).collect()
        } else {
            text.split(',').map(part_ms).collect::<Result<Vec<_>, _>>()?
        };
        timeouts.sort_unstable();
        timeouts.dedup();
        check_count(timeouts.len() as u64)?;
        Ok(Self(timeouts))
    }
}

/// A timeout, or the step between two, in a list.
fn part_ms(text: &str) -> Result<u64, String> {
    timeout_ms(text).map_err(|error| error.to_string())
}

/// `FIRST..LAST:REST`, with the ends in ms.
fn range_of<'a>(text: &'a str, example: &str) -> Result<(u64, u64, &'a str), String> {
    let form = || format!("{text:?} is not a range; write it like {example}");
    let (ends, rest) = text.split_once(':').ok_or_else(form)?;
    let (first, last) = ends.split_once("..").ok_or_else(form)?;
    let (first, last) = (part_ms(first)?, part_ms(last)?);
    if first > last {
        return Err(format!("{text:?} ends before it begins"));
    }
    Ok((first, last, rest))
}

/// `count` timeouts from `first` to `last`, both included, with equal ratios, rounded to ms.
fn logarithmic(first: u64, last: u64, count: &str) -> Result<Vec<u64>, String> {
    let count: u64 = count
        .trim()
        .parse()
        .map_err(|_| format!("{count:?} is not a number of timeouts; write it like 40"))?;
    check_count(count)?;
    if count == 1 {
        return Ok(vec![first]);
    }
    let ratio = last as f64 / first as f64;
    let at = |i: u64| match i {
        0 => first,
        i if i == count - 1 => last,
        i => (first as f64 * ratio.powf(i as f64 / (count - 1) as f64)).round() as u64,
    };
    Ok((0..count).map(at).collect())
}

fn check_count(count: u64) -> Result<(), String> {
    match count {
        0 => Err("no timeouts; give at least one".to_owned()),
        count if count > MOST => Err(format!("{count} timeouts are too many; give at most {MOST}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<u64>, String> {
        text.parse::<Timeouts>().map(|t| t.0)
    }

    #[test]
    fn ranges_lists_and_logarithms() {
        assert_eq!(of("0.5..2:0.5").unwrap(), [30_000, 60_000, 90_000, 120_000]);
        assert_eq!(of("5, 1,2,1").unwrap(), [60_000, 120_000, 300_000]);
        assert_eq!(of("90s,1h,250ms,1d").unwrap(), [250, 90_000, 3_600_000, DAY_MS]);
        assert_eq!(of("log:1..100:3").unwrap(), [60_000, 600_000, 6_000_000]);
        assert_eq!(of("30s..1m:15s").unwrap(), [30_000, 45_000, 60_000]);
        assert_eq!(of("2 min, 90 sec").unwrap(), [90_000, 120_000]);
        assert_eq!(of("2..2:1").unwrap(), [120_000]);
    }

    #[test]
    fn what_is_no_timeout_is_said_in_a_sentence() {
        for (text, problem) in [
            (
                "soon",
                "\"soon\" is not a duration; write minutes (2, 0.5) or a number and its unit (90s, 1.5h)",
            ),
            ("", "\"\" is not a duration; write minutes (2, 0.5) or a number and its unit (90s, 1.5h)"),
            ("0", "\"0\" is too short; give 1ms or more"),
            ("-1", "\"-1\" is too short; give 1ms or more"),
            ("1,1e9", "\"1e9\" is too long; give 365d or less"),
            ("1,2x", "\"2x\" is not a duration; write minutes (2, 0.5) or a number and its unit (90s, 1.5h)"),
            ("5..1:1", "\"5..1:1\" ends before it begins"),
            ("1..5", "\"1..5\" is not a range; write it like 0.5..60:0.5"),
            ("log:1..5:x", "\"x\" is not a number of timeouts; write it like 40"),
            ("log:1..5:0", "no timeouts; give at least one"),
            ("1ms..365d:1ms", "31536000000 timeouts are too many; give at most 100000"),
        ] {
            assert_eq!(of(text).unwrap_err(), problem, "{text:?}");
        }
    }
}
