//! The frames between a gateway's relay client and its connector: JSON texts on one WebSocket.
//!
//! ```text
//! gateway                              connector
//!   hello{instance}            ->                        Authorization: Bearer TOKEN on the upgrade
//!                              <-      welcome{buffered, store}
//!                              <-      inbound{id 1}     oldest first, a bounded number unacked
//!   inbound_ack{id 1}          ->                        after the handler returned; now it is forgotten
//!   going_idle{seq 7}          ->                        flips: from here on everything is buffered
//!                              <-      going_idle_ack{seq 7, ok}
//!   (closes)
//! ```
//!
//! An entry's id is given when it is accepted, grows by instance, and is never used twice in one store, also over a restart of
//! the connector; the welcome names the store. That is all a gateway needs to drop what it has handled before. `body` belongs to the people who talk: it is
//! never parsed, logged or kept beyond the ack.
//!
//! ```
//! use dormouse_wire::{Entry, FromConnector, FromGateway};
//! let frame = FromGateway::GoingIdle { seq: 7 };
//! assert_eq!(frame.to_text(), r#"{"type":"going_idle","seq":7}"#);
//! assert_eq!(FromGateway::from_text(r#"{"type":"inbound_ack","id":1}"#).unwrap(), FromGateway::InboundAck { id: 1 });
//! let entry = Entry { id: 1, at_ms: 5, kind: "message".into(), attempt: 1, body: "hi".into() };
//! assert!(FromConnector::Inbound(entry).to_text().starts_with(r#"{"type":"inbound","id":1,"at_ms":5,"#));
//! ```

use serde::{Deserialize, Serialize};

/// The version of this protocol. Both sides refuse another.
pub const VERSION: u32 = 2;

/// The path of the WebSocket on the connector.
pub const RELAY_PATH: &str = "/v1/relay";

/// The longest frame either side sends, in bytes; a gateway ends a connection on which a longer one comes. So a connector
/// accepts no entry of which it could not send the frame: see [`Entry::frame_bytes`].
pub const MAX_FRAME_BYTES: usize = 256 << 10;

/// The longest body that a connector may be configured to accept, in bytes: what [`MAX_FRAME_BYTES`] leaves beside the rest of
/// a frame. A body that has to be escaped takes up to six times its length in a frame, so a shorter one can be too long too.
pub const MAX_BODY_BYTES: usize = MAX_FRAME_BYTES - 1024;

/// The most entries that may be delivered and not acked on one connection. A gateway reads so many before it handles them; if
/// more came, it would not read what follows them: pings and the ack of `going_idle`.
pub const MAX_WINDOW: usize = 64;

/// An entry's `kind` for a person's message: it stamps the idle clock. Every other kind (`button`, `command`, `internal` …)
/// is delivered and acked in the same way; only `internal` does not stamp.
pub const KIND_MESSAGE: &str = "message";

/// An entry's `kind` for completion and replay events, which must not keep an idle gateway awake.
pub const KIND_INTERNAL: &str = "internal";

/// One thing that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Grows by instance; never used twice.
    pub id: u64,
    /// When the connector accepted it: its wall clock, in ms since 1970-01-01T00:00:00Z.
    pub at_ms: u64,
    /// What it is; see [`KIND_MESSAGE`] and [`KIND_INTERNAL`].
    pub kind: String,
    /// 1 for the first delivery; more if an ack got lost before.
    pub attempt: u32,
    /// What was sent; opaque.
    pub body: String,
}

impl Entry {
    /// How long the longest frame is that can carry such an entry, whichever id, time and attempt it gets, in bytes.
    #[must_use]
    pub fn frame_bytes(kind: &str, body: &str) -> usize {
        let (id, at_ms, attempt) = (u64::MAX, u64::MAX, u32::MAX);
        let empty = Self { id, at_ms, kind: String::new(), attempt, body: String::new() };
        // Two texts of nothing are two quotes each.
        FromConnector::Inbound(empty).to_text().len() - 4 + text_bytes(kind) + text_bytes(body)
    }
}

/// How long a text is in a frame, with its quotes.
fn text_bytes(text: &str) -> usize {
    // A string: this cannot fail.
    serde_json::to_string(text).map_or(0, |t| t.len())
}

/// What a gateway says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromGateway {
    /// The first frame.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// Who dials; the token of the upgrade must be this instance's.
        instance: String,
    },
    /// The handler of this entry returned: it may be forgotten.
    InboundAck {
        /// Which entry.
        id: u64,
    },
    /// Buffer from now on, until the next hello.
    GoingIdle {
        /// Answered by the ack with the same number.
        seq: u64,
    },
}

/// What a connector says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromConnector {
    /// The answer to hello.
    Welcome {
        /// [`VERSION`].
        version: u32,
        /// Entries that wait, oldest first; they follow.
        buffered: u64,
        /// Names the connector's store. Ids of another store say nothing about this one's: it was made anew.
        store: String,
    },
    /// An entry to handle and ack.
    Inbound(Entry),
    /// The answer to [`FromGateway::GoingIdle`].
    GoingIdleAck {
        /// Of which request.
        seq: u64,
        /// Flipped? False while an entry is delivered but not acked, or waits: then nothing has changed.
        ok: bool,
    },
    /// The connection ends after this; why, for a log.
    Refused {
        /// Without secrets.
        reason: String,
    },
}

macro_rules! frames {
    ($($name:ident),*) => {$(
        impl $name {
            /// The frame as a text message.
            #[must_use]
            pub fn to_text(&self) -> String {
                // Strings, integers and booleans only: this cannot fail.
                serde_json::to_string(self).unwrap_or_default()
            }

            /// Reads a text message.
            ///
            /// # Errors
            /// If it is no frame of this protocol; the error never quotes the message.
            pub fn from_text(text: &str) -> Result<Self, NotAFrame> {
                serde_json::from_str(text).map_err(|e| NotAFrame { column: e.column() })
            }
        }
    )*};
}

frames!(FromGateway, FromConnector);

/// A message that is no frame of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAFrame {
    /// Where it stopped making sense.
    pub column: usize,
}

impl std::fmt::Display for NotAFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no frame of relay protocol version {VERSION} (column {})", self.column)
    }
}

impl std::error::Error for NotAFrame {}

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
