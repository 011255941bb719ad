//! What goes in and what comes out.

use crate::idle::{Census, Heartbeat};
use crate::time::Mono;

/// What suspends the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lever {
    /// A call on the machine itself; the freeze follows within seconds.
    Direct,
    /// A call to a broker outside, which may take longer to stop the machine than any fence.
    Brokered,
}

/// What the gateway publishes about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// At work, or ready for it.
    Running,
    /// About to sleep, or asleep.
    Draining,
}

/// The gateway as the caller found it when it made the fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// What is in flight.
    pub census: Census,
    /// The client heartbeat.
    pub heartbeat: Heartbeat,
    /// Is nothing but the relay connected now?
    pub relay_only: bool,
    /// What would suspend this machine, if anything.
    pub lever: Option<Lever>,
    /// Has the platform left a mark of a resume since the last suspend was accepted?
    pub wake_marker: bool,
}

impl View {
    /// Nothing in flight, no client, relay only, a lever on the machine.
    #[must_use]
    pub const fn quiet() -> Self {
        Self {
            census: Census::QUIET,
            heartbeat: Heartbeat::Missing,
            relay_only: true,
            lever: Some(Lever::Direct),
            wake_marker: false,
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<'a> {
    /// The deadline was reached (a call before it is ignored).
    Deadline(&'a View),
    /// A message was handled. Completion and replay events are not messages.
    Inbound,
    /// The relay granted or refused to hold its re-dial.
    Held(bool),
    /// The connector answered `going_idle`, or cannot be asked.
    Acked(bool),
    /// The socket is closed.
    Closed(&'a View),
    /// The lever accepted or refused. A lever that does not answer is the watcher's own deadline.
    Lever(bool),
    /// The relay is connected again.
    Connected,
    /// Somebody outside waits for this machine: a request to its wake URL came, or one whose work was
    /// [deferred](crate::Watcher::admits_work).
    Poked,
    /// The process is shutting down for good.
    Shutdown,
}

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Hold the relay's re-dial; answered by [`Fact::Held`].
    HoldRedial,
    /// Ask the connector to buffer; answered by [`Fact::Acked`], or by the deadline.
    GoDormant,
    /// Close the relay's socket; answered by [`Fact::Closed`].
    CloseSocket,
    /// Pull the lever; answered by [`Fact::Lever`], or by the deadline.
    Suspend,
    /// Release the hold; not answered.
    Release,
    /// Release the hold, and say hello again if there is a connection: the connector may have flipped, and a hello unflips
    /// it and drains. On the same connection, so that nothing can be lost between two. Answered by [`Fact::Connected`].
    Renew,
    /// Send a request to the machine's own wake URL: the freeze is on its way and somebody waits. Not answered.
    Wake,
}

/// Why an attempt to sleep was abandoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Abandoned {
    /// The relay did not grant the hold.
    HoldRefused,
    /// The connector did not ack.
    NotAcked,
    /// Something came up during the quiesce.
    BusyAgain,
    /// Something besides the relay was connected during the quiesce.
    GateShut,
    /// A poke came during the quiesce: a message lies in the buffer.
    Poked,
    /// The lever refused.
    LeverRefused,
    /// The lever did not answer in time.
    LeverSilent,
}

/// What comes out of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The one thing to do now, if any.
    pub command: Option<Command>,
    /// Set if this fact ended the attempt under way.
    pub abandoned: Option<Abandoned>,
    /// When to call with [`Fact::Deadline`], if nothing happens before; `None`: never.
    pub deadline: Option<Mono>,
}
