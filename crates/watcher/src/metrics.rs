//! Metrics through the `metrics` facade: the embedding gateway chooses the exporter.
//!
//! | name | type | labels | is |
//! |---|---|---|---|
//! | `dormouse_armed` | gauge | | 1 if the watcher is armed |
//! | `dormouse_state` | gauge | `state` | 1 for the state it is in, 0 for the others |
//! | `dormouse_idle_seconds` | gauge | | since the last activity, at the last look: a message, an end of work, a heartbeat; 0 while work is in flight |
//! | `dormouse_work_in_flight` | gauge | `source` | by kind of work, at the last look; NaN if it cannot be read |
//! | `dormouse_quiesces_total` | counter | | attempts to sleep |
//! | `dormouse_aborts_total` | counter | `reason` | attempts that were abandoned |
//! | `dormouse_suspends_total` | counter | | suspends that the lever accepted |
//! | `dormouse_sleeps_total` | counter | | freezes that were noticed afterwards |
//! | `dormouse_asleep_milliseconds_total` | counter | | time asleep |
//! | `dormouse_wakes_total` | counter | `cause` | wakes |
//! | `dormouse_first_handled_delay_seconds` | histogram | | delay of the first message that was handled after a sleep |
//! | `dormouse_relay_entries_given_up_total` | counter | | entries whose handler panicked each time; told by the relay's client itself |

use dormouse_core::{Abandoned, Census, Command, Heartbeat, Phase, Wall};
use metrics::{counter, gauge, histogram};

use crate::driver::Event;
use crate::observer::{Observer, Seen};
use crate::work::WorkKind;

/// The states of `dormouse_state`.
pub const STATES: [&str; 7] = ["off", "resting", "holding", "quiescing", "closing", "suspending", "fenced"];

/// The state's name.
#[must_use]
pub const fn state(phase: Phase) -> &'static str {
    match phase {
        Phase::Off => STATES[0],
        Phase::Resting { .. } => STATES[1],
        Phase::Holding => STATES[2],
        Phase::Quiescing { .. } => STATES[3],
        Phase::Closing => STATES[4],
        Phase::Suspending { .. } => STATES[5],
        Phase::Fenced { .. } => STATES[6],
    }
}

/// The reason's name.
#[must_use]
pub const fn reason(why: Abandoned) -> &'static str {
    match why {
        Abandoned::HoldRefused => "hold_refused",
        Abandoned::NotAcked => "not_acked",
        Abandoned::BusyAgain => "busy_again",
        Abandoned::GateShut => "gate_shut",
        Abandoned::Poked => "poked",
        Abandoned::LeverRefused => "lever_refused",
        Abandoned::LeverSilent => "lever_silent",
    }
}

/// An observer that keeps the metrics.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metrics;

impl Observer for Metrics {
    fn on(&mut self, seen: &Seen<'_>) {
        match *seen {
            Seen::Started { armed, .. } => {
                gauge!("dormouse_armed").set(f64::from(u8::from(armed)));
                show_state(if armed { "resting" } else { "off" });
            }
            Seen::Looked { now, census, heartbeat, last_seen } => {
                let idle_ms = now.wall.since(last_activity(now.wall, census, heartbeat, last_seen));
                gauge!("dormouse_idle_seconds").set(idle_ms as f64 / 1000.0);
                let counts = [
                    census.turns.in_flight,
                    census.cron.in_flight,
                    census.api.in_flight,
                    census.background.in_flight,
                    census.permanent,
                ];
                for (kind, count) in WorkKind::ALL.into_iter().zip(counts) {
                    gauge!("dormouse_work_in_flight", "source" => kind.name())
                        .set(count.map_or(f64::NAN, f64::from));
                }
            }
            Seen::Step { event, from, to, step, .. } => {
                if state(from) != state(to) {
                    show_state(state(to));
                }
                let begins = matches!(from, Phase::Resting { .. }) && step.command.is_some();
                if begins && event == Event::Deadline {
                    counter!("dormouse_quiesces_total").increment(1);
                }
                if let Some(why) = step.abandoned {
                    counter!("dormouse_aborts_total", "reason" => reason(why)).increment(1);
                }
                if event == Event::Lever(true) && matches!(from, Phase::Suspending { .. }) {
                    counter!("dormouse_suspends_total").increment(1);
                }
                if step.command == Some(Command::Suspend) {
                    tracing::info!("pulls the lever");
                }
            }
            Seen::Slept { ms, .. } => {
                counter!("dormouse_sleeps_total").increment(1);
                counter!("dormouse_asleep_milliseconds_total").increment(ms);
            }
            Seen::Woke { cause, .. } => {
                counter!("dormouse_wakes_total", "cause" => cause.name()).increment(1);
            }
            Seen::Handled { delay_ms, first: true, .. } => {
                histogram!("dormouse_first_handled_delay_seconds").record(delay_ms as f64 / 1000.0);
            }
            Seen::Handled { .. } | Seen::Requested { .. } => {}
        }
    }
}

/// When something last went on: now, if work is in flight or cannot be read. Permanent tasks are no activity.
fn last_activity(now: Wall, census: &Census, heartbeat: Heartbeat, last_seen: Wall) -> Wall {
    let beat = match heartbeat {
        Heartbeat::Missing => Wall::ZERO,
        Heartbeat::Unreadable => now,
        Heartbeat::At(at) => at,
    };
    let work = [census.turns, census.cron, census.api, census.background];
    let ends = work
        .map(|source| if source.in_flight == Some(0) { source.last_end.unwrap_or(Wall::ZERO) } else { now });
    ends.into_iter().fold(last_seen.max(beat), Wall::max).min(now)
}

fn show_state(now: &'static str) {
    for name in STATES {
        gauge!("dormouse_state", "state" => name).set(f64::from(u8::from(name == now)));
    }
}

/// A Prometheus exporter that opens no port: serve what [`render`](Prometheus::render) returns where you serve HTTP.
#[cfg(feature = "prometheus")]
#[derive(Clone)]
pub struct Prometheus(metrics_exporter_prometheus::PrometheusHandle);

#[cfg(feature = "prometheus")]
impl Prometheus {
    /// Installs the exporter for the whole process.
    ///
    /// # Errors
    /// If another one is installed already.
    pub fn install() -> Result<Self, metrics_exporter_prometheus::BuildError> {
        metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().map(Self)
    }

    /// The metrics as text, for a scrape.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }
}
