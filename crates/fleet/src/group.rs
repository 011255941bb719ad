//! One row group: its bytes, and its columns, decoded straight to where they belong.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use bytes::buf::{Buf as _, Reader};
use dormouse_trace::Kind;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use crate::schema::COLUMNS;
use crate::words::Words;

/// Rows of an integer column that are decoded at once: they stay in the processor's first caches until they are copied.
const BLOCK_ROWS: usize = 1 << 13;

/// A row group in memory, not decoded.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    about: &'a RowGroupMetaData,
    /// The bytes of each column.
    bytes: [Bytes; COLUMNS.len()],
}

/// Consecutive rows of a group that belong to one instance, and where to decode them to; `None` if they are not needed.
#[derive(Debug)]
pub(crate) struct Segment<'a> {
    /// The number of rows.
    pub(crate) rows: usize,
    /// Slices of this many rows.
    pub(crate) into: Option<Rows<'a>>,
}

/// Rows of one instance, to be decoded.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) at_ms: &'a mut [u64],
    pub(crate) kinds: &'a mut [Kind],
    pub(crate) work_ms: &'a mut [u64],
}

impl<'a> Rows<'a> {
    /// The first `rows` rows; the others remain.
    pub(crate) fn split_off(&mut self, rows: usize) -> Self {
        fn front<'a, T>(column: &mut &'a mut [T], rows: usize) -> &'a mut [T] {
            let (front, rest) = mem::take(column).split_at_mut(rows);
            *column = rest;
            front
        }
        Self {
            at_ms: front(&mut self.at_ms, rows),
            kinds: front(&mut self.kinds, rows),
            work_ms: front(&mut self.work_ms, rows),
        }
    }
}

/// Why rows could not be decoded.
#[derive(Debug)]
pub(crate) enum Undecodable {
    /// The group is damaged.
    Group(String),
    /// A row, counted from 0 in the group, has this as its kind.
    Kind { row: usize, word: String },
}

impl From<String> for Undecodable {
    fn from(reason: String) -> Self {
        Self::Group(reason)
    }
}

impl<'a> Group<'a> {
    /// Reads the columns of a row group, which must lie in the file.
    ///
    /// # Errors
    /// What could not be read.
    pub(crate) fn read(mut file: &File, about: &'a RowGroupMetaData) -> Result<Self, String> {
        let mut bytes = [const { Bytes::new() }; COLUMNS.len()];
        for (bytes, column) in bytes.iter_mut().zip(about.columns()) {
            let (start, length) = column.byte_range();
            let mut read = Vec::with_capacity(usize::try_from(length).map_err(|error| error.to_string())?);
            let found =
                file.seek(SeekFrom::Start(start)).and_then(|_| file.take(length).read_to_end(&mut read));
            if found.map_err(|error| error.to_string())? as u64 != length {
                return Err("the file ends early".to_owned());
            }
            *bytes = read.into();
        }
        Ok(Self { about, bytes })
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        usize::try_from(self.about.num_rows()).unwrap_or(0)
    }

    /// The names of the instances.
    ///
    /// # Errors
    /// What is wrong with the column.
    pub(crate) fn names(&self) -> Result<Words, String> {
        Words::decode(&self.chunk(0), self.rows())
    }

    /// Decodes the other columns into `segments`, which need not reach to the end of the group. Nothing is checked but the kinds.
    ///
    /// # Errors
    /// The first thing wrong with a column.
    pub(crate) fn decode(&self, segments: &mut [Segment<'_>]) -> Result<(), Undecodable> {
        let rows = segments.iter().map(|segment| segment.rows).sum();
        self.integers(1, rows, &mut Spread::new(segments, |rows| &mut *rows.at_ms))?;
        self.integers(3, rows, &mut Spread::new(segments, |rows| &mut *rows.work_ms))?;
        let kinds = Words::decode(&self.chunk(2), rows)?;
        let known: Vec<Option<Kind>> = kinds.words.iter().map(|word| word.parse().ok()).collect();
        let mut spread = Spread::new(segments, |rows| &mut *rows.kinds);
        let mut row = 0;
        for run in &kinds.runs {
            let Some(kind) = known[run.word as usize] else {
                return Err(Undecodable::Kind { row, word: kinds.words[run.word as usize].clone() });
            };
            spread.put(run.rows as usize, |out, _| out.fill(kind));
            row += run.rows as usize;
        }
        Ok(())
    }

    /// Decodes all columns and discards them.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub(crate) fn decode_only(&self) -> Result<u64, String> {
        let discard = || [Segment { rows: self.rows(), into: None }];
        self.names()?;
        match self.decode(&mut discard()) {
            Err(Undecodable::Group(reason)) => Err(reason),
            Ok(()) | Err(Undecodable::Kind { .. }) => Ok(self.rows() as u64),
        }
    }

