//! A window of one instance's replay, for the timeline picture.

use dormouse_rows::Violation;

/// What the machine was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Running, billed.
    Awake,
    /// Running, in the steps before a sleep.
    Quiescing,
    /// Frozen, not billed.
    Asleep,
    /// From the start of a resume until traffic flows again.
    Waking,
}

impl State {
    /// All states, in the order of the key.
    pub const ALL: [Self; 4] = [Self::Awake, Self::Quiescing, Self::Asleep, Self::Waking];

    /// The name of the state in the key.
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
    /// Start, in wall milliseconds from the trace's start.
    pub from_ms: u64,
    /// End, in wall milliseconds from the trace's start.
    pub to_ms: u64,
    /// What the machine was doing.
    pub state: State,
}

/// A window of one instance's replay at one idle timeout. All times are wall milliseconds from the trace's start. What lies
/// outside the window is clipped; it is not an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// What is shown: which instance, at which timeout. It is in the subtitle of the picture.
    pub title: String,
    /// Start of the window.
    pub from_ms: u64,
    /// End of the window, after `from_ms`.
    pub to_ms: u64,
    /// Title of the time axis, such as `local time, Tuesday 3 March`. If it is empty, the axis shows time since the trace's
    /// start.
    pub epoch_label: String,
    /// Time of day at the trace's start, in milliseconds since midnight. It puts the ticks on whole hours of the day.
    pub epoch_ms_of_day: u64,
    /// The states of the machine, in time order.
    pub states: Vec<Span>,
    /// Work in flight: start, end, kind. Entries may overlap.
    pub work: Vec<(u64, u64, &'static str)>,
    /// Arrivals: time, kind.
    pub arrivals: Vec<(u64, &'static str)>,
    /// Missed work.
    pub violations: Vec<Violation>,
}
