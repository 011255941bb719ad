//! A column of text, decoded to its dictionary and to runs of rows that hold the same word.
//!
//! Parquet's own reader makes a reference to the text for each row. A fleet has few words and many rows: here a run of equal rows
//! is one step, and nothing is copied.

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::data_type::ByteArrayType;

use crate::group::Chunk;

/// Rows that parquet's reader decodes at once.
const BLOCK_ROWS: usize = 1 << 10;

/// Consecutive rows that hold the same word. The next run may hold it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// The number of the word.
    pub(crate) word: u32,
    /// The number of rows.
    pub(crate) rows: u32,
}

/// A decoded column of text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The words of the dictionary, by number.
    pub(crate) words: Vec<String>,
    /// The runs, in the order of the rows. Each holds a word that exists.
    pub(crate) runs: Vec<Run>,
}

impl Words {
    /// Decodes the first `rows` rows of a column of text.
    ///
    /// # Errors
    /// What is wrong with the column.
    pub(crate) fn decode(chunk: &Chunk<'_>, rows: usize) -> Result<Self, String> {
        match Self::by_dictionary(chunk, rows)? {
            Some(words) => Ok(words),
            None => Self::by_value(chunk, rows),
        }
    }

    /// Decodes a column of indices into a dictionary; `None` if some of its rows are encoded otherwise.
    fn by_dictionary(chunk: &Chunk<'_>, rows: usize) -> Result<Option<Self>, String> {
        let mut pages = chunk.pages()?;
        let mut column = Self::default();
        let mut left = rows;
        while left > 0 {
            let page = pages.get_next_page().map_err(|error| error.to_string())?;
            // A column that is never null and not nested has no levels; version 2 says so in bytes.
            let (values, in_page, encoding) = match page.ok_or("a column ends early")? {
                Page::DictionaryPage { buf, num_values, encoding, .. } => {
                    if !matches!(encoding, Encoding::PLAIN | Encoding::PLAIN_DICTIONARY) {
                        return Ok(None);
                    }
                    column.words = plain(&buf, num_values)?;
                    continue;
                }
                Page::DataPage { buf, num_values, encoding, .. } => (buf, num_values, encoding),
                Page::DataPageV2 {
                    buf,
                    num_values,
                    encoding,
                    def_levels_byte_len,
                    rep_levels_byte_len,
                    ..
                } => {
                    if def_levels_byte_len != 0 || rep_levels_byte_len != 0 {
                        return Ok(None);
                    }
                    (buf, num_values, encoding)
                }
            };
            if !matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY) {
                return Ok(None);
            }
            let here = left.min(in_page as usize);
            column.indices(&values, here)?;
            left -= here;
        }
        let known = column.words.len();
        if column.runs.iter().any(|run| run.word as usize >= known) {
            return Err(format!("a word is not among the {known} of the dictionary"));
        }
        Ok(Some(column))
    }

    /// Decodes a column in any encoding. Each run adds its word.
    fn by_value(chunk: &Chunk<'_>, rows: usize) -> Result<Self, String> {
        let mut column = Self::default();
        chunk.in_blocks::<ByteArrayType>(rows, BLOCK_ROWS, |block| {
            for word in block {
                if column.words.last().is_none_or(|last| last.as_bytes() != word.data()) {
                    column.words.push(text(word.data())?);
                }
                column.push(column.words.len() as u32 - 1, 1);
            }
            Ok(())
        })?;
        Ok(column)
    }

    /// Decodes `rows` indices of a page: its first byte is their width in bits, then come runs and groups of eight.
    fn indices(&mut self, page: &Bytes, rows: usize) -> Result<(), String> {
        let short = || "a page of indices ends early".to_owned();
        let (&width, mut rest) = page.split_first().ok_or_else(short)?;
        let width = usize::from(width);
        if width > 32 {
            return Err(format!("indices of {width} bits"));
        }
        let mut left = rows;
        while left > 0 {
            let head = varint(&mut rest).ok_or_else(short)?;
            let count = usize::try_from(head >> 1).unwrap_or(usize::MAX);
            if head & 1 == 0 {
                let (value, after) = rest.split_at_checked(width.div_ceil(8)).ok_or_else(short)?;
                let word = value.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
                rest = after;
                if count == 0 {
                    return Err("a run of no rows".to_owned());
                }
                let here = count.min(left);
                self.push(word, here as u32);
                left -= here;
            } else {
                let groups = count.min(left.div_ceil(8));
                let (packed, after) = rest.split_at_checked(groups * width).ok_or_else(short)?;
                rest = after;
                if groups == 0 {
                    return Err("a run of no rows".to_owned());
                }
                let here = left.min(groups * 8);
                if width == 0 {
                    self.push(0, here as u32);
                } else {
                    let values = packed.chunks_exact(width).flat_map(|group| unpacked(group, width));
                    self.runs.extend(values.take(here).map(|word| Run { word, rows: 1 }));
                }
                left -= here;
            }
        }
        Ok(())
    }

    fn push(&mut self, word: u32, rows: u32) {
        match self.runs.last_mut() {
            Some(last) if last.word == word && last.rows.checked_add(rows).is_some() => last.rows += rows,
            _ => self.runs.push(Run { word, rows }),
        }
    }
}

