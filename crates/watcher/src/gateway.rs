//! What the embedding gateway provides.

use dormouse_core::{Heartbeat, Status, messaging_is_relay_only_or_absent};

use crate::work::WorkSource;

/// Surfaces that a gateway may list among its channels although no message can be lost on them: a local console, and HTTP
/// servers, to which every request wakes the machine. They do not keep the machine awake.
pub const NON_MESSAGING: [&str; 3] = ["api_server", "local", "webhook"];

/// The gateway, as the watcher asks about it.
///
/// The watcher calls all of these at every look, so they must return at once. If one panics, the gateway counts as busy, and as
/// connected to a channel other than the relay.
pub trait Gateway: Send + Sync + 'static {
    /// Passes every source of work to `each`.
    fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource));

    /// Passes the name of every channel that is connected now to `each`: not those that are merely configured, and not those
    /// that are disabled. Any channel other than the relay keeps the machine awake. Names in [`NON_MESSAGING`] are ignored, so
    /// a gateway may pass everything that is connected.
    fn channels(&self, each: &mut dyn FnMut(&str));

    /// The last heartbeat of attached clients.
    fn heartbeat(&self) -> Heartbeat {
        Heartbeat::Missing
    }

    /// The status has changed.
    fn publish(&self, status: Status);
}

/// Does this channel leave the arm gate open? Names are compared without surrounding white space and without regard to case.
pub(crate) fn leaves_gate_open(channel: &str) -> bool {
    messaging_is_relay_only_or_absent([channel])
        || NON_MESSAGING.iter().any(|name| channel.trim().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_relay_and_what_is_no_messaging_leave_the_gate_open() {
        for open in ["relay", "api_server", "webhook", "local", " Api_Server\n", "WEBHOOK"] {
            assert!(leaves_gate_open(open), "{open:?}");
        }
        for shut in ["telegram", "api_server2", "api server", "webhooks", "", " "] {
            assert!(!leaves_gate_open(shut), "{shut:?}");
        }
    }
}
