//! The path to a violation, as a timeline.

use std::fmt;

use dormouse_core::{Command, Status};

use super::action::Action;
use super::model::WatcherModel;
use super::state::{BACK, ModelState};
use super::wrong::Wrong;

/// One action on the path, and the watcher's commands.
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
    /// The published status, if it changed.
    pub(super) status: Option<Status>,
    /// Messages in the buffer.
    pub(super) buffered: u32,
}

/// The path from the start to a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// The violation at its end.
    pub(super) wrong: Wrong,
    /// The steps, in order.
    pub(super) stops: Vec<Stop>,
}

impl Trail {
    /// Performs `actions` from the start and records each step.
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
    /// Both clocks in units, the actor and the action. Steps in which only time passes are left out.
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
