//! The connection to the connector, as the watcher commands it.
//!
//! [`Relay`] is what the watcher needs.
#![cfg_attr(
    feature = "relay-client",
    doc = "[`Client`] implements it for the protocol of `dormouse-wire`, over a WebSocket."
)]
#![cfg_attr(
    not(feature = "relay-client"),
    doc = "The feature `relay-client` adds a client that implements it, over a WebSocket."
)]

use std::future::Future;
use std::pin::Pin;

#[cfg(feature = "relay-client")]
pub mod client;
#[cfg(feature = "relay-client")]
mod handled_ids;

#[cfg(feature = "relay-client")]
pub use client::{Client, ClientConfig, ClientError, FixedToken, Handler, Timings, TokenSource};
#[cfg(feature = "relay-client")]
pub use handled_ids::HandledIdsError;

/// What the watcher asks of the relay. An implementation also tells [`Signals`](crate::Signals) when it is
/// [connected](crate::Signals::connected) and when a message is [handled](crate::Signals::handled_since).
pub trait Relay: Send + Sync + 'static {
    /// Does not dial for `max_ms` of monotonic time, or until [`release`](Self::release). False if there is no connection now, so
    /// that the gateway cannot quiesce.
    fn hold(&self, max_ms: u64) -> bool;

    /// Asks the connector to buffer. True when it acknowledges; false if it refuses or cannot be asked. The caller gives up by
    /// dropping the future.
    fn go_dormant(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;

    /// Closes the socket. The relay dials again a second later, or at the end of the hold if that is later.
    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Ends the hold. Does nothing if there is none.
    fn release(&self);

    /// Ends the hold and, if there is a connection, says hello again: the connector may be buffering although the gateway is
    /// awake, and a hello ends that and delivers what it holds. Tells [`Signals`](crate::Signals) when it is welcomed. If that
    /// takes too long, the connection is replaced.
    fn renew(&self);
}
