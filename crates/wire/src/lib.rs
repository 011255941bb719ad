//! The frames that a gateway's relay client and its connector exchange, as JSON text messages on one WebSocket.
//!
//! The *connector* accepts messages for a *gateway* and keeps them until the gateway has handled them. While the gateway is awake,
//! the connector delivers each message at once. Before it sleeps, the gateway sends `going_idle`: the connector *flips*, and buffers
//! everything until the gateway's next hello. So a machine can be suspended without losing a message.
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | *entry* | one message in the connector's store, with an id |
//! | *ack* | the handler of this entry has returned; the connector may forget it |
//! | *flip* | the connector buffers from now on; ends with the next hello |
//! | *drain* | delivery of the entries that were buffered, oldest first |
//! | *window* | how many entries may be delivered and not acked at a time |
//!
//! # One connection
//!
//! ```text
//! gateway                              connector
//!   hello{instance}            ->                        the upgrade carries Authorization: Bearer TOKEN
//!                              <-      welcome{buffered, store}
//!                              <-      inbound{id 1}     oldest first, no more than a window
//!   inbound_ack{id 1}          ->                        the handler has returned; the entry is forgotten
//!   going_idle{seq 7}          ->                        flips: everything is buffered from here on
//!                              <-      going_idle_ack{seq 7, ok}
//!   (closes)
//! ```
//!
//! An entry gets its id when it is accepted. The ids of an instance grow, and one store never uses an id twice, even after a restart
//! of the connector; the welcome names the store. That is all a gateway needs to recognize entries that it has handled before. The
//! `body` is private: it is never parsed, never logged, and not kept after the ack.
//!
//! # Example
//!
//! A gateway and a connector that talk through two queues instead of a socket:
//!
//! ```
//! use std::collections::VecDeque;
//! use dormouse_wire::{Entry, FromConnector, FromGateway, KIND_MESSAGE, VERSION};
//!
//! let (mut to_connector, mut to_gateway) = (VecDeque::new(), VecDeque::new());
//!
//! // The gateway dials.
//! to_connector.push_back(FromGateway::Hello { version: VERSION, instance: "me".into() }.to_text());
//!
//! // The connector has one entry for it.
//! let hello = FromGateway::from_text(&to_connector.pop_front().unwrap())?;
//! assert!(matches!(hello, FromGateway::Hello { version: VERSION, .. }));
//! let entry = Entry { id: 1, at_ms: 5, kind: KIND_MESSAGE.into(), attempt: 1, body: "hi".into() };
//! to_gateway.push_back(FromConnector::Welcome { version: VERSION, buffered: 1, store: "s".into() }.to_text());
//! to_gateway.push_back(FromConnector::Inbound(entry).to_text());
//!
//! // The gateway handles the entry and acks it.
//! while let Some(text) = to_gateway.pop_front() {
//!     if let FromConnector::Inbound(entry) = FromConnector::from_text(&text)? {
//!         println!("handled: {}", entry.body);
//!         to_connector.push_back(FromGateway::InboundAck { id: entry.id }.to_text());
//!     }
//! }
//! assert_eq!(to_connector, [r#"{"type":"inbound_ack","id":1}"#]);
//! # Ok::<(), dormouse_wire::InvalidFrame>(())
//! ```
//!
//! # Compatibility
//!
//! Both sides refuse a [`VERSION`] other than their own, so every change of a frame is a new version of the protocol and a breaking
//! release of this crate. That is why the frames are exhaustive.
#![cfg_attr(docsrs, feature(doc_cfg))]

use serde::{Deserialize, Serialize};

/// The version of this protocol. Each side refuses another one.
pub const VERSION: u32 = 2;

/// The path of the WebSocket on the connector.
pub const RELAY_PATH: &str = "/v1/relay";

/// The longest frame that either side sends, in bytes. A gateway ends a connection that carries a longer one, so a connector
/// must not accept an entry whose frame would be too long: see [`Entry::frame_bytes`].
pub const MAX_FRAME_BYTES: usize = 256 << 10;

/// The longest body that a connector may be configured to accept, in bytes: [`MAX_FRAME_BYTES`] less the rest of a frame. A
/// shorter body can be too long as well, since escapes take up to six bytes for one.
pub const MAX_BODY_BYTES: usize = MAX_FRAME_BYTES - 1024;

/// The most entries that may be delivered and not acked on one connection. A gateway reads this many ahead of its handler. With
/// more it would stop reading, and miss the pings and the ack of `going_idle` that follow.
pub const MAX_WINDOW: usize = 64;

