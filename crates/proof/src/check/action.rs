//! The possible actions.

use std::fmt;

/// One step of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// A unit of time passes. Everything that was due has happened.
    TimePasses,
    /// The watcher's deadline is reached.
    Look,
    /// A person sends a message.
    Message,
    /// A request from outside begins work.
    Request,
    /// The gateway's own scheduler begins work.
    Background,
    /// The work in flight ends.
    WorkEnds,
    /// `going_idle` reaches the connector.
    GoingIdle,
    /// `going_idle` is lost.
    GoingIdleLost,
    /// The ack reaches the gateway.
    Ack,
    /// The ack is lost.
    AckLost,
    /// A hello on the open socket reaches the connector.
    Hello,
    /// The socket is closed.
    Closed,
    /// The lever accepts.
    Accept,
    /// The lever accepts, and the freeze will take long.
    AcceptSlow,
    /// The lever refuses.
    Refuse,
    /// The lever will never answer.
    Silent,
    /// The freeze lands.
    Freeze,
    /// The resume is complete.
    Runs,
    /// The resume is complete, and the memory is lost.
    RunsCold,
    /// The hold reaches its ceiling.
    HoldExpires,
    /// The relay dials.
    Dial,
    /// The dial succeeds.
    Connected,
    /// The dial fails.
    DialFails,
    /// A poke reaches the platform.
    Poke,
    /// A poke is lost on its way.
    PokeLost,
    /// The machine's own poke reaches the platform.
    OwnPoke,
    /// The connector pokes again.
    Repoke,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimePasses => "time       passes",
            Self::Look => "watcher    looks",
            Self::Message => "person     sends a message",
            Self::Request => "caller     sends a request",
            Self::Background => "gateway    its scheduler begins work",
            Self::WorkEnds => "gateway    its work ends",
            Self::GoingIdle => "connector  gets going_idle, flips to buffered",
            Self::GoingIdleLost => "network    loses going_idle",
            Self::Ack => "relay      gets the ack",
            Self::AckLost => "network    loses the ack",
            Self::Hello => "connector  gets another hello",
            Self::Closed => "relay      closed",
            Self::Accept => "lever      accepts",
            Self::AcceptSlow => "lever      accepts, and the freeze takes long",
            Self::Refuse => "lever      refuses",
            Self::Silent => "lever      does not answer",
            Self::Freeze => "machine    frozen",
            Self::Runs => "machine    runs again",
            Self::RunsCold => "machine    starts cold, its memory lost",
            Self::HoldExpires => "relay      the hold reached its ceiling",
            Self::Dial => "relay      dials",
            Self::Connected => "relay      connected",
            Self::DialFails => "relay      the dial failed",
            Self::Poke => "platform   gets the poke",
            Self::PokeLost => "network    loses the poke",
            Self::OwnPoke => "platform   gets the machine's own poke",
            Self::Repoke => "connector  pokes again",
        })
    }
}
