//! The columns of a fleet.

use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, SchemaDescriptor, TypePtr};

/// The names of the columns, in order. They are those of the canonical CSV.
pub(crate) const COLUMNS: [&str; 4] = ["instance", "at_ms", "kind", "work_ms"];

/// Rows in a row group. Several groups are decoded at once, which argues for small groups; each group is compressed on its own,
/// which argues for large ones.
pub(crate) const GROUP_ROWS: usize = 1 << 17;

/// The schema. Its name is the one that Arrow's writers give, with which the first fleets were written.
///
/// # Panics
/// Never: the text is a schema.
pub(crate) fn schema() -> TypePtr {
    let [instance, at_ms, kind, work_ms] = COLUMNS;
    let text = format!(
        "message arrow_schema {{
            REQUIRED BYTE_ARRAY {instance} (STRING);
            REQUIRED INT64 {at_ms};
            REQUIRED BYTE_ARRAY {kind} (STRING);
            REQUIRED INT64 {work_ms};
        }}"
    );
    Arc::new(parse_message_type(&text).expect("the text is a schema"))
}

/// The encodings and the compression of the columns.
///
/// # Panics
/// Never: 1 is a level of zstd.
pub(crate) fn properties() -> Arc<WriterProperties> {
    let [instance, at_ms, kind, work_ms] = COLUMNS.map(ColumnPath::from);
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1).expect("1 is a level of zstd"));
    let ascending = |column_idx| SortingColumn { column_idx, descending: false, nulls_first: false };
    let mut properties = WriterProperties::builder()
        .set_created_by("dormouse".to_owned())
        .set_compression(zstd)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        // A group has at most as many names as rows, so they always fit.
        .set_dictionary_page_size_limit(1 << 30)
        .set_sorting_columns(Some(vec![ascending(0), ascending(1)]));
    for words in [instance, kind] {
        properties = properties.set_column_dictionary_enabled(words, true);
    }
    for times in [at_ms, work_ms] {
        properties = properties
            .set_column_dictionary_enabled(times.clone(), false)
            .set_column_encoding(times, Encoding::DELTA_BINARY_PACKED);
    }
    Arc::new(properties.build())
}

/// Describes the first difference between these columns and those of a fleet; `None` if there is none.
pub(crate) fn difference(found: &SchemaDescriptor) -> Option<String> {
    use parquet::basic::{ConvertedType, Type};
    let expected = [Type::BYTE_ARRAY, Type::INT64, Type::BYTE_ARRAY, Type::INT64];
    if found.num_columns() != COLUMNS.len() {
        return Some(format!("it has {} columns instead of {}", found.num_columns(), COLUMNS.len()));
    }
    found.columns().iter().zip(COLUMNS).zip(expected).find_map(|((column, name), of)| {
        let text = column.converted_type() == ConvertedType::UTF8;
        let sound = column.path().string() == name
            && column.physical_type() == of
            && column.max_def_level() == 0
            && text == (of == Type::BYTE_ARRAY)
            && (text
                || column.converted_type() == ConvertedType::NONE
                || column.converted_type() == ConvertedType::INT_64);
        let whole = if of == Type::BYTE_ARRAY { "text" } else { "64-bit integers" };
        (!sound).then(|| {
            format!("expected column `{name}` ({whole}, never null), found `{}`", column.path().string())
        })
    })
}
