//! A stretch of one instance's replay, to be drawn.

use dormouse_rows::Violation;

/// What the machine was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Running, billed.
    Awake,
    /// Running, on its way into a sleep.
    Quiescing,
    /// Frozen, not billed.
    Asleep,
    /// From the start of a resume until traffic flows again.
    Waking,
}

impl State {
    /// Every state, in the order of legends.
    pub const ALL: [Self; 4] = [Self::Awake, Self::Quiescing, Self::Asleep, Self::Waking];

    /// The state's name as legends write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Awake => "awake",
            Self::Quiescing => "quiescing",
            Self::Asleep => "asleep",
            Self::Waking => "waking",
        }
    }
}

/// The machine was in one state from `from_ms` (inclusive) to `to_ms` (exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First wall millisecond from the trace's start.
    pub from_ms: u64,
    /// End, wall milliseconds from the trace's start.
    pub to_ms: u64,
    /// What the machine was doing.
    pub state: State,
}

/// A window of one instance's replay at one idle timeout. All times are wall milliseconds from the trace's start; what
/// lies outside the window is cut off, not an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Title of the picture: which instance, which timeout.
    pub title: String,
    /// Start of the window.
    pub from_ms: u64,
    /// End of the window, after `from_ms`.
    pub to_ms: u64,
    /// What the time axis means: `local time, Tuesday 3 March`; empty for plain time since the trace's start.
    pub epoch_label: String,
    /// Time of day at the trace's start, in milliseconds since midnight, so that ticks fall on whole hours of the day.
    pub epoch_ms_of_day: u64,
    /// The machine's states in time order.
    pub states: Vec<Span>,
    /// Work in flight: from, to, kind. Items may overlap.
    pub work: Vec<(u64, u64, &'static str)>,
    /// Arrivals: when, kind.
    pub arrivals: Vec<(u64, &'static str)>,
    /// Missed work.
    pub violations: Vec<Violation>,
}
