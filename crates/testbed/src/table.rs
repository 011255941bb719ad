//! Both sides next to each other, as text.

use std::fmt::Write as _;

use crate::measure::{Moment, Observed, Side};

/// Do both sides agree? The number of wakes must be the same, and the suspended times must be within one per
/// cent of the simulated one.
pub(crate) fn agree(simulated: &Side, real: &Side, end_ms: u64) -> bool {
    let (expected, found) = (simulated.suspended_ms(end_ms), real.suspended_ms(end_ms));
    simulated.count(Observed::Resumes, end_ms) == real.count(Observed::Resumes, end_ms)
        && expected.abs_diff(found) * 100 <= expected
}

/// A measure of one side, up to the horizon.
type Measure = fn(&Side, u64) -> u64;

/// The table.
pub(crate) fn table(simulated: &Side, real: &Side, end_ms: u64) -> String {
    let rows: [(&str, Measure); 11] = [
        ("suspended_ms", Side::suspended_ms),
        ("suspends", |side, end| side.count(Observed::Frozen, end)),
        ("wakes", |side, end| side.count(Observed::Resumes, end)),
        ("messages acked", |side, _| side.delays_ms.len() as u64),
        ("messages waited", |side, _| side.waited),
        ("delay p50, ms", |side, _| side.delays().quantile(500)),
        ("delay p95, ms", |side, _| side.delays().quantile(950)),
        ("delay max, ms", |side, _| side.delays().quantile(1000)),
        ("lost", |side, _| side.lost),
        ("duplicate", |side, _| side.duplicate),
        ("frozen work", |side, _| side.frozen_work),
    ];
    // Writing to a String cannot fail.
    let mut text = format!("{:<18} {:>12} {:>12} {:>12}\n", "", "simulated", "real", "difference");
    for (name, of) in rows {
        let (expected, found) = (of(simulated, end_ms), of(real, end_ms));
        let _ = writeln!(text, "{name:<18} {expected:>12} {found:>12} {:>12}", signed(expected, found));
    }
    text
}

fn signed(expected: u64, found: u64) -> String {
    let sign = if found < expected { "-" } else { "+" };
    if found == expected { "0".to_owned() } else { format!("{sign}{}", expected.abs_diff(found)) }
}

/// How many events to search ahead for the same event of the other side.
const REACH: usize = 4;

/// The timeline of both sides; an event that only one side has gets a line of its own.
pub(crate) fn timeline(simulated: &Side, real: &Side) -> String {
    let mut text =
        format!("{:<8} {:<11} {:>12} {:>12} {:>12}\n", "who", "what", "simulated", "real", "difference");
    let (mut ours, mut theirs) = (simulated.moments.as_slice(), real.moments.as_slice());
    loop {
        let (one, other) = match (ours.first(), theirs.first()) {
            (None, None) => return text,
            (Some(a), Some(b)) if a.what == b.what => (Some(a), Some(b)),
            (Some(a), Some(b)) => {
                // Take first the one whose match on the other side is closer; the other waits for its match.
                let place =
                    |moments: &[Moment], what| moments.iter().take(REACH).position(|m| m.what == what);
                match (place(theirs, a.what), place(ours, b.what)) {
                    (None, _) => (Some(a), None),
                    (Some(mine), Some(its)) if its < mine => (Some(a), None),
                    _ => (None, Some(b)),
                }
            }
            alone => alone,
        };
        ours = &ours[usize::from(one.is_some())..];
        theirs = &theirs[usize::from(other.is_some())..];
        let Some((who, what)) = one.or(other).map(|moment| moment.what.name()) else { return text };
        let at = |moment: Option<&Moment>| moment.map_or("-".to_owned(), |moment| moment.at_ms.to_string());
        let difference = one.zip(other).map_or(String::new(), |(a, b)| signed(a.at_ms, b.at_ms));
        let _ = writeln!(text, "{who:<8} {what:<11} {:>12} {:>12} {difference:>12}", at(one), at(other));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(moments: &[(u64, Observed)]) -> Side {
        let moments = moments.iter().map(|&(at_ms, what)| Moment { at_ms, what }).collect();
        Side { moments, ..Side::default() }
    }

    #[test]
    fn one_per_cent_is_agreed_and_more_is_not_nor_is_another_number_of_wakes() {
        let simulated = side(&[(0, Observed::Frozen), (10_000, Observed::Resumes)]);
        let ends = |at| side(&[(0, Observed::Frozen), (at, Observed::Resumes)]);
        for (at, is) in [(10_000, true), (10_100, true), (10_101, false), (9_900, true), (9_899, false)] {
            assert_eq!(agree(&simulated, &ends(at), 20_000), is, "{at}");
        }
        let asleep = side(&[(0, Observed::Frozen)]);
        // The same sleep to a millisecond, without a wake.
        assert!(!agree(&simulated, &asleep, 10_001));
        assert!(agree(&Side::default(), &Side::default(), 10_000));
        assert!(!agree(&Side::default(), &asleep, 10_000));
    }

    #[test]
    fn moments_are_matched_and_unmatched_ones_get_a_line_of_their_own() {
        let simulated = side(&[(1, Observed::Flipped), (2, Observed::Closed), (9, Observed::Frozen)]);
        let real = side(&[(1, Observed::Flipped), (8, Observed::Frozen), (10, Observed::Poked)]);
        let text = timeline(&simulated, &real);
        let rows: Vec<Vec<&str>> =
            text.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            rows,
            [
                vec!["relay", "flipped", "1", "1", "0"],
                vec!["relay", "closed", "2", "-"],
                vec!["machine", "frozen", "9", "8", "-1"],
                vec!["relay", "poked", "-", "10"],
            ]
        );
    }
}
