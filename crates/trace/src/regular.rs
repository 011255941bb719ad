//! Detects regular arrivals.

use std::fmt;

use dormouse_text::duration_text;

use crate::{Events, Kind};

/// Fewer arrivals are not enough to detect a period.
const FEWEST: usize = 6;

/// Arrivals of one kind at equal intervals: a health probe, a metrics job, a poll. If the period is shorter than
/// the idle timeout, such a heartbeat keeps a gateway awake, or wakes it each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regular {
    /// The kind of the arrivals.
    pub kind: Kind,
    /// The median interval between two of them, in ms.
    pub period_ms: u64,
    /// Number of arrivals.
    pub count: u64,
}

impl fmt::Display for Regular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} arrivals, one every {}", self.count, self.kind, duration_text(self.period_ms))
    }
}

/// The kinds whose arrivals are regular: at least six of them, and nine of ten intervals within a tenth of the
/// median. Two heartbeats of the same kind are not detected.
///
/// ```
/// use dormouse_trace::{Event, Events, Kind, regular};
/// let probe = |n: u64| Event { at_ms: 500 + n * 60_000, kind: Kind::Probe, work_ms: 0 };
/// let events: Events = (0..30).map(probe).collect();
/// assert_eq!(regular(&events)[0].to_string(), "30 probe arrivals, one every 1m");
/// ```
#[must_use]
pub fn regular(events: &Events) -> Vec<Regular> {
    Kind::ALL.into_iter().filter_map(|kind| of_kind(events, kind)).collect()
}

fn of_kind(events: &Events, kind: Kind) -> Option<Regular> {
    let times: Vec<u64> = events.iter().filter(|event| event.kind == kind).map(|event| event.at_ms).collect();
    if times.len() < FEWEST {
        return None;
    }
    let mut distances: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    distances.sort_unstable();
    let period_ms = distances[distances.len() / 2];
    let near = distances.iter().filter(|distance| distance.abs_diff(period_ms) * 10 <= period_ms).count();
    let is_regular = period_ms > 0 && near * 10 >= distances.len() * 9;
    is_regular.then_some(Regular { kind, period_ms, count: times.len() as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    fn found(times: &[u64]) -> Vec<u64> {
        let events = times.iter().map(|&at_ms| Event { at_ms, kind: Kind::Cron, work_ms: 5 }).collect();
        regular(&events).into_iter().map(|found| found.period_ms).collect()
    }

    #[test]
    fn a_clock_with_some_jitter_is_regular_and_people_are_not() {
        assert_eq!(found(&[0, 100, 205, 300, 395, 500, 600]), [100]);
        assert_eq!(found(&[0, 100, 250, 300, 395, 500, 600]), [0; 0]);
        assert_eq!(found(&[0, 100, 200, 300, 400]), [0; 0], "too few to say");
        assert_eq!(found(&[7; 10]), [0; 0], "all at once");
        // One fire in eleven is missing.
        assert_eq!(found(&[0, 100, 200, 300, 400, 500, 600, 800, 900, 1000, 1100, 1200]), [100]);
    }
}
