//! What a watcher does, for whoever wants to see it: metrics, the flight recorder, tests.

use dormouse_core::{Census, Heartbeat, Now, Phase, Step, Wall};

use crate::driver::Event;
use crate::signals::Cause;

/// One thing that happened.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// The watcher started.
    Started {
        /// When.
        now: Now,
        /// Armed?
        armed: bool,
    },
    /// The watcher asked the gateway at a deadline.
    Looked {
        /// When.
        now: Now,
        /// What is in flight.
        census: &'a Census,
        /// The last heartbeat of attached clients.
        heartbeat: Heartbeat,
        /// The idle clock.
        last_seen: Wall,
    },
    /// Core was told an event.
    Step {
        /// When; a deadline that was a little late counts as on time.
        now: Now,
        /// What.
        event: Event,
        /// Where core was.
        from: Phase,
        /// Where it is.
        to: Phase,
        /// What it answered.
        step: Step,
    },
    /// The machine, or the process tree, was frozen.
    Slept {
        /// When it was noticed.
        now: Now,
        /// For how long.
        ms: u64,
    },
    /// What woke it.
    Woke {
        /// When that was known.
        now: Now,
        /// The first thing that came after the sleep.
        cause: Cause,
    },
    /// Requests came over HTTP.
    Requested {
        /// When the watcher was told.
        now: Now,
        /// What for.
        cause: Cause,
        /// How many since the last event; seldom more than one.
        times: u32,
    },
    /// A message was handled that had waited at the connector.
    Handled {
        /// When.
        now: Now,
        /// Since it was accepted there.
        delay_ms: u64,
        /// Is it the first one since a sleep?
        first: bool,
    },
}

/// Sees what a watcher does. Called from the watcher's loop: it must return at once and not panic.
pub trait Observer: Send + 'static {
    /// `seen` happened.
    fn on(&mut self, seen: &Seen<'_>);
}

impl<F: FnMut(&Seen<'_>) + Send + 'static> Observer for F {
    fn on(&mut self, seen: &Seen<'_>) {
        self(seen);
    }
}
