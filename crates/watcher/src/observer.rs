//! What a watcher does, for whoever wants to see it: metrics, the flight recorder, tests.

use dormouse_core::{Census, Now, Phase, Step, Wall};

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
        /// For how long.
        ms: u64,
    },
    /// What woke it.
    Woke {
        /// The first thing that came after the sleep.
        cause: Cause,
    },
    /// A message was handled that had waited at the connector.
    Handled {
        /// Since it was accepted there.
        delay_ms: u64,
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
