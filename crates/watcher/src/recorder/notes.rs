//! The recorder's observer: what the watcher does becomes comments, what it sees becomes rows.

use dormouse_core::{Command, Phase};
use dormouse_trace::Kind;

use super::clients::{Attached, Clients};
use super::queue::Recorder;
use crate::event::{Cause, WatcherEvent};
use crate::observation::{Observation, WatchObserver};

impl Recorder {
    /// An observer that records what the watcher does, and the arrivals that are not work: probes and clients.
    #[must_use]
    pub fn observer(&self) -> Box<dyn WatchObserver> {
        Box::new(Notes { recorder: self.clone(), clients: Clients::default() })
    }
}

struct Notes {
    recorder: Recorder,
    clients: Clients,
}

impl Notes {
    fn record(&self, attached: Option<Attached>) {
        if let Some(Attached { from, until }) = attached {
            self.recorder.record(Kind::Client, from, until.since(from));
        }
    }
}

impl WatchObserver for Notes {
    fn observe(&mut self, observation: &Observation<'_>) {
        let note = |at, text: &str| self.recorder.note(at, text.to_owned());
        match *observation {
            Observation::Started { now, armed } => {
                self.clients.begin(now.wall);
                note(now.wall, if armed { "armed" } else { "not armed" });
            }
            Observation::Looked { now, heartbeat, .. } => {
                let left = self.clients.look(now.wall, heartbeat);
                self.record(left);
            }
            Observation::Step { now, event, from, step, .. } => {
                if let Some(why) = step.abandoned {
                    note(now.wall, &format!("abandoned {}", why.name()));
                } else if event == WatcherEvent::Deadline
                    && matches!(from, Phase::Resting { .. })
                    && step.command.is_some()
                {
                    note(now.wall, "quiesce");
                } else if event == WatcherEvent::Lever(true) && matches!(from, Phase::Suspending { .. }) {
                    note(now.wall, "suspend");
                } else if step.command == Some(Command::Release) {
                    note(now.wall, "release");
                } else if event == WatcherEvent::Shutdown {
                    note(now.wall, "shutdown");
                }
            }
            Observation::Slept { now, ms } => note(now.wall, &format!("slept {ms}")),
            Observation::Woke { now, cause } => note(now.wall, &format!("woke {}", cause.name())),
            Observation::Requested { now, cause: Cause::Probe, times } => {
                for _ in 0..times {
                    self.recorder.record(Kind::Probe, now.wall, 0);
                }
            }
            Observation::Requested { now, cause: Cause::Client, .. } => self.clients.attach(now.wall),
            // Other requests are recorded as work, and messages as turns.
            Observation::Requested { .. } | Observation::GaveUp { .. } => {}
            Observation::Handled { now, delay_ms, .. } => {
                note(now.wall, &format!("handled after {delay_ms}"));
            }
        }
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        let left = self.clients.end();
        self.record(left);
    }
}
