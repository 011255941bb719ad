//! Durations as people write them: a number and its unit.

use std::ops::RangeInclusive;

/// A day, in ms.
pub const DAY_MS: u64 = 24 * HOUR_MS;
/// An hour, in ms.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const SECOND_MS: u64 = 1000;

/// The units, the largest first: how long one is in ms, and its names. The first name is the one that is written.
const UNITS: [(u64, &[&str]); 5] = [
    (DAY_MS, &["d", "day", "days"]),
    (HOUR_MS, &["h", "hr", "hrs", "hour", "hours"]),
    (MINUTE_MS, &["m", "min", "mins", "minute", "minutes"]),
    (SECOND_MS, &["s", "sec", "secs", "second", "seconds"]),
    (1, &["ms", "msec", "msecs", "millisecond", "milliseconds"]),
];

/// What a number without a unit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bare {
    /// Minutes: an idle timeout on the command line.
    Minutes,
    /// Nothing, since it could be anything: everywhere else.
    Refused,
}

/// A text is not a duration, or not one that fits. One line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}; {fix}")]
pub struct DurationError {
    /// What is wrong with the text, which is quoted.
    pub problem: String,
    /// How to write it.
    pub fix: String,
}

/// The duration that `text` says, in whole ms, rounded to the nearest: a decimal number and a unit, with or without a blank between
/// them. `bare` says what a number without a unit means. The ends of `within` fit too.
///
/// | unit | names |
/// |---|---|
/// | milliseconds | `ms`, `msec`, `millisecond` |
/// | seconds | `s`, `sec`, `second` |
/// | minutes | `m`, `min`, `minute` |
/// | hours | `h`, `hr`, `hour` |
/// | days | `d`, `day` |
///
/// Those of more than two letters may have an `s` at their end.
///
/// # Errors
/// When the text is not a duration, has no unit where one is needed, or is out of range.
pub fn duration_ms(text: &str, bare: Bare, within: &RangeInclusive<u64>) -> Result<u64, DurationError> {
    let (number, unit_ms) = parts(text, bare)?;
    // Below 2^50 a double tells quarters of a ms apart, so rounding gives back what was written.
    let ms = (number * unit_ms as f64).round();
    let (&least, &most) = (within.start(), within.end());
    let (too, fix) = match ms {
        ms if ms < least as f64 => ("short", format!("give {} or more", duration_text(least))),
        ms if ms > most as f64 => ("long", format!("give {} or less", duration_text(most))),
        ms => return Ok(ms as u64),
    };
    Err(DurationError { problem: format!("{:?} is too {too}", text.trim()), fix })
}

/// The duration that `text` says, in seconds and without rounding to whole ms. Neither its sign nor its size is looked at.
///
/// # Errors
/// When the text is not a duration, or has no unit where one is needed.
pub fn duration_seconds(text: &str, bare: Bare) -> Result<f64, DurationError> {
    let (number, unit_ms) = parts(text, bare)?;
    // Division by 1000 and not multiplication by 0.001, which would not be exact.
    Ok(if unit_ms < SECOND_MS { number / SECOND_MS as f64 } else { number * (unit_ms / SECOND_MS) as f64 })
}

/// The number, and how many ms its unit has.
fn parts(text: &str, bare: Bare) -> Result<(f64, u64), DurationError> {
    let text = text.trim();
    let no_duration = || DurationError {
        problem: format!("{text:?} is not a duration"),
        fix: match bare {
            Bare::Minutes => "write minutes (2, 0.5) or a number and its unit (90s, 1.5h)",
            Bare::Refused => "write a number and its unit, like 90s, 2m or 1.5h",
        }
        .to_owned(),
    };
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[number.len()..];
    // Rust reads `nan` and `inf` as numbers; they are not durations.
    let number: Option<f64> = number.trim_end().parse().ok().filter(|number: &f64| number.is_finite());
    let number = number.ok_or_else(no_duration)?;
    match (unit, bare) {
        ("", Bare::Minutes) => Ok((number, MINUTE_MS)),
        ("", Bare::Refused) => Err(DurationError {
            problem: format!("{text:?} has no unit"),
            fix: format!("write \"{text}m\" for minutes or \"{text}s\" for seconds"),
        }),
        (unit, _) => Ok((number, unit_ms(unit).ok_or_else(no_duration)?)),
    }
}

/// Is it the name of a unit?
#[must_use]
pub fn is_unit(name: &str) -> bool {
    unit_ms(name).is_some()
}

/// How many ms the unit of this name has.
fn unit_ms(name: &str) -> Option<u64> {
    UNITS.into_iter().find(|(_, names)| names.contains(&name)).map(|(ms, _)| ms)
}

/// Writes `ms` in the largest unit in which it is a whole number, as [`duration_ms`] reads it.
///
/// ```
/// use dormouse_text::duration_text;
/// assert_eq!([0, 60, 120_060, 7_200_000, 86_400_000].map(duration_text), ["0s", "60ms", "120060ms", "2h", "1d"]);
/// ```
#[must_use]
pub fn duration_text(ms: u64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let whole = UNITS.into_iter().find(|(unit, _)| ms.is_multiple_of(*unit));
    let (unit, names) = whole.unwrap_or(UNITS[UNITS.len() - 1]);
    format!("{}{}", ms / unit, names[0])
}

