//! What a watcher does, for metrics, the flight recorder, logs and tests.

use dormouse_core::{Census, Heartbeat, Now, Phase, Step, Wall};

use crate::event::{Cause, WatcherEvent};

/// One thing that a watcher did or noticed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Observation<'a> {
    /// The watcher started.
    Started {
        /// The time.
        now: Now,
        /// Is it armed?
        armed: bool,
    },
    /// The watcher looked at the gateway, because a deadline was reached.
    Looked {
        /// The time.
        now: Now,
        /// The work in flight.
        census: &'a Census,
        /// The last heartbeat of attached clients.
        heartbeat: Heartbeat,
        /// The idle clock: the last message handled, or the start.
        last_seen: Wall,
    },
    /// Core made a step.
    Step {
        /// The time. A deadline that was a little late has the time at which it was due.
        now: Now,
        /// What happened.
        event: WatcherEvent,
        /// The phase before.
        from: Phase,
        /// The phase after.
        to: Phase,
        /// Core's answer.
        step: Step,
    },
    /// The machine, or the process tree, was frozen.
    Slept {
        /// The time at which that was noticed.
        now: Now,
        /// How long it was frozen.
        ms: u64,
    },
    /// What woke the machine is known.
    Woke {
        /// The time at which that became known.
        now: Now,
        /// The first thing that came after the sleep.
        cause: Cause,
    },
    /// HTTP requests came.
    Requested {
        /// The time at which the watcher was told.
        now: Now,
        /// What they were for.
        cause: Cause,
        /// How many came since the last event; rarely more than one.
        times: u32,
    },
    /// A message was handled that had waited at the connector.
    Handled {
        /// The time.
        now: Now,
        /// The time since the connector accepted it.
        delay_ms: u64,
        /// Is it the first one since a sleep?
        first: bool,
    },
    /// A relay client gave up entries whose handler panicked each time.
    GaveUp {
        /// The time at which the watcher was told.
        now: Now,
        /// How many since the last event; rarely more than one.
        entries: u32,
    },
}

/// Observes what a watcher does. Called from the watcher's loop, so it must return at once and not panic.
///
/// Closures are observers:
///
/// ```
/// use dormouse_watcher::{Observation, WatchObserver};
///
/// let log = |observation: &Observation<'_>| println!("{observation:?}");
/// let observers: Vec<Box<dyn WatchObserver>> = vec![Box::new(log)];
/// ```
pub trait WatchObserver: Send + 'static {
    /// Something happened.
    fn observe(&mut self, observation: &Observation<'_>);
}

impl<F: FnMut(&Observation<'_>) + Send + 'static> WatchObserver for F {
    fn observe(&mut self, observation: &Observation<'_>) {
        self(observation);
    }
}
