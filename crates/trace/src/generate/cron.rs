//! Cron schedules.

use serde::Deserialize;

use super::Value;
use super::calendar::{DAY_MS, month_and_day, weekday};
use super::run::{Run, Stop, wrong};

/// Jobs by a cron expression in the trace's local time, each delayed by its own draw of `jitter`.
///
/// `at` has five fields: minute 0–59, hour 0–23, day of the month 1–31, month 1–12, day of the week 0–7 (0 and 7
/// are Sunday). A field is `*` or a list of numbers and ranges, each with an optional step: `*/15`, `8-18/2`,
/// `1,15`. If both day fields are restricted, a day that matches either one counts, as in Vixie cron; a day
/// field counts as restricted unless it starts with `*`. The offset from UTC is fixed, so no hour is skipped or
/// repeated.
///
/// The five fields are expanded here and not by a cron crate: those depend on a calendar library with a time
/// zone database, which is of no use here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cron {
    /// The expression.
    pub at: String,
    /// Delay of each fire: a distribution; zero by default.
    #[serde(default = "super::value::zero")]
    pub jitter: Value,
}

impl Cron {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let schedule = Schedule::parse(&self.at)?;
        let jitter = run.times("jitter", &self.jitter)?;
        let start = run.calendar.local_epoch_ms;
        let end = start + run.span_ms as i64;
        for day in start.div_euclid(DAY_MS)..=end.div_euclid(DAY_MS) {
            run.step()?;
            if !schedule.has_day(day) {
                continue;
            }
            for minute in (0..24 * 60).filter(|&minute| schedule.has_minute(minute)) {
                let due_ms = day * DAY_MS + i64::from(minute) * 60_000 - start;
                if due_ms >= 0 && (due_ms as f64) < run.span_ms {
                    let late_ms = run.sample_ms(&jitter);
                    run.arrive(due_ms as f64 + late_ms)?;
                }
            }
        }
        Ok(())
    }
}

/// The five fields as sets of bits.
struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether one day field is `*`, so that both must match.
    both_days: bool,
}

impl Schedule {
    fn parse(expression: &str) -> Result<Schedule, Stop> {
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            let problem = format!("`{expression}` has {} fields", fields.len());
            return Err(wrong("at", problem, "give minute, hour, day, month and weekday"));
        };
        let field = |text: &str, low: u32, high: u32| {
            bits(text, low, high).ok_or_else(|| {
                let problem =
                    format!("`{text}` in `{expression}` is not a set of numbers from {low} to {high}");
                wrong("at", problem, "write *, numbers, ranges and steps, as in 8-18/2,20")
            })
        };
        let weekdays = field(weekday, 0, 7)?;
        Ok(Schedule {
            minutes: field(minute, 0, 59)?,
            hours: field(hour, 0, 23)?,
            days: field(day, 1, 31)?,
            months: field(month, 1, 12)?,
            weekdays: weekdays | weekdays >> 7, // 7 is Sunday too
            both_days: day.starts_with('*') || weekday.starts_with('*'),
        })
    }

    fn has_day(&self, day: i64) -> bool {
        let (month, day_of_month) = month_and_day(day);
        let of_month = has(self.days, day_of_month);
        let of_week = has(self.weekdays, (weekday(day) as u32 + 1) % 7);
        has(self.months, month) && if self.both_days { of_month && of_week } else { of_month || of_week }
    }

    fn has_minute(&self, minute_of_day: u32) -> bool {
        has(self.hours, minute_of_day / 60) && has(self.minutes, minute_of_day % 60)
    }
}

fn has(set: u64, number: u32) -> bool {
    set >> number & 1 == 1
}

/// Parses a field: a list of `*`, `5` or `1-5`, each with an optional `/step`.
fn bits(field: &str, low: u32, high: u32) -> Option<u64> {
    let mut set = 0;
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|&step| step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None => {
                let from = range.parse().ok()?;
                (from, if step.is_some() { high } else { from })
            }
        };
        if from < low || to > high || from > to {
            return None;
        }
        for number in (from..=to).step_by(step.unwrap_or(1) as usize) {
            set |= 1 << number;
        }
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::super::calendar::day_of;
    use super::*;

    fn schedule(expression: &str) -> Schedule {
        Schedule::parse(expression).unwrap_or_else(|_| panic!("{expression}"))
    }

    #[test]
    fn fields_are_sets() {
        assert_eq!(bits("*/15", 0, 59), Some(1 | 1 << 15 | 1 << 30 | 1 << 45));
        assert_eq!(bits("8-12/2,20", 0, 23), Some(1 << 8 | 1 << 10 | 1 << 12 | 1 << 20));
        assert_eq!(bits("50/5", 0, 59), Some(1 << 50 | 1 << 55));
        for wrong in ["", "60", "5-1", "*/0", "a", "1,,2", "-1", "1-"] {
            assert_eq!(bits(wrong, 0, 59), None, "{wrong}");
        }
    }

    #[test]
    fn two_restricted_days_are_alternatives() {
        let first_or_monday = schedule("0 0 1 * 1");
        assert!(first_or_monday.has_day(day_of(2026, 1, 1))); // a Thursday
        assert!(first_or_monday.has_day(day_of(2026, 1, 5))); // a Monday
        assert!(!first_or_monday.has_day(day_of(2026, 1, 6)));
        assert!(schedule("0 0 * * 7").has_day(day_of(2026, 1, 4))); // a Sunday, by its other number
        assert!(!schedule("0 0 29 2 *").has_day(day_of(2026, 3, 1)));
    }
}
