//! Where a replay starts and ends.

use dormouse_trace::{Instance, Trace};

use crate::run::Span;

/// Where the replays of a trace's instances start and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Horizon {
    /// All instances start awake at 0 and end at the latest end of work in the trace.
    #[default]
    Common,
    /// Each instance starts at its own first event and ends at its own last end of work.
    PerInstance,
    /// All instances start awake at 0 and end at this time in ms. Later events are left out.
    Until(u64),
}

impl Horizon {
    /// The span of one instance of the trace. [`spans`](Self::spans) gives those of all instances.
    #[must_use]
    pub fn span(self, trace: &Trace, instance: &Instance) -> Span {
        match self {
            Self::Common => Span { start_ms: 0, end_ms: trace.end_of_work_ms() },
            Self::PerInstance => Span {
                start_ms: instance.events.first_at_ms().unwrap_or(0),
                end_ms: instance.events.end_of_work_ms(),
            },
            Self::Until(end_ms) => Span { start_ms: 0, end_ms },
        }
    }

    /// The spans of all instances, in the trace's order.
    #[must_use]
    pub fn spans(self, trace: &Trace) -> Vec<Span> {
        // The latest end of work is looked up once, not once per instance.
        let horizon = self.resolved(trace.end_of_work_ms());
        trace.instances.iter().map(|instance| horizon.span(trace, instance)).collect()
    }

    /// This horizon for a part of a trace, where the work of the whole trace ends at `end_of_work_ms`: a common horizon
    /// becomes [`Until`](Self::Until) that time.
    #[must_use]
    pub const fn resolved(self, end_of_work_ms: u64) -> Self {
        match self {
            Self::Common => Self::Until(end_of_work_ms),
            Self::PerInstance | Self::Until(_) => self,
        }
    }
}
