//! Writes fleets.

use std::io::Write;
use std::mem;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, StringArray};
use arrow_schema::Schema;
use dormouse_trace::{Instance, Kind, Meta, Trace, expressible};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

use crate::schema::{self, GROUP_ROWS};
use crate::{Content, FleetError, Manifest, VERSION};

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
    columns: ArrowRowGroupWriterFactory,
    schema: Arc<Schema>,
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
    names: Vec<String>,
    instance: Vec<i32>,
    at_ms: Vec<i64>,
    kind: Vec<i32>,
    work_ms: Vec<i64>,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a fleet with the epoch and the time zone of `meta`.
    ///
    /// # Errors
    /// [`FleetError::Unwritable`] if `out` cannot be written to.
    pub fn new(out: W, meta: &Meta) -> Result<Self, FleetError> {
        let schema = Arc::new(schema::decoded());
        let parquet = ArrowSchemaConverter::new().convert(&schema).map_err(FleetError::Unwritable)?;
        let file = SerializedFileWriter::new(out, parquet.root_schema_ptr(), schema::properties())
            .map_err(FleetError::Unwritable)?;
        let columns = ArrowRowGroupWriterFactory::new(&file, Arc::clone(&schema));
        let Meta { epoch_ms, time_zone } = meta.clone();
        let manifest = Manifest { version: VERSION, content: Content::default(), epoch_ms, time_zone };
        Ok(Self {
            file,
            columns,
            schema,
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
        let first = self.file.flushed_row_groups().len();
        let (full, columns, schema) = (mem::take(&mut self.full), &self.columns, &self.schema);
        let packed: Result<Vec<_>, ParquetError> = full
            .into_par_iter()
            .enumerate()
            .map(|(i, group)| group.pack(first + i, columns, schema))
            .collect();
        let write = |file: &mut SerializedFileWriter<W>, columns: Vec<ArrowColumnChunk>| {
            let mut group = file.next_row_group()?;
            columns.into_iter().try_for_each(|column| column.append_to_row_group(&mut group))?;
            group.close().map(drop)
        };
        let mut packed = packed.map_err(FleetError::Unwritable)?.into_iter();
        packed.try_for_each(|columns| write(&mut self.file, columns)).map_err(FleetError::Unwritable)
    }
}

impl Group {
    fn extend(&mut self, instance: &Instance, rows: std::ops::Range<usize>) {
        self.instance.resize(self.instance.len() + rows.len(), self.names.len() as i32);
        self.names.push(instance.name.clone());
        let events = &instance.events;
        // No time exceeds 2^50 ms, so the casts are exact.
        self.at_ms.extend(events.at_ms()[rows.clone()].iter().map(|&ms| ms as i64));
        self.kind.extend(events.kinds()[rows.clone()].iter().map(|&kind| kind as i32));
        self.work_ms.extend(events.work_ms()[rows].iter().map(|&ms| ms as i64));
    }

    /// Compresses the rows as row group number `place`.
    fn pack(
        self,
        place: usize,
        columns: &ArrowRowGroupWriterFactory,
        schema: &Schema,
    ) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
        let writers = columns.create_column_writers(place)?;
        let columns = schema.fields().iter().zip(self.columns()?).zip(writers);
        columns
            .map(|((field, column), mut writer)| {
                compute_leaves(field, &column)?.iter().try_for_each(|leaf| writer.write(leaf))?;
                writer.close()
            })
            .collect()
    }

    fn columns(self) -> Result<[ArrayRef; 4], ParquetError> {
        let names = StringArray::from(self.names);
        let kinds = StringArray::from(Kind::ALL.map(Kind::name).to_vec());
        let words = |keys: Vec<i32>, words| {
            DictionaryArray::<Int32Type>::try_new(Int32Array::from(keys), Arc::new(words))
        };
        Ok([
            Arc::new(words(self.instance, names)?),
            Arc::new(Int64Array::from(self.at_ms)),
            Arc::new(words(self.kind, kinds)?),
            Arc::new(Int64Array::from(self.work_ms)),
        ])
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
