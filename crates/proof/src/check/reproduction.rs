//! Reproduces a trail in the simulator: the same order of events, in ms and with the real timeouts.
//!
//! A trail defines an order of events. Each message and each fault is placed right after the same preceding
//! event in the simulated world (the first flip, the second freeze ...). Its time comes from a replay of
//! everything placed so far. The simulator's own auditor then counts the missed work: an independent check,
//! which shares no code with this module.

use std::collections::BTreeMap;
use std::fmt;

use dormouse_core::{Command, Design};
use dormouse_sim::rows::Class;
use dormouse_sim::{LogEvent, Setup, Span, Stamp, Ticks, run};
use dormouse_trace::{Event, Events, Instance, Kind};

use super::action::Action;
use super::trail::Trail;

/// The end of the replay, in ms.
const HORIZON_MS: u64 = 1_800_000;

/// How long work takes, in ms.
const WORK_MS: u64 = 5000;

/// A trail reproduced in the simulator's world. Its `Display` output is a scenario file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reproduction {
    /// The watcher's design.
    watcher: Design,
    /// The events: time in ms, kind, work in ms.
    events: Vec<(u64, Kind, u64)>,
    /// The times from which each fault strikes, in ms; each entry strikes once.
    faults: BTreeMap<&'static str, Vec<u64>>,
    /// The missed work that the simulator's auditor counts.
    pub missed: BTreeMap<&'static str, u64>,
}

/// Events that occur both in the model and in the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    GoDormant,
    Suspend,
    Flipped,
    Acked,
    Closed,
    Accepted,
    Frozen,
    Running,
    Dialing,
    Connected,
}

impl Reproduction {
    /// Reproduces a trail of `watcher` in the simulator's world. Latencies are fixed: the freeze lands 4 s after
    /// the accept.
    #[must_use]
    pub fn of(watcher: Design, trail: &Trail) -> Self {
        let mut reproduction =
            Self { watcher, events: Vec::new(), faults: BTreeMap::new(), missed: BTreeMap::new() };
        let mut passed: BTreeMap<Mark, usize> = BTreeMap::new();
        let (mut previous, mut put) = (None, 0);
        for stop in &trail.stops {
            let mut at = |previous: Option<(Mark, usize)>, reproduction: &Self| {
                put += 1;
                previous.map_or(0, |(mark, nth)| reproduction.time_of(mark, nth)) + put
            };
            match stop.action {
                Action::Message => reproduction.put(at(previous, &reproduction), Kind::Inbound, WORK_MS),
                Action::Request => reproduction.put(at(previous, &reproduction), Kind::Api, WORK_MS),
                Action::Background => {
                    reproduction.put(at(previous, &reproduction), Kind::Background, WORK_MS);
                }
                action => {
                    if let Some((fault, mark)) = fault(action) {
                        let nth = passed.get(&mark).copied().unwrap_or(1);
                        let at = if fault == "poke_lost" {
                            reproduction.events.last().map_or(0, |(at, ..)| *at)
                        } else {
                            reproduction.time_of(mark, nth)
                        };
                        reproduction.faults.entry(fault).or_default().push(at);
                    }
                }
            }
            for mark in mark(stop.action).into_iter().chain(stop.commands.iter().filter_map(|c| command(*c)))
            {
                let nth = passed.entry(mark).or_default();
                *nth += 1;
                (previous, put) = (Some((mark, *nth)), 0);
            }
        }
        reproduction.missed = reproduction.replay(|_, _| {});
        reproduction
    }

    fn put(&mut self, at_ms: u64, kind: Kind, work_ms: u64) {
        self.events.push((at_ms, kind, work_ms));
    }

    /// The time of the `nth` such event in a replay of what has been placed so far; the horizon if there is none.
    fn time_of(&self, mark: Mark, nth: usize) -> u64 {
        let mut left = nth;
        let mut found = HORIZON_MS;
        self.replay(|at, event| {
            if simulated(event) == Some(mark) && left > 0 {
                left -= 1;
                if left == 0 {
                    found = at;
                }
            }
        });
        found
    }

