//! Opens fleets and decodes row groups.

use std::fs::File;
use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch, StringArray};
use dormouse_trace::{Events, Instance, Kind, MAX_MS, Trace, TraceError};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;

use crate::error::on_one_line;
use crate::schema::{self, GROUP_ROWS};
use crate::{Batches, FleetError, Manifest, Split, VERSION};

/// Rows in a batch of the Parquet reader.
const BATCH_ROWS: usize = 1 << 14;

/// An open fleet: its manifest and the places of its row groups. No row is in memory.
#[derive(Debug, Clone)]
pub struct Fleet {
    path: PathBuf,
    /// The path, for messages.
    name: String,
    metadata: ArrowReaderMetadata,
    manifest: Manifest,
    /// For each row group, the number of rows before it in the file.
    rows_before: Vec<u64>,
}

/// Consecutive rows of one instance.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    pub(crate) name: String,
    /// The number of the first row, from 1.
    pub(crate) row: u64,
    pub(crate) at_ms: Vec<u64>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) work_ms: Vec<u64>,
}

impl Piece {
    /// Reserves space for exactly this many more rows.
    fn reserve(&mut self, rows: usize) {
        self.at_ms.reserve_exact(rows);
        self.kinds.reserve_exact(rows);
        self.work_ms.reserve_exact(rows);
    }

    /// Joins consecutive pieces into one. Each row is copied once or not at all.
    pub(crate) fn joined(mut pieces: Vec<Self>) -> Self {
        let rows: usize = pieces.iter().skip(1).map(|piece| piece.at_ms.len()).sum();
        let mut pieces = pieces.drain(..);
        let mut whole = pieces.next().unwrap_or_default();
        if rows > 0 {
            whole.reserve(rows);
        }
        for mut piece in pieces {
            whole.at_ms.append(&mut piece.at_ms);
            whole.kinds.append(&mut piece.kinds);
            whole.work_ms.append(&mut piece.work_ms);
        }
        whole
    }
}

impl Fleet {
    /// Whether this is a file that begins like a Parquet file. `false` if it cannot be read.
    #[must_use]
    pub fn is_one(path: &Path) -> bool {
        let mut start = [0; 4];
        path.is_file()
            && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
            && &start == b"PAR1"
    }