    /// Decodes the first `rows` rows of a column of integers. Negative ones become very large.
    fn integers(&self, column: usize, rows: usize, out: &mut Spread<'_, '_, u64>) -> Result<(), String> {
        self.chunk(column).in_blocks::<Int64Type>(rows, BLOCK_ROWS, |block| {
            out.put(block.len(), |out, from| {
                out.iter_mut().zip(&block[from..]).for_each(|(out, &ms)| *out = ms as u64);
            });
            Ok(())
        })
    }

    fn chunk(&self, column: usize) -> Chunk<'_> {
        Chunk { about: self.about.column(column), bytes: &self.bytes[column], rows: self.rows() }
    }
}

/// Divides decoded rows among the segments of one column.
struct Spread<'s, 'a, T> {
    segments: &'s mut [Segment<'a>],
    column: for<'r> fn(&'r mut Rows<'a>) -> &'r mut [T],
    /// The segment that is being filled, and how many of its rows are.
    place: usize,
    filled: usize,
}

impl<'s, 'a, T> Spread<'s, 'a, T> {
    fn new(segments: &'s mut [Segment<'a>], column: for<'r> fn(&'r mut Rows<'a>) -> &'r mut [T]) -> Self {
        Self { segments, column, place: 0, filled: 0 }
    }

    /// The next `rows` rows: `fill` gets the slice for some of them, and how many were before it.
    fn put(&mut self, rows: usize, mut fill: impl FnMut(&mut [T], usize)) {
        let mut done = 0;
        while done < rows
            && let Some(segment) = self.segments.get_mut(self.place)
        {
            let here = (rows - done).min(segment.rows - self.filled);
            if let Some(into) = &mut segment.into {
                fill(&mut (self.column)(into)[self.filled..self.filled + here], done);
            }
            done += here;
            self.filled += here;
            if self.filled == segment.rows {
                (self.place, self.filled) = (self.place + 1, 0);
            }
        }
    }
}

/// A column of a row group.
pub(crate) struct Chunk<'a> {
    about: &'a ColumnChunkMetaData,
    bytes: &'a Bytes,
    rows: usize,
}

impl Chunk<'_> {
    /// A new reader of its pages.
    ///
    /// # Errors
    /// When the compression is not supported.
    pub(crate) fn pages(&self) -> Result<SerializedPageReader<InFile>, String> {
        let in_file = InFile { start: self.about.byte_range().0, bytes: self.bytes.clone() };
        SerializedPageReader::new(Arc::new(in_file), self.about, self.rows, None)
            .map_err(|error| error.to_string())
    }

    /// Decodes its first `rows` rows, which hold a value each, and calls `each` with at most `block_rows` of them at a time.
    ///
    /// # Errors
    /// What is wrong with the column, and the first error of `each`.
    pub(crate) fn in_blocks<T: DataType>(
        &self,
        rows: usize,
        block_rows: usize,
        mut each: impl FnMut(&[T::T]) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut reader = ColumnReaderImpl::<T>::new(self.about.column_descr_ptr(), Box::new(self.pages()?));
        let mut block = Vec::with_capacity(block_rows.min(rows));
        let mut left = rows;
        while left > 0 {
            block.clear();
            let read = reader.read_records(left.min(block_rows), None, None, &mut block);
            let (read, _, _) = read.map_err(|error| error.to_string())?;
            if read == 0 || block.len() != read {
                return Err("a column ends early".to_owned());
            }
            each(&block)?;
            left -= read;
        }
        Ok(())
    }
}

/// Bytes of a file, addressed by their places in the file.
pub(crate) struct InFile {
    start: u64,
    bytes: Bytes,
}

impl InFile {
    fn from(&self, place: u64) -> Result<Bytes, ParquetError> {
        let offset = place.checked_sub(self.start).and_then(|offset| usize::try_from(offset).ok());
        let within = offset.filter(|&offset| offset <= self.bytes.len());
        within.map(|offset| self.bytes.slice(offset..)).ok_or_else(outside)
    }
}

fn outside() -> ParquetError {
    ParquetError::EOF("a page is outside of its column".to_owned())
}

impl Length for InFile {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for InFile {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        self.from(start).map(Bytes::reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let mut bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(outside());
        }
        bytes.truncate(length);
        Ok(bytes)
    }
}
