//! What is kept of one instance: which entries, how large, and what room is left. No bodies: those are in the store.

use std::collections::BTreeMap;

use dormouse_wire::KIND_INTERNAL;

/// An entry, without its body.
pub(crate) struct Meta {
    pub(crate) at_ms: u64,
    /// Deliveries since the connector's start.
    pub(crate) attempt: u32,
    /// Of its body.
    bytes: u64,
    /// Nobody is woken for it, and it keeps nobody awake.
    internal: bool,
}

impl Meta {
    pub(crate) fn new(at_ms: u64, kind: &str, body: &str) -> Self {
        Self { at_ms, attempt: 0, bytes: body.len() as u64, internal: kind == KIND_INTERNAL }
    }
}

/// How much is kept per instance.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

/// What there is no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    Entries,
    Bytes,
}

/// The entries of one instance, oldest first.
pub(crate) struct Buffer {
    entries: BTreeMap<u64, Meta>,
    room: Room,
    bytes: u64,
    /// Entries that are not internal.
    waking: usize,
    // Of entries that are being written.
    reserved: u64,
    reserved_bytes: u64,
}

impl Buffer {
    pub(crate) fn new(room: Room, kept: Vec<(u64, Meta)>) -> Self {
        let entries = BTreeMap::new();
        let mut buffer = Self { entries, room, bytes: 0, waking: 0, reserved: 0, reserved_bytes: 0 };
        for (id, meta) in kept {
            buffer.insert(id, meta);
        }
        buffer
    }

    /// Takes a place for a body of so many bytes.
    pub(crate) fn reserve(&mut self, bytes: u64) -> Result<(), Full> {
        if self.len() + self.reserved >= self.room.entries {
            return Err(Full::Entries);
        }
        if self.bytes + self.reserved_bytes + bytes > self.room.bytes {
            return Err(Full::Bytes);
        }
        self.reserved += 1;
        self.reserved_bytes += bytes;
        Ok(())
    }

    /// Gives the place back.
    pub(crate) fn unreserve(&mut self, bytes: u64) {
        self.reserved -= 1;
        self.reserved_bytes -= bytes;
    }

    pub(crate) fn insert(&mut self, id: u64, meta: Meta) {
        self.bytes += meta.bytes;
        self.waking += usize::from(!meta.internal);
        self.entries.insert(id, meta);
    }

    pub(crate) fn remove(&mut self, id: u64) {
        if let Some(meta) = self.entries.remove(&id) {
            self.bytes -= meta.bytes;
            self.waking -= usize::from(!meta.internal);
        }
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Meta> {
        self.entries.get_mut(&id)
    }

    /// Which are there, by id.
    pub(crate) fn entries(&self) -> &BTreeMap<u64, Meta> {
        &self.entries
    }

    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Of all bodies.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Is there an entry for which the gateway is to be awake? Internal ones are not.
    pub(crate) fn wakes(&self) -> bool {
        self.waking > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_and_what_is_kept_fill_the_room_together() {
        let mut buffer =
            Buffer::new(Room { entries: 3, bytes: 10 }, vec![(1, Meta::new(0, "message", "12345"))]);
        assert_eq!(buffer.reserve(6), Err(Full::Bytes));
        assert_eq!(buffer.reserve(4), Ok(()));
        assert_eq!(buffer.reserve(2), Err(Full::Bytes));
        assert_eq!(buffer.reserve(1), Ok(()));
        assert_eq!(buffer.reserve(0), Err(Full::Entries));
        buffer.unreserve(4);
        buffer.remove(1);
        assert_eq!(buffer.reserve(9), Ok(()));
    }

    #[test]
    fn only_internal_entries_wake_nobody() {
        let mut buffer = Buffer::new(Room { entries: 9, bytes: 9 }, vec![(1, Meta::new(0, "internal", ""))]);
        assert!(!buffer.wakes());
        buffer.insert(2, Meta::new(0, "button", ""));
        assert!(buffer.wakes());
        buffer.remove(2);
        buffer.remove(2);
        assert!(!buffer.wakes());
    }
}