/// The words of a dictionary: each has its length in bytes before it, in four bytes.
fn plain(mut bytes: &[u8], count: u32) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    for _ in 0..count {
        let word = bytes.split_first_chunk().and_then(|(length, rest)| {
            rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
        });
        let (word, rest) = word.ok_or("its dictionary ends early")?;
        words.push(text(word)?);
        bytes = rest;
    }
    Ok(words)
}

fn text(bytes: &[u8]) -> Result<String, String> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| format!("a word is not UTF-8: {error}"))
}

/// Takes an integer in the LEB128 encoding off the front of `bytes`; `None` if it ends early or exceeds 64 bits.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// The eight integers of `width` bits, from 1 to 32, in `group`, which has `width` bytes.
fn unpacked(group: &[u8], width: usize) -> [u32; 8] {
    let mut padded = [0; 40];
    padded[..width].copy_from_slice(group);
    let mask = u64::MAX >> (64 - width);
    std::array::from_fn(|nth| {
        let bit = nth * width;
        let bytes: [u8; 8] = std::array::from_fn(|byte| padded[bit / 8 + byte]);
        (u64::from_le_bytes(bytes) >> (bit % 8) & mask) as u32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(page: &[u8], rows: usize) -> Result<Vec<u32>, String> {
        let mut column = Words::default();
        column.indices(&Bytes::copy_from_slice(page), rows)?;
        Ok(column.runs.iter().flat_map(|run| (0..run.rows).map(|_| run.word)).collect())
    }

    #[test]
    fn the_example_of_the_specification_is_decoded() {
        // Three bits each, one group of eight: 0 to 7 (Encodings.md of parquet-format).
        assert_eq!(decoded(&[3, 0b11, 0x88, 0xC6, 0xFA], 8).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        // Padding at the end of the page is not a row.
        assert_eq!(decoded(&[3, 0b11, 0x88, 0xC6, 0xFA], 5).unwrap(), [0, 1, 2, 3, 4]);
        // Three times 300, in the two bytes that nine bits need; then a group.
        let mut page = vec![9, 3 << 1, 0x2C, 0x01, 0b11];
        page.extend([0xFF; 9]);
        assert_eq!(decoded(&page, 5).unwrap(), [300, 300, 300, 511, 511]);
        // Indices of no bits: there is one word.
        assert_eq!(decoded(&[0, 4 << 1], 4).unwrap(), [0; 4]);
        assert_eq!(decoded(&[0, 0b11], 4).unwrap(), [0; 4]);
    }

    #[test]
    fn a_run_is_one_step_however_long_it_is() {
        let mut column = Words::default();
        // 131,072 rows of word 1: the length takes three bytes.
        column.indices(&Bytes::from_static(&[1, 0x80, 0x80, 0x10, 1]), 1 << 17).unwrap();
        column.indices(&Bytes::from_static(&[1, 2 << 1, 1]), 2).unwrap();
        assert_eq!(column.runs, [Run { word: 1, rows: (1 << 17) + 2 }]);
    }

    #[test]
    fn a_damaged_page_is_an_error() {
        let said = |page: &[u8], rows| decoded(page, rows).unwrap_err();
        let early = "a page of indices ends early";
        assert_eq!(said(&[], 1), early);
        assert_eq!(said(&[3], 1), early);
        assert_eq!(said(&[3, 0b11, 0x88, 0xC6], 8), early);
        assert_eq!(said(&[9, 3 << 1, 0x2C], 3), early);
        assert_eq!(said(&[1, 2 << 1, 1], 3), early);
        assert_eq!(said(&[1, 0, 1], 1), "a run of no rows");
        assert_eq!(said(&[1, 1], 1), "a run of no rows");
        assert_eq!(said(&[33, 2, 0, 0, 0, 0, 0], 1), "indices of 33 bits");
        assert_eq!(plain(&[1, 0, 0, 0, b'a', 2, 0, 0, 0, b'b'], 2).unwrap_err(), "its dictionary ends early");
        assert!(plain(&[1, 0, 0, 0, 0xFF], 1).unwrap_err().starts_with("a word is not UTF-8"));
        assert_eq!(plain(&[1, 0, 0, 0, b'a', 0, 0, 0, 0], 2).unwrap(), ["a", ""]);
        // The length of a run, in eleven bytes.
        assert_eq!(said(&[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 1], 1), early);
    }

    proptest! {
        #[test]
        fn groups_of_any_width_are_unpacked(width in 1..=32_usize, values in any::<[u32; 8]>()) {
            let values = values.map(|value| value >> (32 - width));
            let mut group = vec![0; width];
            for bit in 0..8 * width {
                let one = values[bit / width] >> (bit % width) & 1;
                group[bit / 8] |= (one as u8) << (bit % 8);
            }
            prop_assert_eq!(unpacked(&group, width), values);
        }
    }
}