    /// Opens a fleet. Reads the metadata at the end of the file, and no rows.
    ///
    /// # Errors
    /// [`TraceError`] if the file does not exist or cannot be read; [`FleetError::Foreign`], [`FleetError::Version`] or
    /// [`FleetError::Damaged`] if it is not a fleet that this program can read.
    pub fn open(path: &Path) -> Result<Self, FleetError> {
        let name = path.display().to_string();
        let file = file(path, &name)?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let foreign =
            |problem: String| FleetError::Foreign { path: name.clone(), problem: on_one_line(&problem) };
        let found = guarded(|| ArrowReaderMetadata::load(&file, options).map_err(|error| error.to_string()))
            .map_err(foreign)?;
        let metadata = Arc::clone(found.metadata());
        if let Some(problem) = schema::difference(metadata.file_metadata().schema_descr()) {
            return Err(foreign(problem));
        }
        let about = metadata.file_metadata().key_value_metadata().into_iter().flatten();
        let text = about.filter(|about| about.key == Manifest::KEY).find_map(|about| about.value.as_deref());
        let text = text.ok_or_else(|| foreign(format!("its metadata has no `{}`", Manifest::KEY)))?;
        let manifest = manifest(text, &name)?;
        let damaged =
            |reason: String| FleetError::Damaged { path: name.clone(), reason: on_one_line(&reason) };
        let length = file.metadata().map_or(0, |about| about.len());
        if let Some(reason) = misplaced(&metadata, length) {
            return Err(damaged(reason));
        }
        let rows_before = metadata.row_groups().iter().scan(0_u64, |sum, group| {
            let before = *sum;
            *sum = before.saturating_add(u64::try_from(group.num_rows()).unwrap_or(0));
            Some(before)
        });
        let rows_before: Vec<u64> = rows_before.collect();
        let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
        if rows != manifest.content.events {
            return Err(damaged(format!(
                "it has {rows} rows, but its manifest says {}",
                manifest.content.events
            )));
        }
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema::decoded()));
        let metadata =
            ArrowReaderMetadata::try_new(metadata, options).map_err(|error| damaged(error.to_string()))?;
        Ok(Self { path: path.to_owned(), name, metadata, manifest, rows_before })
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The number of row groups. A [split](Split) into more parts leaves some of them empty.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.rows_before.len()
    }

    /// The path, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of rows of the largest row group.
    pub(crate) fn largest_group(&self) -> u64 {
        let groups = self.metadata.metadata().row_groups().iter();
        groups.map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).max().unwrap_or(0)
    }

    /// The instances of `split`, whole, in the order of their names, in batches. `memory` limits the bytes of decoded rows.
    #[must_use]
    pub fn batches(&self, split: Split, memory: u64) -> Batches<'_> {
        Batches::new(self, split, memory)
    }

    /// Reads the whole fleet into memory, if that takes at most `max_bytes`. The instances are in the order of their first
    /// arrivals, and of their names if these are equal.
    ///
    /// # Errors
    /// [`FleetError::TooLarge`], or any error of the file.
    pub fn read(&self, max_bytes: u64) -> Result<Trace, FleetError> {
        let content = &self.manifest.content;
        // 256 bytes for an instance is an upper estimate: its entry, its name, three allocations.
        let needed = u128::from(content.events) * Events::BYTES_PER_EVENT as u128
            + u128::from(content.instances) * 256;
        if needed > u128::from(max_bytes) {
            let what = format!("the whole fleet, {needed} bytes,");
            return Err(FleetError::TooLarge { path: self.name.clone(), what, max_bytes });
        }
        let mut instances: Vec<Instance> = Vec::new();
        for batch in self.batches(Split::WHOLE, max_bytes) {
            instances.extend(batch?);
        }
        instances.sort_by(|a, b| (a.events.first_at_ms(), &a.name).cmp(&(b.events.first_at_ms(), &b.name)));
        Ok(Trace { instances, meta: self.manifest.meta() })
    }

    /// Decodes the four columns of a row group without checks, and returns the number of rows. This is the baseline for
    /// benchmarks of reading.
    ///
    /// # Errors
    /// [`FleetError::Damaged`] if it cannot be decoded.
    pub fn decode_only(&self, group: usize) -> Result<u64, FleetError> {
        self.decode(group, |batches| batches.map(|batch| Ok(batch?.num_rows() as u64)).sum())
    }

    /// Decodes a row group and cuts it where the instance changes. Times are ascending within a piece, and names are ascending over
    /// the pieces.
    pub(crate) fn pieces(&self, group: usize) -> Result<Vec<Piece>, FleetError> {
        self.decode(group, |batches| {
            let mut pieces: Vec<Piece> = Vec::new();
            let mut row = self.rows_before[group].saturating_add(1);
            for batch in batches {
                let batch = batch?;
                self.cut(&batch, row, &mut pieces)?;
                row = row.saturating_add(batch.num_rows() as u64);
            }
            Ok(pieces)
        })
    }

    /// Applies `fold` to the batches of a row group.
    fn decode<T>(
        &self,
        group: usize,
        fold: impl FnOnce(&mut dyn Iterator<Item = Result<RecordBatch, FleetError>>) -> Result<T, FleetError>,
    ) -> Result<T, FleetError> {
        let damaged = |error: &str| FleetError::Damaged {
            path: self.name.clone(),
            reason: on_one_line(&format!("row group {}: {error}", group + 1)),
        };
        // Each reader opens the file again, since clones of an open file share one position.
        let file = file(&self.path, &self.name)?;
        let decoded = guarded(|| {
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_row_groups(vec![group])
                .with_batch_size(BATCH_ROWS.min(GROUP_ROWS))
                .build()
                .map_err(|error| error.to_string())?;
            Ok(fold(&mut reader.map(|batch| batch.map_err(|error| damaged(&error.to_string())))))
        });
        decoded.map_err(|error| damaged(&error))?
    }

    fn cut(&self, batch: &RecordBatch, row: u64, pieces: &mut Vec<Piece>) -> Result<(), FleetError> {
        let bad = |offset: usize, problem: String, fix| FleetError::Row {
            path: self.name.clone(),
            row: row + offset as u64,
            problem: on_one_line(&problem),
            fix,
        };
        let (names, kinds) =
            (batch.column(0).as_dictionary::<Int32Type>(), batch.column(2).as_dictionary::<Int32Type>());
        let at_ms = batch.column(1).as_primitive::<Int64Type>().values();
        let work_ms = batch.column(3).as_primitive::<Int64Type>().values();
        let known = kinds_of(kinds.values().as_string::<i32>());
        let words: &StringArray = names.values().as_string::<i32>();
        let (name_keys, kind_keys) = (names.keys().values(), kinds.keys().values());
        if words.is_empty() || known.is_empty() {
            let reason = format!("row {row}: its dictionary is empty");
            return Err(FleetError::Damaged { path: self.name.clone(), reason });
        }
        let mut from = 0;
        for run in name_keys.chunk_by(|a, b| a == b) {
            let rows = from..from + run.len();
            let name = words.value(run[0] as usize);
            if pieces.last().is_none_or(|last| last.name != name) {
                if let Some(last) = pieces.last().filter(|last| last.name.as_str() > name) {
                    let problem = format!("instance `{name}` comes after `{}`", last.name);
                    return Err(bad(rows.start, problem, SORT));
                }
                if name.contains(['\n', '\r']) {
                    let problem = format!("`{name}` cannot name an instance");
                    return Err(bad(rows.start, problem, "rename it, without a line break"));
                }
                pieces.push(Piece { name: name.to_owned(), row: row + from as u64, ..Piece::default() });
            }
            let piece = pieces.last_mut().expect("one was pushed if there was none");
            if piece.at_ms.is_empty() && run.len() == batch.num_rows() {
                // It fills a batch, so it is likely to fill a group.
                piece.reserve(GROUP_ROWS);
            }
            let (before, within) = (piece.at_ms.len(), rows.clone());
            // Negative values become larger than the limit, and are refused below.
            piece.at_ms.extend(at_ms[rows.clone()].iter().map(|&ms| ms as u64));
            piece.work_ms.extend(work_ms[rows.clone()].iter().map(|&ms| ms as u64));
            let seen = &piece.at_ms[before.saturating_sub(1)..];
            if !seen.is_sorted() {
                let late =
                    seen.windows(2).position(|two| two[0] > two[1]).unwrap_or(0) + usize::from(before == 0);
                return Err(bad(within.start + late, "is earlier than the row before it".to_owned(), SORT));
            }
            if seen.last().is_some_and(|&last| last > MAX_MS) {
                return Err(bad(within.end - 1, "at_ms is negative or beyond 2^50 ms".to_owned(), COUNT));
            }
            // A loop without an early exit is vectorised. So find out first whether there is a bad row, and then which it is.
            let longest = piece.work_ms[before..].iter().copied().fold(0, u64::max);
            if longest > MAX_MS {
                let place = piece.work_ms[before..].iter().position(|&work| work > MAX_MS).unwrap_or(0);
                let problem = "work_ms is negative or beyond 2^50 ms".to_owned();
                return Err(bad(within.start + place, problem, COUNT));
            }
            match known.as_slice() {
                [Some(only)] => piece.kinds.resize(piece.at_ms.len(), *only),
                _ => {
                    let kind = |&key: &i32| known.get(key as usize).copied().flatten();
                    piece.kinds.extend(kind_keys[rows.clone()].iter().map_while(kind));
                }
            }
            if piece.kinds.len() < piece.at_ms.len() {
                let place = within.start + piece.kinds.len() - before;
                let word = kinds.values().as_string::<i32>().value(kind_keys[place] as usize);
                let unknown = word.parse::<Kind>().err();
                let unknown = unknown.map_or_else(String::new, |unknown| format!("{unknown}"));
                return Err(bad(place, unknown, "name the kinds as in docs/trace-format.md"));
            }
            from += run.len();
        }
        Ok(())
    }
}

