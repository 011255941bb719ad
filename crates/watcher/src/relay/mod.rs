//! The connection to the connector, as the watcher commands it.

use std::future::Future;
use std::pin::Pin;

pub mod client;
mod seen;

pub use client::{Client, ClientConfig, ClientError, FixedToken, Handler, Timings, TokenSource};
pub use seen::SeenError;

/// What the watcher asks of the relay. A client tells [`Signals`](crate::Signals) by itself when it is connected and when a
/// message was handled.
pub trait Relay: Send + Sync + 'static {
    /// Holds every dial for at most `max_ms` of mono time, or until [`release`](Self::release). False if there is no
    /// connection whose close would make the gateway dormant.
    fn hold(&self, max_ms: u64) -> bool;

    /// Sends `going_idle`; true when the connector acked that it buffers, false if it refused or cannot be asked. The caller
    /// gives up by dropping the future.
    fn go_dormant(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;

    /// Closes the socket and keeps the supervisor, which dials again a second later, or when the hold ends if that is later.
    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Ends the hold. Without one nothing happens.
    fn release(&self);

    /// Ends the hold and, on a connection that is up, says hello again: the connector may buffer although nobody is
    /// asleep, and a hello ends that and drains. Tells [`Signals`](crate::Signals) when it is welcomed; a connection on
    /// which that takes too long is made anew.
    fn renew(&self);
}
