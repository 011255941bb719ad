//! The entries of one instance without their bodies, which are in the store, and how much space is left.

use std::collections::BTreeMap;

use dormouse_wire::KIND_INTERNAL;

/// An entry, without its body.
pub(crate) struct Meta {
    pub(crate) at_ms: u64,
    /// The number of deliveries since the connector was started.
    pub(crate) attempt: u32,
    /// The length of the body.
    bytes: u64,
    /// Whether it is internal: such an entry does not wake a gateway or keep one awake.
    internal: bool,
}

impl Meta {
    pub(crate) fn new(at_ms: u64, kind: &str, body: &str) -> Self {
        Self { at_ms, attempt: 0, bytes: body.len() as u64, internal: kind == KIND_INTERNAL }
    }
}

/// The limits of one instance.
#[derive(Clone, Copy)]
pub(crate) struct Capacity {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

/// The limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    Entries,
    Bytes,
}

/// The entries of one instance, oldest first.
pub(crate) struct Buffer {
    entries: BTreeMap<u64, Meta>,
    capacity: Capacity,
    bytes: u64,
    /// The number of entries that are not internal.
    waking: usize,
    // The number and the bytes of entries that are being written.
    reserved: u64,
    reserved_bytes: u64,
}

impl Buffer {
    pub(crate) fn new(capacity: Capacity, kept: Vec<(u64, Meta)>) -> Self {
        let entries = BTreeMap::new();
        let mut buffer = Self { entries, capacity, bytes: 0, waking: 0, reserved: 0, reserved_bytes: 0 };
        for (id, meta) in kept {
            buffer.insert(id, meta);
        }
        buffer
    }

    /// Reserves space for an entry with a body of `bytes` bytes.
    pub(crate) fn reserve(&mut self, bytes: u64) -> Result<(), Full> {
        if self.len() + self.reserved >= self.capacity.entries {
            return Err(Full::Entries);
        }
        if self.bytes + self.reserved_bytes + bytes > self.capacity.bytes {
            return Err(Full::Bytes);
        }
        self.reserved += 1;
        self.reserved_bytes += bytes;
        Ok(())
    }

    /// Releases the space that was reserved for an entry.
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

    /// The entries, by id.
    pub(crate) fn entries(&self) -> &BTreeMap<u64, Meta> {
        &self.entries
    }

    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The length of all bodies together.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether there is an entry for which the gateway should be awake, that is, one that is not internal.
    pub(crate) fn wakes(&self) -> bool {
        self.waking > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_and_stored_entries_share_the_capacity() {
        let mut buffer =
            Buffer::new(Capacity { entries: 3, bytes: 10 }, vec![(1, Meta::new(0, "message", "12345"))]);
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
    fn internal_entries_wake_no_gateway() {
        let mut buffer =
            Buffer::new(Capacity { entries: 9, bytes: 9 }, vec![(1, Meta::new(0, "internal", ""))]);
        assert!(!buffer.wakes());
        buffer.insert(2, Meta::new(0, "button", ""));
        assert!(buffer.wakes());
        buffer.remove(2);
        buffer.remove(2);
        assert!(!buffer.wakes());
    }
}
