//! What can happen to a watcher, and what can wake a machine.

/// Everything that can happen to a watcher.
///
/// These are core's facts without what the gateway looks like, which the [driver](crate::Driver) adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatcherEvent {
    /// A message was handled.
    Inbound,
    /// The relay is connected.
    Connected,
    /// The relay granted or refused a hold.
    Held(bool),
    /// The connector answered `going_idle`.
    Acked(bool),
    /// The socket is closed.
    Closed,
    /// The lever accepted or refused.
    Lever(bool),
    /// The deadline is reached.
    Deadline,
    /// A request to the wake URL came, or a request whose work is deferred.
    Poked,
    /// The process shuts down.
    Shutdown,
}

/// What woke a machine, as far as its gateway can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Cause {
    /// A message.
    Inbound = 1,
    /// A cron fire over HTTP.
    Cron = 2,
    /// A run started over HTTP.
    Api = 3,
    /// A client that attaches.
    Client = 4,
    /// A crawler or a health check.
    Probe = 5,
    /// The gateway saw nothing that could have been the cause.
    Unknown = 6,
}

impl Cause {
    /// Every cause: `ALL[c as usize - 1] == c`.
    pub const ALL: [Self; 6] =
        [Self::Inbound, Self::Cron, Self::Api, Self::Client, Self::Probe, Self::Unknown];

    /// The name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Cron => "cron",
            Self::Api => "api",
            Self::Client => "client",
            Self::Probe => "probe",
            Self::Unknown => "unknown",
        }
    }
}
