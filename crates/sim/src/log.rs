//! The events of a run, and the observers that see them.

use std::fmt;

use crate::rows::{Violation, WakeCause};
use dormouse_core::{Abandoned, Command, Fact, Now, Phase, Status};
use dormouse_trace::Kind;

use crate::faults::Fault;

/// Both clocks, in ms: true wall time from the trace's start, and the gateway's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// True wall time, in ms from the trace's start.
    pub wall_ms: u64,
    /// The gateway's monotonic clock, in ms.
    pub mono_ms: u64,
}

/// What happened to a poke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poke {
    /// Sent, and on its way.
    Sent,
    /// Not sent, since the last poke was within the cooldown.
    CoolingDown,
    /// The wake URL answered with an error.
    Failed,
    /// Spent: it reached a machine that was up.
    Spent,
    /// Swallowed: it reached a machine that was suspending, and failed there.
    Swallowed,
    /// Lost on the way.
    Lost,
}

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEvent {
    /// The gateway started.
    Started {
        /// Whether its watcher is armed.
        armed: bool,
    },
    /// An event of the trace arrived.
    Arrived {
        /// The kind of the arrival.
        kind: Kind,
        /// How long its work takes, in ms.
        work_ms: u64,
    },
    /// An arrival was handled.
    Handled {
        /// The kind of the arrival.
        kind: Kind,
        /// How long it waited, in ms.
        delay_ms: u64,
    },
    /// Work began.
    WorkBegan {
        /// The kind of the arrival that started it.
        kind: Kind,
        /// How long it takes if it is not frozen, in ms.
        work_ms: u64,
    },
    /// An arrival waits until the machine runs.
    Waits {
        /// The kind of the arrival.
        kind: Kind,
    },
    /// Work waits while the gateway is on its way to sleep.
    Deferred {
        /// The kind of the arrival.
        kind: Kind,
    },
    /// A message went into the buffer.
    Buffered {
        /// Entries in the buffer, this one included.
        depth: u64,
    },
    /// The outcome of a poke.
    Poke(Poke),
    /// The watcher gives a command.
    Command(Command),
    /// The watcher abandons its attempt to sleep.
    Abandoned(Abandoned),
    /// The relay granted (`true`) or refused (`false`) the hold.
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
        /// Whether the relay dials again with a fresh token. Otherwise it gives up for good.
        again: bool,
    },
    /// Connected; the connector drains this many entries and delivers live from now on.
    Connected {
        /// Entries drained.
        drained: u64,
    },
    /// The connector dropped the dead peer.
    Reaped,
    /// The gateway notices that its connection is gone.
    LinkLost,
    /// The lever accepted; the freeze follows.
    Accepted {
        /// Time until the freeze, in ms.
        freeze_in_ms: u64,
    },
    /// The platform's own timer suspends; the freeze follows.
    PlatformSuspends {
        /// Time until the freeze, in ms.
        freeze_in_ms: u64,
    },
    /// The lever refused.
    Refused,
    /// The machine is frozen.
    Frozen {
        /// Clients that are attached at that moment.
        clients: u64,
    },
    /// A resume begins.
    Resuming {
        /// What caused the wake.
        cause: WakeCause,
    },
    /// The machine runs again.
    Running {
        /// How long it was frozen, in ms.
        slept_ms: u64,
        /// Whether this was a cold start, which loses the memory.
        cold: bool,
    },
    /// The direct channel disconnected.
    DirectLeft,
    /// A client is attached.
    Attached {
        /// When it leaves, in wall ms.
        until_ms: u64,
    },
    /// The published status changed.
    Status(Status),
    /// The auditor found a violation.
    Violation(Violation),
    /// The replay reached the horizon.
    Ended,
}

/// Sees everything that happens in a run. `()` is the observer that ignores everything, at no cost.
pub trait Observer {
    /// `event` happened at `stamp`.
    fn on(&mut self, stamp: Stamp, event: LogEvent);

    /// The watcher is in `phase` and is told `fact` at `now`, the time on the gateway's clocks. Its answer follows as
    /// [`LogEvent::Command`] and [`LogEvent::Abandoned`].
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

/// A borrowed observer.
pub(crate) struct Borrowed<'a, O>(pub(crate) &'a mut O);

impl<O: Observer> Observer for Borrowed<'_, O> {
    #[inline]
    fn on(&mut self, stamp: Stamp, event: LogEvent) {
        self.0.on(stamp, event);
    }

    #[inline]
    fn told(&mut self, now: Now, phase: Phase, fact: &Fact<'_>) {
        self.0.told(now, phase, fact);
    }

    #[inline]
    fn struck(&mut self, at_ms: u64, fault: Fault) {
        self.0.struck(at_ms, fault);
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

/// A line of the event log: both clocks in ms, the part that acts, and what happens.
///
/// ```
/// use dormouse_sim::{LogEvent, Line, Stamp};
/// let line = Line(Stamp { wall_ms: 124_040, mono_ms: 124_040 }, LogEvent::Frozen { clients: 0 });
/// assert_eq!(line.to_string(), "      124040       124040  machine    frozen");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Line(pub Stamp, pub LogEvent);

impl Line {
    /// The column headings for these lines.
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
