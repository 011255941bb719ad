//! Hours and weekdays of simulated time.

use super::run::{Stop, wrong};

/// One day, in ms.
pub(super) const DAY_MS: i64 = dormouse_text::DAY_MS as i64;
const HOUR_MS: i64 = dormouse_text::HOUR_MS as i64;

/// Local time at the trace's start. The offset from UTC is constant: no daylight saving time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    /// Local time at `at_ms = 0`, in ms since 1970-01-01T00:00:00 by the same clock.
    pub(super) local_epoch_ms: i64,
}

impl Calendar {
    /// Hour of the day, 0 to 23.
    pub(super) fn hour(self, at_ms: f64) -> usize {
        ((self.local_epoch_ms + at_ms as i64).rem_euclid(DAY_MS) / HOUR_MS) as usize
    }

    /// Day of the week, Monday = 0.
    pub(super) fn weekday(self, at_ms: f64) -> usize {
        weekday((self.local_epoch_ms + at_ms as i64).div_euclid(DAY_MS))
    }
}

/// Day of the week, Monday = 0, of a day since 1970-01-01, which was a Thursday.
pub(super) fn weekday(day: i64) -> usize {
    (day + 3).rem_euclid(7) as usize
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, and back (H. Hinnant, "chrono-compatible low-level
/// date algorithms": years begin in March, so that the leap day is the last).
pub(super) fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Month (1 to 12) and day of the month (1 to 31) of a day since 1970-01-01.
pub(super) fn month_and_day(day: i64) -> (u32, u32) {
    let day_of_era = (day + 719_468).rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    ((month_from_march + 2) as u32 % 12 + 1, day as u32)
}

/// Relative weights of the hours of a day and the days of a week.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    daily: [f64; 24],
    weekly: [f64; 7],
}

impl Weights {
    /// From 24 and 7 weights; an empty list means equal weights. Scaled to a mean of 1.
    pub(super) fn new(daily: &[f64], weekly: &[f64]) -> Result<Weights, Stop> {
        Ok(Weights { daily: scaled("daily", daily)?, weekly: scaled("weekly", weekly)? })
    }

    /// The weight at a time: over a whole week its mean is 1.
    pub(super) fn at(&self, calendar: Calendar, at_ms: f64) -> f64 {
        self.daily[calendar.hour(at_ms)] * self.weekly[calendar.weekday(at_ms)]
    }

    /// The largest weight of any time.
    pub(super) fn max(&self) -> f64 {
        let largest = |weights: &[f64]| weights.iter().copied().fold(0.0, f64::max);
        largest(&self.daily) * largest(&self.weekly)
    }
}

fn scaled<const N: usize>(parameter: &str, weights: &[f64]) -> Result<[f64; N], Stop> {
    if weights.is_empty() {
        return Ok([1.0; N]);
    }
    let Ok(mut weights) = <[f64; N]>::try_from(weights) else {
        return Err(wrong(
            parameter,
            format!("has {} weights", weights.len()),
            if N == 24 { "give 24" } else { "give 7" },
        ));
    };
    let mean = weights.iter().sum::<f64>() / N as f64;
    if weights.iter().any(|&weight| weight < 0.0 || !weight.is_finite()) || mean <= 0.0 || !mean.is_finite() {
        return Err(wrong(
            parameter,
            "weights are finite, none negative, and not all zero".to_owned(),
            "correct them",
        ));
    }
    weights.iter_mut().for_each(|weight| *weight /= mean);
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_round_trip_for_four_centuries() {
        let mut day = day_of(1900, 1, 1);
        assert_eq!(day_of(1970, 1, 1), 0);
        assert_eq!(weekday(day_of(2026, 1, 5)), 0);
        for year in 1900..2300 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            for (month, days) in [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
                .iter()
                .zip(1u32..)
                .map(|(days, month)| (month, *days))
            {
                for day_of_month in 1..=days {
                    assert_eq!(month_and_day(day), (month, day_of_month));
                    assert_eq!(day_of(year, i64::from(month), i64::from(day_of_month)), day);
                    day += 1;
                }
            }
        }
    }
}
