//! The frames between a gateway and its connector.

use dormouse_wire::{FromConnector, FromGateway};

use super::text::{assert_one_line, text};

/// The frames of both sides. A frame must survive writing and reading.
pub fn wire(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match FromGateway::from_text(text) {
        Ok(frame) => assert_eq!(FromGateway::from_text(&frame.to_text()), Ok(frame)),
        Err(error) => assert_one_line(&error),
    }
    match FromConnector::from_text(text) {
        Ok(frame) => assert_eq!(FromConnector::from_text(&frame.to_text()), Ok(frame)),
        Err(error) => assert_one_line(&error),
    }
}