/// The fix for rows that are out of order.
pub(crate) const SORT: &str = "sort the rows by instance and at_ms";
/// The fix for times out of range.
const COUNT: &str = "count from the trace's start, in ms";

fn file(path: &Path, name: &str) -> Result<File, FleetError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => TraceError::Missing { path: name.to_owned() },
        _ => TraceError::Unreadable { path: name.to_owned(), source },
    };
    Ok(File::open(path).map_err(unreadable)?)
}

/// Turns a panic of the decoder into an error: on some bytes that no writer produces it panics instead of returning an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("it cannot be decoded".to_owned()))
}

/// Describes the first column chunk that is not within the `length` bytes of the file. The decoder does not check its metadata.
fn misplaced(metadata: &ParquetMetaData, length: u64) -> Option<String> {
    let groups = metadata.row_groups().iter().enumerate();
    let mut chunks = groups.flat_map(|(n, group)| group.columns().iter().map(move |chunk| (n + 1, chunk)));
    let within = |start: i64, bytes: i64| {
        let end = start.checked_add(bytes).and_then(|end| u64::try_from(end).ok());
        start >= 0 && bytes >= 0 && end.is_some_and(|end| end <= length)
    };
    let (group, _) = chunks.find(|(_, chunk)| {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        !within(start, chunk.compressed_size()) || chunk.num_values() < 0
    })?;
    Some(format!("row group {group}: a column is outside of the file"))
}

/// Parses the manifest. Its version is checked before the rest.
fn manifest(text: &str, name: &str) -> Result<Manifest, FleetError> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: u32,
    }
    let damaged = |error: serde_json::Error| FleetError::Damaged {
        path: name.to_owned(),
        reason: on_one_line(&format!("its manifest: {error}")),
    };
    let Versioned { version: found } = serde_json::from_str(text).map_err(damaged)?;
    if found != VERSION {
        return Err(FleetError::Version { path: name.to_owned(), found, expected: VERSION });
    }
    serde_json::from_str(text).map_err(damaged)
}

/// The kind of each word of a dictionary; `None` for words that are not a kind.
fn kinds_of(words: &StringArray) -> Vec<Option<Kind>> {
    words.iter().map(|word| word.and_then(|word| word.parse().ok())).collect()
}
