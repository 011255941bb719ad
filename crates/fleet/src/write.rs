//! Writes fleets.

use std::io::Write;
use std::iter::repeat_n;
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use dormouse_trace::{Instance, Kind, Meta, Trace, expressible};
use parquet::column::writer::{ColumnCloseResult, get_column_writer, get_typed_column_writer};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::SchemaDescriptor;
use rayon::prelude::*;

use crate::schema::{self, COLUMNS, GROUP_ROWS};
use crate::{Content, FleetError, Manifest, VERSION};

/// Rows that are given to the writer of a column at once: a multiple of the rows after which it looks whether a page is full.
const BLOCK_ROWS: usize = 1 << 13;

/// Row groups that are compressed at once.
const AT_ONCE: usize = 8;

/// Writes a fleet, one instance at a time, in ascending order of their names. The memory that it needs does not grow with the
/// fleet.
///
/// ```
/// use dormouse_fleet::Writer;
/// use dormouse_trace::{Event, Instance, Kind, Meta};
///
/// let mut writer = Writer::new(Vec::new(), &Meta::default())?;
/// for name in ["ada", "bob"] {
///     let events = [Event { at_ms: 1_000, kind: Kind::Inbound, work_ms: 20_000 }];
///     writer.push(&Instance::new(name, events.into_iter().collect()))?;
/// }
/// let file: Vec<u8> = writer.finish()?;
/// assert_eq!(&file[..4], b"PAR1");
/// # Ok::<(), dormouse_fleet::FleetError>(())
/// ```
pub struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: SchemaDescriptor,
    manifest: Manifest,
    last: Option<String>,
    /// Rows in a row group.
    group_rows: usize,
    /// The group that is being filled now.
    group: Group,
    /// Full groups that are not written yet.
    full: Vec<Group>,
}

/// The rows of one row group.
#[derive(Default)]
struct Group {
    /// The names of its instances, each with its number of rows.
    names: Vec<(ByteArray, usize)>,
    at_ms: Vec<i64>,
    kinds: Vec<Kind>,
    work_ms: Vec<i64>,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a fleet with the epoch and the time zone of `meta`.
    ///
    /// # Errors
    /// [`FleetError::Unwritable`] if `out` cannot be written to.
    pub fn new(out: W, meta: &Meta) -> Result<Self, FleetError> {
        let schema = schema::schema();
        let columns = SchemaDescriptor::new(Arc::clone(&schema));
        let file =
            SerializedFileWriter::new(out, schema, schema::properties()).map_err(FleetError::Unwritable)?;
        let Meta { epoch_ms, time_zone } = meta.clone();
        let manifest = Manifest { version: VERSION, content: Content::default(), epoch_ms, time_zone };
        Ok(Self {
            file,
            columns,
            manifest,
            last: None,
            group_rows: GROUP_ROWS,
            group: Group::default(),
            full: Vec::new(),
        })
    }

    /// Sets the number of rows in a row group, from 1 to 131,072, which is the default. Smaller groups take less memory to read and
    /// divide into more parts, but compress worse.
    #[must_use]
    pub fn with_group_rows(self, rows: usize) -> Self {
        Self { group_rows: rows.clamp(1, GROUP_ROWS), ..self }
    }

    /// Adds an instance. An instance without events is left out, since it has no rows.
    ///
    /// # Errors
    /// [`FleetError::Order`] if its name is not greater, byte by byte, than the name before it;
    /// [`TraceError::Inexpressible`](dormouse_trace::TraceError::Inexpressible) if a trace cannot have its name or one of its
    /// times; [`FleetError::Unwritable`] if the output cannot be written.
    pub fn push(&mut self, instance: &Instance) -> Result<(), FleetError> {
        expressible(instance)?;
        if let Some(previous) = self.last.as_ref().filter(|&last| *last >= instance.name) {
            return Err(FleetError::Order { name: instance.name.clone(), previous: previous.clone() });
        }
        self.last = Some(instance.name.clone());
        if instance.events.is_empty() {
            return Ok(());
        }
        self.manifest.content = self.manifest.content.merge(&Content::of([instance]));
        let mut from = 0;
        while from < instance.events.len() {
            let to = instance.events.len().min(from + self.group_rows - self.group.at_ms.len());
            self.group.extend(instance, from..to);
            from = to;
            if self.group.at_ms.len() == self.group_rows {
                self.full.push(mem::take(&mut self.group));
            }
            if self.full.len() == AT_ONCE {
                self.write_full()?;
            }
        }
        Ok(())
    }