/// The `kind` of a person's message. Other kinds (`button`, `command`, …) are delivered and acked in the same way. All of them
/// count as activity, except [`KIND_INTERNAL`].
pub const KIND_MESSAGE: &str = "message";

/// The `kind` of completion and replay events, which must not keep an idle gateway awake.
pub const KIND_INTERNAL: &str = "internal";

/// One message in the connector's store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Grows by instance; a store never uses one twice.
    pub id: u64,
    /// When the connector accepted it, by its wall clock: ms since 1970-01-01T00:00:00Z.
    pub at_ms: u64,
    /// What it is: [`KIND_MESSAGE`], [`KIND_INTERNAL`] or another word.
    pub kind: String,
    /// 1 for the first delivery; more if it was delivered before and not acked.
    pub attempt: u32,
    /// The content; opaque.
    pub body: String,
}

impl Entry {
    /// The length of the longest frame that can carry this kind and body, whatever the id, time and attempt, in bytes.
    #[must_use]
    pub fn frame_bytes(kind: &str, body: &str) -> usize {
        let (id, at_ms, attempt) = (u64::MAX, u64::MAX, u32::MAX);
        let empty = Self { id, at_ms, kind: String::new(), attempt, body: String::new() };
        // Each of the two empty strings is two quotes.
        FromConnector::Inbound(empty).to_text().len() - 4 + text_bytes(kind) + text_bytes(body)
    }
}

/// The length of a string in a frame, with its quotes.
fn text_bytes(text: &str) -> usize {
    // Serializing a string cannot fail.
    serde_json::to_string(text).map_or(0, |t| t.len())
}

/// A frame from the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromGateway {
    /// The first frame.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// The gateway's instance; the token of the upgrade must belong to it.
        instance: String,
    },
    /// The handler of this entry has returned: the connector may forget it.
    InboundAck {
        /// The entry's id.
        id: u64,
    },
    /// A request to buffer from now on, until the next hello.
    GoingIdle {
        /// The ack carries the same number.
        seq: u64,
    },
}

/// A frame from the connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromConnector {
    /// The answer to hello.
    Welcome {
        /// [`VERSION`].
        version: u32,
        /// How many entries are buffered; they follow, oldest first.
        buffered: u64,
        /// The name of the connector's store. Ids of a store with another name have no meaning in this one.
        store: String,
    },
    /// An entry to handle and ack.
    Inbound(Entry),
    /// The answer to [`FromGateway::GoingIdle`].
    GoingIdleAck {
        /// The request's number.
        seq: u64,
        /// Did the connector flip? If an entry is not acked yet, it does not: then nothing has changed.
        ok: bool,
    },
    /// The connector ends the connection after this.
    Refused {
        /// Why, for a log. Contains no secret.
        reason: String,
    },
}

macro_rules! frames {
    ($($name:ident),*) => {$(
        impl $name {
            /// The frame as a text message.
            #[must_use]
            pub fn to_text(&self) -> String {
                // Serializing strings, integers and booleans cannot fail.
                serde_json::to_string(self).unwrap_or_default()
            }

            /// Parses a text message.
            ///
            /// # Errors
            /// If it is not a frame of this protocol. The error never quotes the message.
            pub fn from_text(text: &str) -> Result<Self, InvalidFrame> {
                serde_json::from_str(text).map_err(|e| InvalidFrame { column: e.column() })
            }
        }
    )*};
}

frames!(FromGateway, FromConnector);

/// A message that is not a frame of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidFrame {
    /// The column at which parsing failed.
    pub column: usize,
}

impl std::fmt::Display for InvalidFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a frame of relay protocol version {VERSION} (column {})", self.column)
    }
}

impl std::error::Error for InvalidFrame {}

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_bytes_is_the_longest_frame_to_the_byte() {
        for (kind, body) in [("message", "hi"), ("\"", "\u{1}\n\\é😀"), ("", "")] {
            let entry = Entry {
                id: u64::MAX,
                at_ms: u64::MAX,
                kind: kind.into(),
                attempt: u32::MAX,
                body: body.into(),
            };
            assert_eq!(
                Entry::frame_bytes(kind, body),
                FromConnector::Inbound(entry).to_text().len(),
                "{body:?}"
            );
        }
    }

    #[test]
    fn the_longest_body_that_needs_no_escape_fits() {
        let (kind, body) = ("\"".repeat(64), "x".repeat(MAX_BODY_BYTES));
        assert!(Entry::frame_bytes(&kind, &body) <= MAX_FRAME_BYTES);
        assert!(Entry::frame_bytes(&kind, &"\u{1}".repeat(MAX_BODY_BYTES / 4)) > MAX_FRAME_BYTES);
    }
}
