//! Limits the length of a line, and drops an incomplete last line of a recording.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

/// The longest line that is read, in bytes. A row has a name and three short fields.
pub(super) const LONGEST_LINE: usize = 1 << 20;

/// Passes text on, and stops at a line that is too long: a reader of rows would otherwise collect it in memory,
/// and a small compressed file can contain a very long one.
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

/// Passes complete lines on and drops an incomplete last line, left by a writer that was interrupted. The line
/// is not parsed, since a truncated number often looks like a valid one.
pub(super) struct WholeLines<'a, R> {
    text: R,
    line: Vec<u8>,
    /// How much of the line has been passed on.
    passed: usize,
    torn: &'a Cell<bool>,
}

impl<'a, R: BufRead> WholeLines<'a, R> {
    /// Sets `torn` when a line is dropped.
    pub(super) fn new(text: R, torn: &'a Cell<bool>) -> Self {
        Self { text, line: Vec::new(), passed: 0, torn }
    }
}

impl<R: BufRead> Read for WholeLines<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.passed == self.line.len() {
            self.line.clear();
            self.passed = 0;
            let limit = LONGEST_LINE as u64 + 2;
            self.text.by_ref().take(limit).read_until(b'\n', &mut self.line)?;
            if !self.line.ends_with(b"\n") && self.line.len() <= LONGEST_LINE {
                self.torn.set(!self.line.is_empty());
                self.line.clear();
            }
        }
        let read = (&self.line[self.passed..]).read(buffer)?;
        self.passed += read;
        Ok(read)
    }
}