    /// Writes the remaining rows and the manifest, and returns the output.
    ///
    /// # Errors
    /// [`FleetError::Unwritable`] if the output cannot be written.
    pub fn finish(mut self) -> Result<W, FleetError> {
        let rest = mem::take(&mut self.group);
        if !rest.at_ms.is_empty() {
            self.full.push(rest);
        }
        self.write_full()?;
        let text = serde_json::to_string(&self.manifest)
            .map_err(|error| FleetError::Unwritable(ParquetError::External(error.into())))?;
        self.file.append_key_value_metadata(KeyValue::new(Manifest::KEY.to_owned(), text));
        self.file.into_inner().map_err(FleetError::Unwritable)
    }

    /// Adds the instances of a trace in the order of their names, and [finishes](Self::finish).
    ///
    /// # Errors
    /// The errors of [`push`](Self::push) and [`finish`](Self::finish).
    pub fn finish_with(mut self, trace: &Trace) -> Result<W, FleetError> {
        let mut instances: Vec<&Instance> = trace.instances.iter().collect();
        instances.sort_by(|a, b| a.name.cmp(&b.name));
        instances.into_iter().try_for_each(|instance| self.push(instance))?;
        self.finish()
    }

    /// Compresses the full groups on all threads, and writes them in order.
    fn write_full(&mut self) -> Result<(), FleetError> {
        let (full, columns, properties) = (mem::take(&mut self.full), &self.columns, self.file.properties());
        let packed: Result<Vec<_>, ParquetError> =
            full.into_par_iter().map(|group| group.pack(columns, properties)).collect();
        let write = |file: &mut SerializedFileWriter<W>, columns: [Packed; COLUMNS.len()]| {
            let mut group = file.next_row_group()?;
            columns.into_iter().try_for_each(|(bytes, about)| group.append_column(&bytes, about))?;
            group.close().map(drop)
        };
        let mut packed = packed.map_err(FleetError::Unwritable)?.into_iter();
        packed.try_for_each(|columns| write(&mut self.file, columns)).map_err(FleetError::Unwritable)
    }
}

/// A compressed column, and what the file's metadata says of it.
type Packed = (Bytes, ColumnCloseResult);

impl Group {
    fn extend(&mut self, instance: &Instance, rows: std::ops::Range<usize>) {
        self.names.push((ByteArray::from(instance.name.as_str()), rows.len()));
        let events = &instance.events;
        // No time exceeds 2^50 ms, so the casts are exact.
        self.at_ms.extend(events.at_ms()[rows.clone()].iter().map(|&ms| ms as i64));
        self.kinds.extend(&events.kinds()[rows.clone()]);
        self.work_ms.extend(events.work_ms()[rows].iter().map(|&ms| ms as i64));
    }

    /// Compresses the rows.
    fn pack(
        self,
        columns: &SchemaDescriptor,
        properties: &WriterPropertiesPtr,
    ) -> Result<[Packed; COLUMNS.len()], ParquetError> {
        let words = Kind::ALL.map(|kind| ByteArray::from(kind.name()));
        let names = self.names.into_iter().flat_map(|(name, rows)| repeat_n(name, rows));
        let kinds = self.kinds.iter().map(|&kind| words[kind as usize].clone());
        let column = |place| Column { place, columns, properties };
        Ok([
            column(0).pack::<ByteArrayType>(names)?,
            column(1).pack::<Int64Type>(self.at_ms.iter().copied())?,
            column(2).pack::<ByteArrayType>(kinds)?,
            column(3).pack::<Int64Type>(self.work_ms.iter().copied())?,
        ])
    }
}

/// A column to write.
struct Column<'a> {
    place: usize,
    columns: &'a SchemaDescriptor,
    properties: &'a WriterPropertiesPtr,
}

impl Column<'_> {
    /// Compresses the values.
    fn pack<T: DataType>(&self, mut values: impl Iterator<Item = T::T>) -> Result<Packed, ParquetError> {
        let mut bytes = TrackedWrite::new(Vec::new());
        let pages = Box::new(SerializedPageWriter::new(&mut bytes));
        let writer = get_column_writer(self.columns.column(self.place), Arc::clone(self.properties), pages);
        let mut writer = get_typed_column_writer::<T>(writer);
        let mut block = Vec::with_capacity(BLOCK_ROWS);
        loop {
            block.clear();
            block.extend(values.by_ref().take(BLOCK_ROWS));
            if block.is_empty() {
                break;
            }
            writer.write_batch(&block, None, None)?;
        }
        let about = writer.close()?;
        Ok((bytes.into_inner()?.into(), about))
    }
}

/// Writes a trace as a fleet. Reading it back gives the same trace, except that the instances are in the order of their first
/// arrivals, and of their names if these are equal, and that instances without events are left out.
///
/// # Errors
/// The errors of [`Writer::push`] and [`Writer::finish`]. Two instances with the same name are a [`FleetError::Order`].
pub fn write_trace<W: Write + Send>(trace: &Trace, out: W) -> Result<W, FleetError> {
    Writer::new(out, &trace.meta)?.finish_with(trace)
}
