//! Cuts text into blocks of whole lines.

use std::io::{self, Read};

use memchr::{memchr, memrchr};

/// The longest line that is read, in bytes, without its line break. A row has a name and three short fields.
pub(super) const LONGEST_LINE: usize = 1 << 20;

/// How much is read at once, in bytes.
const AT_ONCE: usize = 128 << 10;

/// How many bytes follow each block. Eight bytes can be looked at from anywhere in a line, even the last.
pub(super) const SPARE: usize = 8;

/// Why there is no next block. All complete lines before have been returned.
pub(super) enum Stop {
    /// The next line is too long. It would have to be collected in memory, and a small compressed file can contain a
    /// very long one.
    TooLong,
    /// The text cannot be read.
    Io(io::Error),
}

/// Text in blocks of whole lines, each with its line break. If the last line of the text has none, it is added; in a
/// recording, that line is dropped instead, since its writer was interrupted: a truncated number often looks like a
/// valid one.
pub(super) struct Blocks<R> {
    text: R,
    recorded: bool,
    /// The block that was returned last, and the beginning of the line after it.
    buffer: Vec<u8>,
    /// Length of the block that was returned last.
    returned: usize,
    /// Length of the text in the buffer.
    filled: usize,
    ended: bool,
    torn: bool,
}

impl<R: Read> Blocks<R> {
    pub(super) fn new(text: R, recorded: bool) -> Blocks<R> {
        Blocks { text, recorded, buffer: Vec::new(), returned: 0, filled: 0, ended: false, torn: false }
    }

    /// Whether an incomplete last line was dropped.
    pub(super) fn torn(&self) -> bool {
        self.torn
    }

    /// The next lines, and [`SPARE`] bytes of anything after them; without any line at the end.
    pub(super) fn next(&mut self) -> Result<&[u8], Stop> {
        self.buffer.copy_within(self.returned..self.filled, 0);
        self.filled -= self.returned;
        self.returned = 0;
        while self.returned == 0 && !self.ended {
            self.read()?;
        }
        Ok(&self.buffer[..self.returned + SPARE])
    }

    fn read(&mut self) -> Result<(), Stop> {
        let before = self.filled;
        if self.buffer.len() < before + AT_ONCE + SPARE {
            self.buffer.resize(before + AT_ONCE + SPARE, 0);
        }
        let read = loop {
            match self.text.read(&mut self.buffer[before..before + AT_ONCE]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(Stop::Io)?,
            }
        };
        self.filled += read;
        self.returned =
            memrchr(b'\n', &self.buffer[before..self.filled]).map_or(0, |place| before + place + 1);
        let first = || memchr(b'\n', &self.buffer[..self.filled]).unwrap_or(self.filled);
        if self.filled > LONGEST_LINE && first() > LONGEST_LINE {
            return Err(Stop::TooLong);
        }
        if read == 0 {
            self.ended = true;
            if self.recorded {
                self.torn = self.filled > 0;
                self.filled = 0;
            } else if self.filled > 0 {
                self.buffer[self.filled] = b'\n';
                self.filled += 1;
                self.returned = self.filled;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns a few bytes at a time.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = self.1.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    proptest! {
        #[test]
        fn the_blocks_are_the_text_in_whole_lines(text in "[ab\n]{0,40}", at_once in 1..9_usize, recorded: bool) {
            let (mut blocks, mut found) = (Blocks::new(Drops(text.as_bytes(), at_once), recorded), Vec::new());
            while let Ok(block) = blocks.next()
                && let [block @ .., last] = &block[..block.len() - SPARE]
            {
                prop_assert_eq!(*last, b'\n');
                found.extend_from_slice(block);
                found.push(*last);
            }
            let whole = text.rfind('\n').map_or(0, |place| place + 1);
            prop_assert_eq!(blocks.torn(), recorded && whole < text.len());
            let (whole, rest) = text.split_at(whole);
            let expected = if recorded || rest.is_empty() { whole.to_owned() } else { format!("{text}\n") };
            prop_assert_eq!(String::from_utf8(found).unwrap(), expected);
        }
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        for (length, at_once) in
            [(LONGEST_LINE, 100_000), (LONGEST_LINE, 1 << 20), (LONGEST_LINE + 1, 70_000)]
        {
            let text = format!("first\n{}\nlast\n", "x".repeat(length));
            let mut blocks = Blocks::new(Drops(text.as_bytes(), at_once), false);
            let mut lines = 0;
            let refused = loop {
                match blocks.next().map(|block| &block[..block.len() - SPARE]) {
                    Ok([]) => break false,
                    Ok(block) => lines += block.iter().filter(|&&byte| byte == b'\n').count(),
                    Err(_) => break true,
                }
            };
            assert_eq!((refused, lines), if length > LONGEST_LINE { (true, 1) } else { (false, 3) });
        }
    }
}
