//! How idle timeouts are written: `0.5..60:0.5`, `1,2,5,10`, `log:0.1..120:40`, each number with an optional unit.
//!
//! ```
//! use dormouse_sim::timeouts::Timeouts;
//!
//! let Timeouts(ms) = "30s..1m:15s".parse()?;
//! assert_eq!(ms, [30_000, 45_000, 60_000]);
//! assert_eq!("log:1..100:3".parse(), Ok(Timeouts(vec![60_000, 600_000, 6_000_000])));
//! # Ok::<(), String>(())
//! ```

use std::str::FromStr;

/// The most timeouts that one sweep takes.
const MOST: u64 = 100_000;
/// The longest timeout, a year.
const LONGEST_MS: f64 = 365.0 * 86_400_000.0;

/// Idle timeouts in ms, ascending, each once: one at least, 100,000 at most.
///
/// They are read from a list, from `FIRST..LAST:STEP`, which holds `LAST` if a step meets it, or from `log:FIRST..LAST:COUNT`, which
/// holds both ends and has equal ratios between neighbours, up to rounding. The error is a sentence that says what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts(pub Vec<u64>);

/// One duration in ms, from 1 ms to a year: minutes unless it carries `ms`, `s`, `m`, `h` or `d`; rounded to the nearest ms.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn duration_ms(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (number, unit_ms) =
        [("ms", 1.0), ("s", 1000.0), ("m", 60_000.0), ("h", 3_600_000.0), ("d", 86_400_000.0)]
            .into_iter()
            .find_map(|(unit, ms)| Some((text.strip_suffix(unit)?, ms)))
            .unwrap_or((text, 60_000.0));
    let number: f64 = number.trim().parse().map_err(|_| {
        format!("{text:?} is not a duration; write minutes (2, 0.5) or a number with ms, s, m, h or d (90s)")
    })?;
    let ms = (number * unit_ms).round();
    if !(1.0..=LONGEST_MS).contains(&ms) {
        return Err(format!("{text:?} is out of range; give something from 1 ms to 365 d"));
    }
    Ok(ms as u64)
}

impl FromStr for Timeouts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut timeouts = if let Some(range) = text.strip_prefix("log:") {
            let (first, last, count) = range_of(range, "log:0.1..120:40")?;
            logarithmic(first, last, count)?
        } else if text.contains("..") {
            let (first, last, step) = range_of(text, "0.5..60:0.5")?;
            let step = duration_ms(step)?;
            check_count((last - first) / step + 1)?;
            (first..=last).step_by(usize::try_from(step).unwrap_or(usize::MAX)).collect()
        } else {
            text.split(',').map(duration_ms).collect::<Result<Vec<_>, _>>()?
        };
        timeouts.sort_unstable();
        timeouts.dedup();
        check_count(timeouts.len() as u64)?;
        Ok(Self(timeouts))
    }
}

/// `FIRST..LAST:REST`, with the ends in ms.
fn range_of<'a>(text: &'a str, example: &str) -> Result<(u64, u64, &'a str), String> {
    let form = || format!("{text:?} is not a range; write it like {example}");
    let (ends, rest) = text.split_once(':').ok_or_else(form)?;
    let (first, last) = ends.split_once("..").ok_or_else(form)?;
    let (first, last) = (duration_ms(first)?, duration_ms(last)?);
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
        assert_eq!(of("90s,1h,250ms,1d").unwrap(), [250, 90_000, 3_600_000, 86_400_000]);
        assert_eq!(of("log:1..100:3").unwrap(), [60_000, 600_000, 6_000_000]);
        assert_eq!(of("30s..1m:15s").unwrap(), [30_000, 45_000, 60_000]);
        assert_eq!(of("2..2:1").unwrap(), [120_000]);
    }

    #[test]
    fn what_is_no_timeout_is_said_in_a_sentence() {
        for (text, problem) in [
            (
                "soon",
                "\"soon\" is not a duration; write minutes (2, 0.5) or a number with ms, s, m, h or d (90s)",
            ),
            ("", "\"\" is not a duration; write minutes (2, 0.5) or a number with ms, s, m, h or d (90s)"),
            ("0", "\"0\" is out of range; give something from 1 ms to 365 d"),
            ("-1", "\"-1\" is out of range; give something from 1 ms to 365 d"),
            ("nan", "\"nan\" is out of range; give something from 1 ms to 365 d"),
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
