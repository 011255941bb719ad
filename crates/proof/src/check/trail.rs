//! How it came to a violation, as a timeline.

use std::fmt;

use dormouse_core::{Command, Status};

use super::action::Action;
use super::model::WatcherModel;
use super::state::{BACK, ModelState};
use super::wrong::Wrong;

/// One thing that happened on the way, and what the watcher commanded then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stop {
    /// Wall time, in units.
    pub(super) wall: u64,
    /// Mono time, in units.
    pub(super) mono: u64,
    /// What happened.
    pub(super) action: Action,
    /// What the watcher commanded.
    pub(super) commands: Vec<Command>,
    /// What is published, if that changed.
    pub(super) status: Option<Status>,
    /// Messages in the buffer.
    pub(super) buffered: u32,
}

/// The way from the start to a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// Where it ends.
    pub(super) wrong: Wrong,
    /// In order.
    pub(super) stops: Vec<Stop>,
}

impl Trail {
    /// Walks `actions` from the start.
    pub(super) fn of(model: &WatcherModel, wrong: Wrong, actions: Vec<Action>) -> Self {
        let mut state = ModelState::start(model.settings);
        let stop = |action: Action| {
            let (mut commands, was) = (Vec::new(), state.watcher.status());
            state.happen(action, &model.bounds, &mut commands);
            let status = state.watcher.status();
            Stop {
                wall: state.wall - BACK,
                mono: state.mono - BACK,
                action,
                commands,
                status: (status != was).then_some(status),
                buffered: state.connector.buffer.count_ones(),
            }
        };
        Self { wrong, stops: actions.into_iter().map(stop).collect() }
    }
}

impl fmt::Display for Trail {
    /// Both clocks in units, who, and what; without the lines on which nothing but time went on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "wall mono  who        what")?;
        for Stop { wall, mono, action, commands, status, buffered } in &self.stops {
            let quiet =
                matches!(action, Action::TimePasses) || *action == Action::Look && commands.is_empty();
            if !quiet {
                write!(f, "{wall:>4} {mono:>4}  {action}")?;
                if *action == Action::Message && *buffered > 0 {
                    write!(f, ", {buffered} in the buffer")?;
                }
                writeln!(f)?;
            }
            for command in commands {
                writeln!(f, "{wall:>4} {mono:>4}  watcher    {}", said(*command))?;
            }
            if let Some(status) = status {
                let status = if *status == Status::Running { "running" } else { "draining" };
                writeln!(f, "{wall:>4} {mono:>4}  watcher    status {status}")?;
            }
        }
        let end = self.stops.last().map_or((0, 0), |stop| (stop.wall, stop.mono));
        write!(f, "{:>4} {:>4}  AUDIT      {}", end.0, end.1, self.wrong.name())
    }
}

fn said(command: Command) -> &'static str {
    match command {
        Command::HoldRedial => "hold the re-dial",
        Command::GoDormant => "go dormant",
        Command::CloseSocket => "close the socket",
        Command::Suspend => "suspend",
        Command::Release => "release the re-dial",
        Command::Renew => "say hello again",
        Command::Wake => "poke the own wake URL",
    }
}
