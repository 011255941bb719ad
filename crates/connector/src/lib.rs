//! The other side of the relay.