    /// Replays it, calls `see` with every event, and returns the missed work.
    fn replay(&self, mut see: impl FnMut(u64, LogEvent)) -> BTreeMap<&'static str, u64> {
        let mut setup = Setup::new(self.watcher);
        let fixed = [("freeze_lag_ms", "4000".to_owned()), ("resume_ms", "400".to_owned())];
        let faults = self.faults.iter().map(|(name, times)| (format!("faults.{name}"), format!("{times:?}")));
        let all = fixed.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(faults);
        for (name, value) in all {
            let set = setup.set(&name, &value);
            debug_assert!(set.is_ok(), "{name} = {value} is a parameter of the simulator");
        }
        let events: Events =
            self.events.iter().map(|&(at_ms, kind, work_ms)| Event { at_ms, kind, work_ms }).collect();
        let span = Span { start_ms: 0, end_ms: HORIZON_MS };
        let mut observer = |stamp: Stamp, event: LogEvent| see(stamp.wall_ms, event);
        let counts = run(&Instance::new("check", events), span, &setup, Ticks::ThatMatter, &mut observer);
        let missed = |class: Class| (class.name(), counts.violations[class as usize]);
        Class::ALL.into_iter().map(missed).filter(|&(_, n)| n > 0).collect()
    }
}

const fn fault(action: Action) -> Option<(&'static str, Mark)> {
    Some(match action {
        Action::GoingIdleLost => ("lost_going_idle", Mark::GoDormant),
        Action::AckLost => ("lost_ack", Mark::GoDormant),
        Action::Refuse => ("lever_refused", Mark::Suspend),
        Action::Silent => ("lever_timeout", Mark::Suspend),
        Action::AcceptSlow => ("slow_freeze", Mark::Suspend),
        Action::PokeLost => ("poke_lost", Mark::Flipped),
        Action::DialFails => ("dial_failed", Mark::Dialing),
        Action::RunsCold => ("lost_snapshot", Mark::Frozen),
        _ => return None,
    })
}

const fn mark(action: Action) -> Option<Mark> {
    Some(match action {
        Action::GoingIdle => Mark::Flipped,
        Action::Ack => Mark::Acked,
        Action::Closed => Mark::Closed,
        Action::Accept | Action::AcceptSlow => Mark::Accepted,
        Action::Freeze => Mark::Frozen,
        Action::Runs | Action::RunsCold => Mark::Running,
        Action::Dial => Mark::Dialing,
        Action::Hello | Action::Connected => Mark::Connected,
        _ => return None,
    })
}

const fn command(command: Command) -> Option<Mark> {
    Some(match command {
        Command::GoDormant => Mark::GoDormant,
        Command::Suspend => Mark::Suspend,
        _ => return None,
    })
}

fn simulated(event: LogEvent) -> Option<Mark> {
    Some(match event {
        LogEvent::Command(done) => return command(done),
        LogEvent::Flipped => Mark::Flipped,
        LogEvent::Acked => Mark::Acked,
        LogEvent::Closed => Mark::Closed,
        LogEvent::Accepted { .. } => Mark::Accepted,
        LogEvent::Frozen { .. } => Mark::Frozen,
        LogEvent::Running { .. } => Mark::Running,
        LogEvent::Dialing => Mark::Dialing,
        LogEvent::Connected { .. } => Mark::Connected,
        _ => return None,
    })
}

impl fmt::Display for Reproduction {
    /// The TOML of a scenario file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missed: Vec<String> = self.missed.iter().map(|(class, n)| format!("{class} = {n}")).collect();
        writeln!(f, "title = \"Found by the model checker\"")?;
        writeln!(f, "date = \"derived\"")?;
        writeln!(f, "source = \"crates/proof\"")?;
        writeln!(f, "story = \"A shortest way to a violation, among everything that can happen.\"")?;
        writeln!(f, "watcher = \"{}\"", self.watcher)?;
        writeln!(f, "horizon = \"{}m\"", HORIZON_MS / 60_000)?;
        writeln!(f, "\n[set]\nfreeze_lag_ms = 4000\nresume_ms = 400")?;
        if !self.faults.is_empty() {
            writeln!(f, "\n[set.faults]")?;
            for (fault, times) in &self.faults {
                writeln!(f, "{fault} = {times:?}")?;
            }
        }
        writeln!(f, "\n[traffic]\nevents = \"\"\"")?;
        for (at_ms, kind, work_ms) in &self.events {
            writeln!(f, "{at_ms}ms {kind} {work_ms}ms")?;
        }
        writeln!(f, "\"\"\"\n\n[expect]\nmissed = {{ {} }}", missed.join(", "))
    }
}
