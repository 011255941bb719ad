//! Metrics through the [`metrics`](https://docs.rs/metrics) facade: the embedding gateway chooses the exporter.
//!
//! | name | type | labels | meaning |
//! |---|---|---|---|
//! | `dormouse_armed` | gauge | | 1 if the watcher is armed |
//! | `dormouse_state` | gauge | `state` | 1 for the state it is in, 0 for the others |
//! | `dormouse_idle_seconds` | gauge | | time since the last activity (a message, an end of work, a heartbeat) at the last look; 0 while work is in flight |
//! | `dormouse_work_in_flight` | gauge | `source` | work in flight by kind at the last look; NaN if it cannot be read |
//! | `dormouse_quiesces_total` | counter | | attempts to sleep |
//! | `dormouse_aborts_total` | counter | `reason` | attempts that were abandoned |
//! | `dormouse_suspends_total` | counter | | suspends that the lever accepted |
//! | `dormouse_sleeps_total` | counter | | freezes, noticed after the resume |
//! | `dormouse_asleep_milliseconds_total` | counter | | time frozen |
//! | `dormouse_wakes_total` | counter | `cause` | wakes |
//! | `dormouse_first_handled_delay_seconds` | histogram | | delay of the first message handled after a sleep |
//! | `dormouse_relay_entries_given_up_total` | counter | | entries that the relay client gave up, since their handler panicked each time |
//!
//! `state` is one of [`Phase::NAMES`], `source` one of [`WorkKind::name`], `reason` one of
//! [`Abandoned::name`](dormouse_core::Abandoned::name), `cause` one of [`Cause::name`](crate::Cause::name).

use dormouse_core::{Census, Heartbeat, Phase, Wall};
use metrics::{counter, gauge, histogram};

use crate::event::WatcherEvent;
use crate::observation::{Observation, WatchObserver};
use crate::work::WorkKind;

/// An observer that keeps the metrics.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metrics;

impl WatchObserver for Metrics {
    fn observe(&mut self, observation: &Observation<'_>) {
        match *observation {
            Observation::Started { armed, .. } => {
                gauge!("dormouse_armed").set(f64::from(u8::from(armed)));
                show_state(if armed { "resting" } else { "off" });
            }
            Observation::Looked { now, census, heartbeat, last_seen } => {
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
            Observation::Step { event, from, to, step, .. } => {
                if from.name() != to.name() {
                    show_state(to.name());
                }
                let begins = matches!(from, Phase::Resting { .. }) && step.command.is_some();
                if begins && event == WatcherEvent::Deadline {
                    counter!("dormouse_quiesces_total").increment(1);
                }
                if let Some(why) = step.abandoned {
                    counter!("dormouse_aborts_total", "reason" => why.name()).increment(1);
                }
                if event == WatcherEvent::Lever(true) && matches!(from, Phase::Suspending { .. }) {
                    counter!("dormouse_suspends_total").increment(1);
                }
            }
            Observation::Slept { ms, .. } => {
                counter!("dormouse_sleeps_total").increment(1);
                counter!("dormouse_asleep_milliseconds_total").increment(ms);
            }
            Observation::Woke { cause, .. } => {
                counter!("dormouse_wakes_total", "cause" => cause.name()).increment(1);
            }
            Observation::Handled { delay_ms, first: true, .. } => {
                histogram!("dormouse_first_handled_delay_seconds").record(delay_ms as f64 / 1000.0);
            }
            Observation::GaveUp { entries, .. } => {
                counter!("dormouse_relay_entries_given_up_total").increment(entries.into());
            }
            Observation::Handled { .. } | Observation::Requested { .. } => {}
        }
    }
}

/// The time of the last activity: now, if work is in flight or cannot be read. Permanent tasks are not activity.
fn last_activity(now: Wall, census: &Census, heartbeat: Heartbeat, last_seen: Wall) -> Wall {
    let beat = heartbeat.last_seen(now).unwrap_or(Wall::ZERO);
    let work = [census.turns, census.cron, census.api, census.background];
    let ends = work
        .map(|source| if source.in_flight == Some(0) { source.last_end.unwrap_or(Wall::ZERO) } else { now });
    ends.into_iter().fold(last_seen.max(beat), Wall::max).min(now)
}

fn show_state(now: &'static str) {
    for name in Phase::NAMES {
        gauge!("dormouse_state", "state" => name).set(f64::from(u8::from(name == now)));
    }
}
