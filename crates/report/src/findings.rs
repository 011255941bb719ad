//! A recommendation in words.

use std::fmt;

use dormouse_sim::rows::{Class, Row};

use crate::Mark;
use crate::numbers::{counted, fixed, grouped, minutes, plain, seconds};

/// The cost of one delayed message in minutes of sleep: the exchange rate of the recommendation.
///
/// This is a choice, not a measurement. Unlike the knee of a curve, a fixed rate does not move when other timeouts are
/// tried. On a concave trade-off it picks the point beyond which one more delayed message buys less sleep than this.
pub const MINUTES_PER_DELAYED_MESSAGE: u64 = 10;

/// A recommendation and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Index of the recommended row; `None` when there are no rows or the machine never sleeps.
    pub recommended: Option<usize>,
    /// The paragraphs of the text. The only markup is `**bold**`.
    pub paragraphs: Vec<String>,
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.paragraphs.join("\n\n"))
    }
}

/// Recommends one of `rows`, compares it with the `marks`, and says how far the recommendation can be trusted.
///
/// The candidates are the rows with the least missed work. Rows that never sleep are candidates only if no other row with
/// as little missed work sleeps. The rule picks the candidate with the highest time asleep, after
/// [`MINUTES_PER_DELAYED_MESSAGE`] is taken off for each delayed message; at a tie, the shorter timeout. If every timeout
/// misses work, the text says so first.
#[must_use]
pub fn findings(rows: &[Row], marks: &[Mark]) -> Findings {
    if rows.is_empty() {
        return Findings { recommended: None, paragraphs: vec!["There are no rows.".into()] };
    }
    let Some((index, row)) = recommend(rows) else {
        return Findings { recommended: None, paragraphs: vec![never_sleeps(rows), trust()] };
    };
    let mut paragraphs = vec![verdict(rows, row), price(row)];
    paragraphs.extend(marks.iter().map(|mark| against(rows, row, mark)));
    paragraphs.push(edge(rows, row) + &rule() + " " + &trust());
    Findings { recommended: Some(index), paragraphs }
}

fn recommend(rows: &[Row]) -> Option<(usize, &Row)> {
    let least = rows.iter().map(|r| r.violations).min()?;
    let worth = |row: &Row| {
        i128::from(row.suspended_ms)
            - i128::from(row.delayed) * i128::from(MINUTES_PER_DELAYED_MESSAGE * 60_000)
    };
    // Do not recommend a timeout that never sleeps if another one sleeps and misses no more work.
    let sleeps = |row: &Row| row.violations == least && row.suspended_ms > 0;
    let some_sleep = rows.iter().any(sleeps);
    rows.iter()
        .enumerate()
        .filter(|(_, row)| if some_sleep { sleeps(row) } else { row.violations == least })
        .max_by(|(_, a), (_, b)| {
            let shorter = b.idle_timeout_minutes.total_cmp(&a.idle_timeout_minutes);
            worth(a).cmp(&worth(b)).then(shorter)
        })
        .filter(|_| rows.iter().any(|row| row.suspended_ms > 0))
}

fn never_sleeps(rows: &[Row]) -> String {
    let tried = match rows {
        [only] => format!("at the one timeout tried ({} min)", minutes(only.idle_timeout_minutes)),
        _ => format!("at any of the {} timeouts tried", rows.len()),
    };
    let oracle = rows.iter().map(|r| r.oracle_suspended_ms).max().unwrap_or(0);
    let why = if oracle == 0 {
        "A clairvoyant could not have slept either: no idle gap is long enough.".to_owned()
    } else {
        format!("A clairvoyant could have slept {} min.", plain(oracle as f64 / 60_000.0))
    };
    let missed = match rows.iter().map(|r| r.violations).max() {
        Some(n) if n > 0 => {
            format!(" There were still up to {} of missed work.", counted(n, "case", "cases"))
        }
        _ => String::new(),
    };
    format!("The machine never sleeps {tried}, so there is nothing to recommend. {why}{missed}")
}

