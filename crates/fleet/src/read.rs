//! Opens fleets and decodes row groups.

use std::fs::File;
use std::io::{self, Read};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dormouse_trace::{Events, Instance, Trace, TraceError};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use crate::error::on_one_line;
use crate::group::Group;
use crate::{Batches, FleetError, Manifest, Split, VERSION, schema};

/// An open fleet: its manifest and the places of its row groups. No row is in memory.
#[derive(Debug, Clone)]
pub struct FleetFile {
    path: PathBuf,
    /// The path, for messages.
    name: String,
    metadata: Arc<ParquetMetaData>,
    manifest: Manifest,
    /// For each row group, the number of rows before it in the file.
    rows_before: Vec<u64>,
}

impl FleetFile {
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
        let foreign =
            |problem: String| FleetError::Foreign { path: name.clone(), problem: on_one_line(&problem) };
        let found =
            || ParquetMetaDataReader::new().parse_and_finish(&file).map_err(|error| error.to_string());
        let metadata = guarded(found).map_err(foreign)?;
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
        Ok(Self { path: path.to_owned(), name, metadata: Arc::new(metadata), manifest, rows_before })
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
        let groups = self.metadata.row_groups().iter();
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

    /// The number of rows before row group `group`.
    pub(crate) fn rows_before(&self, group: usize) -> u64 {
        self.rows_before[group]
    }

    /// Decodes the four columns of a row group without checks, and returns the number of rows. This is the baseline for
    /// benchmarks of reading.
    ///
    /// # Errors
    /// [`FleetError::Damaged`] if it cannot be decoded.
    pub fn decode_only(&self, group: usize) -> Result<u64, FleetError> {
        let whole = self.group(group)?;
        self.guarded(group, || whole.decode_only())
    }

    /// Reads a row group into memory, not decoded.
    pub(crate) fn group(&self, group: usize) -> Result<Group<'_>, FleetError> {
        // Each reader opens the file again, since clones of an open file share one position.
        let file = file(&self.path, &self.name)?;
        self.guarded(group, || Group::read(&file, self.metadata.row_group(group)))
    }

    /// The error for a row group that is damaged.
    pub(crate) fn damaged(&self, group: usize, reason: &str) -> FleetError {
        let reason = on_one_line(&format!("row group {}: {reason}", group + 1));
        FleetError::Damaged { path: self.name.clone(), reason }
    }

    /// Runs a decoder on a row group. If it panics or fails, the group is damaged.
    pub(crate) fn guarded<T>(
        &self,
        group: usize,
        decode: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, FleetError> {
        guarded(decode).map_err(|reason| self.damaged(group, &reason))
    }
}

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

/// Describes the first column chunk that is not within the `length` bytes of the file, or does not have the rows of its group. The
/// decoder does not check its metadata.
fn misplaced(metadata: &ParquetMetaData, length: u64) -> Option<String> {
    let groups = metadata.row_groups().iter().enumerate();
    let mut chunks = groups
        .flat_map(|(n, group)| group.columns().iter().map(move |chunk| (n + 1, group.num_rows(), chunk)));
    let within = |start: i64, bytes: i64| {
        let end = start.checked_add(bytes).and_then(|end| u64::try_from(end).ok());
        start >= 0 && bytes >= 0 && end.is_some_and(|end| end <= length)
    };
    chunks.find_map(|(group, rows, chunk)| {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        if !within(start, chunk.compressed_size()) {
            return Some(format!("row group {group}: a column is outside of the file"));
        }
        (rows < 0 || chunk.num_values() != rows)
            .then(|| format!("row group {group}: its columns differ in length"))
    })
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
