//! Input and output of the watcher.

use crate::idle::{Census, Heartbeat};
use crate::time::Mono;

/// The kind of call that suspends the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lever {
    /// A call on the machine itself; the freeze follows within seconds.
    Direct,
    /// A call to a broker outside the machine, which may take longer than any fixed fence to stop it.
    Brokered,
}

/// The status that the gateway publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Working, or ready to work.
    Running,
    /// About to sleep, or asleep.
    Draining,
}

/// The gateway as the caller saw it when it reported a fact.
///
/// Start from [`quiet`](Self::quiet) and set what differs. It also sets fields that later versions add.
///
/// ```
/// use dormouse_core::{Lever, View};
///
/// let view = View::quiet().with_lever(Some(Lever::Brokered)).with_relay_only(false);
/// assert!(!view.relay_only);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct View {
    /// The work in flight.
    pub census: Census,
    /// The client heartbeat.
    pub heartbeat: Heartbeat,
    /// Is no channel other than the relay connected?
    pub relay_only: bool,
    /// The lever of this machine; `None` if it has none.
    pub lever: Option<Lever>,
    /// Has the platform left a mark of a resume since the last suspend was accepted?
    pub wake_marker: bool,
}

impl View {
    /// Nothing in flight, no client, no channel except the relay, a direct lever, no mark of a resume.
    #[must_use]
    #[inline]
    pub const fn quiet() -> Self {
        Self {
            census: Census::QUIET,
            heartbeat: Heartbeat::Missing,
            relay_only: true,
            lever: Some(Lever::Direct),
            wake_marker: false,
        }
    }

    /// The same view with another [`census`](Self::census).
    #[must_use]
    #[inline]
    pub const fn with_census(self, census: Census) -> Self {
        Self { census, ..self }
    }

    /// The same view with another [`heartbeat`](Self::heartbeat).
    #[must_use]
    #[inline]
    pub const fn with_heartbeat(self, heartbeat: Heartbeat) -> Self {
        Self { heartbeat, ..self }
    }

    /// The same view with another [`relay_only`](Self::relay_only).
    #[must_use]
    #[inline]
    pub const fn with_relay_only(self, relay_only: bool) -> Self {
        Self { relay_only, ..self }
    }

    /// The same view with another [`lever`](Self::lever).
    #[must_use]
    #[inline]
    pub const fn with_lever(self, lever: Option<Lever>) -> Self {
        Self { lever, ..self }
    }

    /// The same view with another [`wake_marker`](Self::wake_marker).
    #[must_use]
    #[inline]
    pub const fn with_wake_marker(self, wake_marker: bool) -> Self {
        Self { wake_marker, ..self }
    }
}

/// Something that happened.
///
/// Callers create facts and do not match on them, so a later version may add one. A simulator or test that
/// matches on facts then gets a compiler error, which is intended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<'a> {
    /// The deadline was reached. Ignored if it comes too early.
    Deadline(&'a View),
    /// A message was handled. Completion and replay events are not messages.
    Inbound,
    /// The relay granted or refused the hold.
    Held(bool),
    /// The connector's answer to `going_idle`; false also if it could not be asked.
    Acked(bool),
    /// The socket is closed.
    Closed(&'a View),
    /// The lever accepted or refused. The watcher itself detects a lever that does not answer.
    Lever(bool),
    /// The relay is connected again.
    Connected,
    /// Work is waiting outside for this machine: a request to its wake URL came, or a request whose work was
    /// [deferred](crate::Watcher::admits_work).
    Poked,
    /// The process is shutting down for good.
    Shutdown,
}

/// A command for the caller.
///
/// Exhaustive on purpose: a caller cannot carry out a command that it does not know, so a new one is a breaking change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Keep the relay from dialling. Answered by [`Fact::Held`].
    HoldRedial,
    /// Ask the connector to buffer. Answered by [`Fact::Acked`], or by the deadline.
    GoDormant,
    /// Close the relay's socket. Answered by [`Fact::Closed`].
    CloseSocket,
    /// Call the lever. Answered by [`Fact::Lever`], or by the deadline.
    Suspend,
    /// Release the hold. Not answered.
    Release,
    /// Release the hold, and if there is a connection, send a hello on it. The connector may be buffering; a
    /// hello ends that and drains its buffer. Using the same connection means that nothing can get lost between
    /// two connections. Answered by [`Fact::Connected`].
    Renew,
    /// Send a request to the machine's own wake URL: the freeze is coming and work is waiting. Not answered.
    Wake,
}

/// Why an attempt to sleep was abandoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Abandoned {
    /// The relay did not grant the hold.
    HoldRefused,
    /// The connector did not acknowledge.
    NotAcked,
    /// The gateway was no longer idle after the quiesce.
    BusyAgain,
    /// A channel other than the relay connected during the quiesce.
    GateShut,
    /// A poke came during the quiesce: the connector has a message in its buffer.
    Poked,
    /// The lever refused.
    LeverRefused,
    /// The lever did not answer in time.
    LeverSilent,
}

/// The watcher's answer to a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The command to carry out now, if any.
    pub command: Option<Command>,
    /// Why the current attempt ended, if this fact ended it.
    pub abandoned: Option<Abandoned>,
    /// When to call with [`Fact::Deadline`] if no fact comes earlier; `None`: never.
    pub deadline: Option<Mono>,
}