fn verdict(rows: &[Row], row: &Row) -> String {
    let at = minutes(row.idle_timeout_minutes);
    let slept = format!("asleep {} % of the time", fixed(100.0 * row.suspended_share(), 1));
    let oracle = match row.oracle_suspended_ms {
        0 => String::new(),
        oracle if oracle < row.suspended_ms => {
            ", which is more than a clairvoyant could have slept without losing anything".to_owned()
        }
        oracle => format!(
            ", {} of the {} min that a clairvoyant could have slept",
            plain(row.suspend_minutes),
            plain(oracle as f64 / 60_000.0)
        ),
    };
    if row.violations == 0 {
        let others = match rows.iter().filter(|r| r.violations > 0).count() {
            0 => String::new(),
            1 => " One other timeout of this sweep misses work.".to_owned(),
            n => format!(" {n} other timeouts of this sweep miss work."),
        };
        format!("Recommended: an idle timeout of **{at} min**: {slept}{oracle}, with no missed work.{others}")
    } else {
        let classes: Vec<String> = Class::ALL
            .into_iter()
            .filter(|&class| row.class(class) > 0)
            .map(|class| format!("{} {}", grouped(row.class(class)), class.name()))
            .collect();
        format!(
            "**Every timeout of this sweep misses work.** The least harmful is **{at} min**, with {} ({}): {slept}{oracle}.",
            counted(row.violations, "case", "cases"),
            classes.join(", ")
        )
    }
}

fn price(row: &Row) -> String {
    if row.user_arrivals == 0 {
        return "This traffic has no messages from people, so none is delayed.".into();
    }
    format!(
        "Price: {} of {} delayed ({} per instance and day), by at most {} s; {} later than the limit.",
        grouped(row.delayed),
        counted(row.user_arrivals, "message", "messages"),
        plain(row.per_day(row.delayed)),
        seconds(row.delay_ms_max),
        match row.late {
            0 => "none is".to_owned(),
            1 => "one is".to_owned(),
            n => format!("{} are", grouped(n)),
        },
    )
}

fn against(rows: &[Row], row: &Row, mark: &Mark) -> String {
    let name = format!("{} ({} min)", mark.label, minutes(mark.minutes()));
    let Some(other) = rows.iter().find(|other| mark.is_at(other)) else {
        return format!("Compared with {name}: not in this sweep.");
    };
    if mark.is_at(row) {
        return format!("Compared with {name}: the same timeout.");
    }
    let slept = match row.suspend_minutes - other.suspend_minutes {
        0.0 => "the same time asleep".to_owned(),
        more => {
            let points = 100.0 * (row.suspended_share() - other.suspended_share());
            let (minutes, percent) = (plain(more.abs()), fixed(points.abs(), 1));
            format!(
                "{minutes} min {} asleep ({percent} % of the time)",
                if more > 0.0 { "more" } else { "less" }
            )
        }
    };
    let delayed = match row.per_day(row.delayed) - other.per_day(other.delayed) {
        0.0 => "the same number of delayed messages".to_owned(),
        more => format!(
            "{} {} delayed messages per instance and day",
            plain(more.abs()),
            if more > 0.0 { "more" } else { "fewer" }
        ),
    };
    let missed = if (row.violations, other.violations) == (0, 0) {
        "no missed work at either timeout".to_owned()
    } else {
        format!("missed work {} instead of {}", grouped(row.violations), grouped(other.violations))
    };
    format!("Compared with {name}: {slept}, {delayed}, {missed}.")
}

/// Warns if the recommended timeout is at an end of the range tried, where a better one may lie outside.
fn edge(rows: &[Row], row: &Row) -> String {
    let beyond = |further: fn(&f64, &f64) -> bool| {
        rows.iter().any(|other| further(&other.idle_timeout_minutes, &row.idle_timeout_minutes))
    };
    match (beyond(f64::lt), beyond(f64::gt)) {
        (false, false) => "It is the only timeout tried. ".into(),
        (false, true) => "It is the shortest timeout tried: a shorter one may do better. ".into(),
        (true, false) => "It is the longest timeout tried: a longer one may do better. ".into(),
        (true, true) => String::new(),
    }
}

fn rule() -> String {
    format!(
        "Rule: among the timeouts with the least missed work, the one with the most minutes asleep minus \
         {MINUTES_PER_DELAYED_MESSAGE} for each delayed message."
    )
}

fn trust() -> String {
    "This is a replay of one trace: it has no confidence interval, and other weeks will differ.".into()
}
