//! No line may take all the memory.

use std::io::{self, Read};

/// The longest line that is read, in bytes. A row has a name and three short fields.
pub(super) const LONGEST_LINE: usize = 1 << 20;

/// Passes text on, and stops at a line that has no end: a reader of rows would otherwise collect it whole, and a
/// small compressed file can hold a very long one.
pub(super) struct Lines<R> {
    text: R,
    /// Bytes since the last line break.
    since: usize,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(text: R) -> Lines<R> {
        Lines { text, since: 0 }
    }

    /// Whether it stopped because a line was too long.
    pub(super) fn too_long(&self) -> bool {
        self.since > LONGEST_LINE
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        self.since = match buffer[..read].iter().rposition(|&byte| byte == b'\n') {
            Some(place) => read - place - 1,
            None => self.since + read,
        };
        if self.too_long() {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        Ok(read)
    }
}
