//! Times as people write them: a number and its unit.

use crate::MAX_MS;

/// `90s`, `1.5h`, `250 ms`, or a bare number of seconds.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.trim_end().parse().ok()?;
    // Division by 1000 and not multiplication by 0.001, which would not be exact.
    match unit {
        "ms" => Some(number / 1000.0),
        "" | "s" => Some(number),
        "m" => Some(number * 60.0),
        "h" => Some(number * 3600.0),
        "d" => Some(number * 86400.0),
        _ => None,
    }
}

/// A time in whole ms: a number with `ms`, `s`, `m`, `h` or `d`, or a bare number of seconds, rounded to the nearest ms.
/// `None` for anything else, for what is below zero, and for more than [`MAX_MS`].
///
/// ```
/// use dormouse_trace::duration_ms;
/// assert_eq!(["120.06s", "2m", "1.5h", "7"].map(duration_ms), [Some(120_060), Some(120_000), Some(5_400_000), Some(7_000)]);
/// assert_eq!(["soon", "-1s", "1h30m", "nan"].map(duration_ms), [None; 4]);
/// ```
#[must_use]
pub fn duration_ms(text: &str) -> Option<u64> {
    // Below 2^50 a double tells quarters of a ms apart, so rounding gives back what was written.
    let ms = (seconds(text)? * 1000.0).round();
    (0.0..=MAX_MS as f64).contains(&ms).then_some(ms as u64)
}

/// Writes `ms` in the largest unit in which it is a whole number, as [`duration_ms`] reads it.
///
/// ```
/// use dormouse_trace::{duration_ms, duration_text};
/// assert_eq!([0, 60, 120_060, 7_200_000, 86_400_000].map(duration_text), ["0s", "60ms", "120060ms", "2h", "1d"]);
/// ```
#[must_use]
pub fn duration_text(ms: u64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    match units.into_iter().find(|(unit, _)| ms > 0 && ms.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", ms / unit),
        None if ms == 0 => "0s".to_owned(),
        None => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_their_unit() {
        for (text, s) in
            [("90s", 90.0), ("250 ms", 0.25), ("1.5h", 5400.0), ("14d", 1_209_600.0), (" 7 ", 7.0)]
        {
            assert_eq!(seconds(text), Some(s), "{text}");
        }
        for text in ["", "s", "5 weeks", "1h30m", "5M"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back_to_the_millisecond() {
        for ms in [0, 1, 999, 120_060, 3_600_001, 90_000, MAX_MS - 1, MAX_MS] {
            assert_eq!(duration_ms(&duration_text(ms)), Some(ms));
        }
        assert_eq!(duration_ms(&format!("{}ms", MAX_MS + 1)), None);
    }
}
