//! What happens in one run, for whoever wants to see it.

use std::fmt;

use crate::rows::{Violation, WakeCause};
use dormouse_core::{Abandoned, Command, Fact, Now, Phase, Status};
use dormouse_trace::Kind;

use crate::faults::Fault;

/// Both clocks, in ms: true wall time from the trace's start, and the gateway's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Wall.
    pub wall_ms: u64,
    /// Monotonic.
    pub mono_ms: u64,
}

/// Why a poke did not wake anybody, or that it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poke {
    /// On its way.
    Sent,
    /// Suppressed: the last one was within the cooldown.
    CoolingDown,
    /// The wake URL answered with an error.
    Failed,
    /// Reached a machine that is up: spent.
    Spent,
    /// Reached a machine that is suspending, and failed there.
    Swallowed,
    /// Lost on its way.
    Lost,
}

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEvent {
    /// The gateway started, its watcher armed or not.
    Started {
        /// Armed?
        armed: bool,
    },
    /// An event of the trace.
    Arrived {
        /// What.
        kind: Kind,
        /// Its work.
        work_ms: u64,
    },
    /// An arrival was handled.
    Handled {
        /// What.
        kind: Kind,
        /// How long it waited.
        delay_ms: u64,
    },
    /// Work began.
    WorkBegan {
        /// Started by what.
        kind: Kind,
        /// How long it takes, unless it is frozen.
        work_ms: u64,
    },
    /// An arrival waits until the machine runs.
    Waits {
        /// What.
        kind: Kind,
    },
    /// Work waits until the gateway is no more on its way to sleep.
    Deferred {
        /// What.
        kind: Kind,
    },
    /// A message went into the buffer.
    Buffered {
        /// Entries now in it.
        depth: u64,
    },
    /// About a poke.
    Poke(Poke),
    /// The watcher commands.
    Command(Command),
    /// The watcher gives its attempt up.
    Abandoned(Abandoned),
    /// The relay granted or refused the hold.
    Held(bool),
    /// The connector buffers for this instance from now on.
    Flipped,
    /// The ack of `going_idle` arrived.
    Acked,
    /// The socket is closed.
    Closed,
    /// The hold reached its ceiling.
    HoldExpired,
    /// The relay dials.
    Dialing,
    /// The dial failed.
    DialFailed,
    /// The connector refused the dial's token.
    TokenRefused {
        /// The relay dials again with a fresh one; otherwise it gives up for good.
        again: bool,
    },
    /// Connected; the connector drains this many entries and delivers live from now on.
    Connected {
        /// Entries drained.
        drained: u64,
    },
    /// The connector dropped the dead peer.
    Reaped,
    /// The gateway finds its connection gone.
    LinkLost,
    /// The lever accepted; the freeze follows.
    Accepted {
        /// After how long.
        freeze_in_ms: u64,
    },
    /// The platform's own timer suspends; the freeze follows.
    PlatformSuspends {
        /// After how long.
        freeze_in_ms: u64,
    },
    /// The lever refused.
    Refused,
    /// The machine is frozen.
    Frozen {
        /// Clients attached to it.
        clients: u64,
    },
    /// A resume begins.
    Resuming {
        /// Because of what.
        cause: WakeCause,
    },
    /// The machine runs again.
    Running {
        /// For how long it was frozen.
        slept_ms: u64,
        /// Without what was in its memory.
        cold: bool,
    },
    /// The directly connected platform is gone.
    DirectLeft,
    /// A client is attached.
    Attached {
        /// Until when, in wall ms.
        until_ms: u64,
    },
    /// The published status changed.
    Status(Status),
    /// The auditor found a violation.
    Violation(Violation),
    /// The horizon.
    Ended,
}

/// Sees everything that happens in a run. `()` sees nothing and costs nothing.
pub trait Observer {
    /// `event` happened at `stamp`.
    fn on(&mut self, stamp: Stamp, event: LogEvent);

    /// The watcher, which stands in `phase`, is told `fact` at `now`, as the gateway's clocks show it. What it answers
    /// follows as [`LogEvent::Command`] and [`LogEvent::Abandoned`].
    #[inline]
    fn told(&mut self, now: Now, phase: Phase, fact: &Fact<'_>) {
        let _ = (now, phase, fact);
    }

    /// `fault` strikes at true wall time `at_ms`.
    #[inline]
    fn struck(&mut self, at_ms: u64, fault: Fault) {
        let _ = (at_ms, fault);
    }
}

impl Observer for () {
    #[inline]
    fn on(&mut self, _: Stamp, _: LogEvent) {}
}

impl<F: FnMut(Stamp, LogEvent)> Observer for F {
    #[inline]
    fn on(&mut self, stamp: Stamp, event: LogEvent) {
        self(stamp, event);
    }
}

/// A line of the event log: both clocks in ms, who, and what.
///
/// ```
/// use dormouse_sim::{LogEvent, Line, Stamp};
/// let line = Line(Stamp { wall_ms: 124_040, mono_ms: 124_040 }, LogEvent::Frozen { clients: 0 });
/// assert_eq!(line.to_string(), "      124040       124040  machine    frozen");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Line(pub Stamp, pub LogEvent);

