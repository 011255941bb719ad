//! What the watcher does and sees, as comments and rows.

use dormouse_core::{Command, Phase};
use dormouse_trace::Kind;

use crate::driver::Event;
use crate::metrics::reason;
use crate::observer::{Observer, Seen};
use crate::signals::Cause;

use super::Recorder;
use super::clients::Clients;

/// Writes down what the watcher does, and what it sees besides work.
pub(super) struct Notes {
    recorder: Recorder,
    clients: Clients,
}

impl Notes {
    pub(super) fn new(recorder: Recorder) -> Self {
        Self { recorder, clients: Clients::default() }
    }
}

impl Observer for Notes {
    fn on(&mut self, seen: &Seen<'_>) {
        let note = |at, text: &str| self.recorder.note(at, text.to_owned());
        match *seen {
            Seen::Started { now, armed } => {
                self.clients.begin(now.wall);
                note(now.wall, if armed { "armed" } else { "not armed" });
            }
            Seen::Looked { now, heartbeat, .. } => {
                if let Some(left) = self.clients.look(now.wall, heartbeat) {
                    left.record(&self.recorder);
                }
            }
            Seen::Step { now, event, from, step, .. } => {
                if let Some(why) = step.abandoned {
                    note(now.wall, &format!("abandoned {}", reason(why)));
                } else if event == Event::Deadline
                    && matches!(from, Phase::Resting { .. })
                    && step.command.is_some()
                {
                    note(now.wall, "quiesce");
                } else if event == Event::Lever(true) && matches!(from, Phase::Suspending { .. }) {
                    note(now.wall, "suspend");
                } else if step.command == Some(Command::Release) {
                    note(now.wall, "release");
                } else if event == Event::Shutdown {
                    note(now.wall, "shutdown");
                }
            }
            Seen::Slept { now, ms } => note(now.wall, &format!("slept {ms}")),
            Seen::Woke { now, cause } => note(now.wall, &format!("woke {}", cause.name())),
            Seen::Requested { now, cause: Cause::Probe, times } => {
                for _ in 0..times {
                    self.recorder.record(Kind::Probe, now.wall, 0);
                }
            }
            Seen::Requested { now, cause: Cause::Client, .. } => self.clients.attach(now.wall),
            // Runs and fires are recorded by their work, messages by their turns.
            Seen::Requested { .. } => {}
            Seen::Handled { now, delay_ms, .. } => note(now.wall, &format!("handled after {delay_ms}")),
        }
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        if let Some(left) = self.clients.end() {
            left.record(&self.recorder);
        }
    }
}