/// Writes `ms` for reading, to a tenth of the unit that gives the shortest number of at least 2 (in seconds, of at least 1).
///
/// ```
/// use dormouse_text::rounded_duration_text;
/// assert_eq!([999, 1000, 119_999, 5_400_000].map(rounded_duration_text), ["999 ms", "1.0 s", "120.0 s", "90.0 min"]);
/// assert_eq!([7_200_000, 200_000_000].map(rounded_duration_text), ["2.0 h", "2.3 d"]);
/// ```
#[must_use]
pub fn rounded_duration_text(ms: u64) -> String {
    let (unit_ms, name) = match ms {
        0..SECOND_MS => return format!("{ms} ms"),
        ms if ms < 2 * MINUTE_MS => (SECOND_MS, "s"),
        ms if ms < 2 * HOUR_MS => (MINUTE_MS, "min"),
        ms if ms < 2 * DAY_MS => (HOUR_MS, "h"),
        _ => (DAY_MS, "d"),
    };
    format!("{:.1} {name}", ms as f64 / unit_ms as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Longer than anything that is told apart to the ms.
    const MOST_MS: u64 = 1 << 50;

    fn ms(text: &str) -> Result<u64, String> {
        duration_ms(text, Bare::Refused, &(0..=MOST_MS)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_unit_has_the_names_that_people_write() {
        for (text, in_ms) in [
            ("90s", 90_000),
            ("90sec", 90_000),
            ("1 second", 1_000),
            ("250 ms", 250),
            ("2m", 120_000),
            ("2min", 120_000),
            ("5 min", 300_000),
            (" 1.5 minutes ", 90_000),
            ("1.5h", 5_400_000),
            ("2 hrs", 7_200_000),
            ("2 hours", 7_200_000),
            ("14d", 14 * DAY_MS),
            ("1 day", DAY_MS),
            ("1e3 ms", 1_000),
            ("0s", 0),
            ("120.06s", 120_060),
        ] {
            assert_eq!(ms(text), Ok(in_ms), "{text}");
        }
    }

    #[test]
    fn a_number_without_a_unit_is_minutes_or_refused() {
        for (text, in_ms) in [("2", 120_000), ("0.5", 30_000), (" 7 ", 420_000), ("1e1", 600_000)] {
            assert_eq!(duration_ms(text, Bare::Minutes, &(0..=MOST_MS)), Ok(in_ms), "{text}");
            let given = text.trim();
            let refused = format!(
                "\"{given}\" has no unit; write \"{given}m\" for minutes or \"{given}s\" for seconds"
            );
            assert_eq!(ms(text), Err(refused.clone()));
            assert_eq!(duration_seconds(text, Bare::Refused).unwrap_err().to_string(), refused);
        }
    }

    #[test]
    fn what_is_not_a_duration_is_told_how_one_is_written() {
        for text in [
            "", "s", "soon", "5 weeks", "1h30m", "5M", "1,5h", "nan", "nan m", "inf s", "-inf", "1e999 s",
            "1e", "5 µs", "2 m s",
        ] {
            let said =
                format!("{text:?} is not a duration; write a number and its unit, like 90s, 2m or 1.5h");
            assert_eq!(ms(text), Err(said));
            let error = duration_ms(text, Bare::Minutes, &(0..=MOST_MS)).unwrap_err().to_string();
            let fix = "write minutes (2, 0.5) or a number and its unit (90s, 1.5h)";
            assert_eq!(error, format!("{text:?} is not a duration; {fix}"));
        }
    }

    #[test]
    fn the_ends_of_the_range_fit_and_nothing_beyond_them() {
        let year = 1..=365 * DAY_MS;
        let of = |text| duration_ms(text, Bare::Minutes, &year).map_err(|error| error.to_string());
        assert_eq!((of("1ms"), of("365d")), (Ok(1), Ok(365 * DAY_MS)));
        for text in ["0", "-1", "0.4ms", "-1e308 d"] {
            assert_eq!(of(text), Err(format!("{text:?} is too short; give 1ms or more")));
        }
        for text in ["366d", "1e308 d"] {
            assert_eq!(of(text), Err(format!("{text:?} is too long; give 365d or less")));
        }
        assert_eq!((ms("-0s"), ms("-1s")), (Ok(0), Err("\"-1s\" is too short; give 0s or more".to_owned())));
    }

    #[test]
    fn seconds_keep_what_is_shorter_than_a_ms() {
        let seconds = |text| duration_seconds(text, Bare::Refused).unwrap();
        for (text, s) in
            [("90s", 90.0), ("250 ms", 0.25), ("0.25ms", 0.00025), ("1.5h", 5400.0), ("-1d", -86400.0)]
        {
            assert_eq!(seconds(text), s, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_to_the_ms(in_ms in 0..=MOST_MS) {
            prop_assert_eq!(ms(&duration_text(in_ms)), Ok(in_ms));
        }

        #[test]
        fn whole_units_read_back(number in 0..1000_u64, unit in 0..UNITS.len()) {
            let in_ms = number * UNITS[unit].0;
            prop_assert_eq!(ms(&duration_text(in_ms)), Ok(in_ms));
            for name in UNITS[unit].1 {
                prop_assert_eq!(ms(&format!("{number} {name}")), Ok(in_ms));
            }
        }
    }
}