impl Line {
    /// The heading over the lines.
    pub const HEADING: &'static str = "     wall_ms      mono_ms  who        what";
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stamp { wall_ms, mono_ms } = self.0;
        write!(f, "{wall_ms:>12} {mono_ms:>12}  ")?;
        match self.1 {
            LogEvent::Started { armed: true } => write!(f, "gateway    started, watcher armed"),
            LogEvent::Started { armed: false } => write!(f, "gateway    started, watcher not armed"),
            LogEvent::Arrived { kind, work_ms: 0 } => write!(f, "arrival    {kind}"),
            LogEvent::Arrived { kind, work_ms } => write!(f, "arrival    {kind}, {work_ms} ms of work"),
            LogEvent::Handled { kind, delay_ms } => {
                write!(f, "gateway    handles {kind}, {delay_ms} ms after its arrival")
            }
            LogEvent::WorkBegan { kind, work_ms } => write!(f, "gateway    works on {kind} for {work_ms} ms"),
            LogEvent::Waits { kind } => write!(f, "gateway    is not up: {kind} waits"),
            LogEvent::Deferred { kind } => write!(f, "gateway    is on its way to sleep: {kind} waits"),
            LogEvent::Buffered { depth } => write!(f, "connector  buffers, {depth} in the buffer"),
            LogEvent::Poke(Poke::Sent) => write!(f, "connector  pokes"),
            LogEvent::Poke(Poke::CoolingDown) => {
                write!(f, "connector  does not poke: the last one was just now")
            }
            LogEvent::Poke(Poke::Failed) => {
                write!(f, "connector  pokes, and the wake URL answers with an error")
            }
            LogEvent::Poke(Poke::Spent) => write!(f, "machine    is up: the poke is spent"),
            LogEvent::Poke(Poke::Swallowed) => write!(f, "machine    is suspending: the poke is swallowed"),
            LogEvent::Poke(Poke::Lost) => write!(f, "network    loses the poke"),
            LogEvent::Command(Command::HoldRedial) => write!(f, "watcher    hold the re-dial"),
            LogEvent::Command(Command::GoDormant) => write!(f, "watcher    go dormant"),
            LogEvent::Command(Command::CloseSocket) => write!(f, "watcher    close the socket"),
            LogEvent::Command(Command::Suspend) => write!(f, "watcher    suspend"),
            LogEvent::Command(Command::Release) => write!(f, "watcher    release the re-dial"),
            LogEvent::Command(Command::Renew) => write!(f, "watcher    say hello again"),
            LogEvent::Command(Command::Wake) => write!(f, "watcher    poke the own wake URL"),
            LogEvent::Abandoned(why) => write!(f, "watcher    abandons: {why}"),
            LogEvent::Held(true) => write!(f, "relay      holds"),
            LogEvent::Held(false) => write!(f, "relay      does not hold"),
            LogEvent::Flipped => write!(f, "connector  flips to buffered"),
            LogEvent::Acked => write!(f, "relay      acked"),
            LogEvent::Closed => write!(f, "relay      closed"),
            LogEvent::HoldExpired => write!(f, "relay      the hold reached its ceiling"),
            LogEvent::Dialing => write!(f, "relay      dials"),
            LogEvent::DialFailed => write!(f, "relay      the dial failed"),
            LogEvent::TokenRefused { again: true } => {
                write!(f, "relay      its token is refused: once more, with a fresh one")
            }
            LogEvent::TokenRefused { again: false } => {
                write!(f, "relay      its token is refused: it gives up")
            }
            LogEvent::Connected { drained } => write!(f, "relay      connected, {drained} drained"),
            LogEvent::Reaped => write!(f, "connector  drops the dead peer"),
            LogEvent::LinkLost => write!(f, "relay      finds its connection gone"),
            LogEvent::Accepted { freeze_in_ms } => {
                write!(f, "lever      accepts, freeze in {freeze_in_ms} ms")
            }
            LogEvent::PlatformSuspends { freeze_in_ms } => {
                write!(f, "platform   its own timer suspends, freeze in {freeze_in_ms} ms")
            }
            LogEvent::Refused => write!(f, "lever      refuses"),
            LogEvent::Frozen { clients: 0 } => write!(f, "machine    frozen"),
            LogEvent::Frozen { clients } => write!(f, "machine    frozen under {clients} attached"),
            LogEvent::Resuming { cause } => write!(f, "machine    resumes because of {}", cause.name()),
            LogEvent::Running { slept_ms, cold: false } => {
                write!(f, "machine    runs after {slept_ms} ms frozen")
            }
            LogEvent::Running { slept_ms, cold: true } => {
                write!(f, "machine    starts cold after {slept_ms} ms frozen, its memory lost")
            }
            LogEvent::DirectLeft => write!(f, "platform   the direct one is gone"),
            LogEvent::Attached { until_ms } => write!(f, "client     attached until {until_ms}"),
            LogEvent::Status(Status::Running) => write!(f, "watcher    status running"),
            LogEvent::Status(Status::Draining) => write!(f, "watcher    status draining"),
            LogEvent::Violation(Violation { at_ms, class, held_ms: 0, cause }) => {
                write!(f, "AUDIT      {} at {at_ms}: {cause}", class.name())
            }
            LogEvent::Violation(Violation { at_ms, class, held_ms, cause }) => {
                write!(f, "AUDIT      {} at {at_ms} for {held_ms} ms: {cause}", class.name())
            }
            LogEvent::Ended => write!(f, "horizon    the end"),
        }
    }
}
