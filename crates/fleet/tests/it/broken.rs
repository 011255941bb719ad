//! Files that are not fleets, or are damaged. Each gives one line with the place and the fix, and no answer.

use std::sync::Arc;

use dormouse_fleet::{Content, FleetError, FleetFile, Manifest, Split, VERSION, write_trace};
use dormouse_trace::{Event, Instance, Kind, Meta, Trace};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

/// One row as another program may write it.
type Line = (&'static str, i64, &'static str, i64);

/// How another program writes its rows.
#[derive(Clone, Copy, Default)]
struct Style {
    dictionary: bool,
    version_2: bool,
}

/// Rows as another program may write them: in row groups of two, with or without a manifest.
fn written_as(style: Style, rows: &[Line], manifest: Option<&str>) -> Vec<u8> {
    fn column<T: DataType>(group: &mut SerializedRowGroupWriter<'_, Vec<u8>>, values: Vec<T::T>) {
        let mut column = group.next_column().unwrap().expect("there are four columns");
        column.typed::<T>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    let schema = "message other { REQUIRED BYTE_ARRAY instance (STRING); REQUIRED INT64 at_ms; REQUIRED BYTE_ARRAY kind (STRING); REQUIRED INT64 work_ms; }";
    let version = if style.version_2 { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(style.dictionary)
        .set_writer_version(version)
        .build();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for rows in rows.chunks(2) {
        let mut group = writer.next_row_group().unwrap();
        column::<ByteArrayType>(&mut group, rows.iter().map(|row| ByteArray::from(row.0)).collect());
        column::<Int64Type>(&mut group, rows.iter().map(|row| row.1).collect());
        column::<ByteArrayType>(&mut group, rows.iter().map(|row| ByteArray::from(row.2)).collect());
        column::<Int64Type>(&mut group, rows.iter().map(|row| row.3).collect());
        group.close().unwrap();
    }
    if let Some(text) = manifest {
        writer.append_key_value_metadata(KeyValue::new(Manifest::KEY.to_owned(), text.to_owned()));
    }
    writer.into_inner().unwrap()
}

/// Rows as another program may write them, without dictionaries.
fn written(rows: &[Line], manifest: Option<&str>) -> Vec<u8> {
    written_as(Style::default(), rows, manifest)
}

/// A manifest with the right number of rows, but no other right number.
fn manifest(rows: usize) -> String {
    let content = Content { instances: 1, events: rows as u64, end_of_work_ms: 0, fingerprint: 0 };
    serde_json::to_string(&Manifest { version: VERSION, content, ..Manifest::default() }).unwrap()
}

/// The error for a file with these bytes, without the folder.
fn said(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    std::fs::write(&path, bytes).unwrap();
    let read = || -> Result<(), FleetError> {
        let fleet = FleetFile::open(&path)?;
        fleet.batches(Split::WHOLE, 1 << 20).try_for_each(|batch| batch.map(drop))
    };
    let said = read().expect_err("it is broken").to_string();
    said.strip_prefix(&format!("{}/", folder.path().display())).expect("the path comes first").to_owned()
}

#[test]
fn rows_that_a_fleet_cannot_have_are_named() {
    let sort = "sort the rows by instance and at_ms";
    let count = "count from the trace's start, in ms";
    let cases: [(&[Line], String); 9] = [
        (&[("a", 2, "api", 0), ("a", 1, "api", 0)], format!("row 2: is earlier than the row before it; {sort}")),
        // In different row groups.
        (
            &[("a", 1, "api", 0), ("a", 2, "api", 0), ("a", 1, "api", 0)],
            format!("row 3: is earlier than the row before it; {sort}"),
        ),
        (&[("b", 1, "api", 0), ("a", 1, "api", 0)], format!("row 2: instance `a` comes after `b`; {sort}")),
        (
            &[("a", 1, "api", 0), ("b", 2, "api", 0), ("a", 3, "api", 0)],
            format!("row 3: instance `a` comes after `b`; {sort}"),
        ),
        (&[("a", -1, "api", 0)], format!("row 1: at_ms is negative or beyond 2^50 ms; {count}")),
        (&[("a", 1, "api", (1 << 50) + 1)], format!("row 1: work_ms is negative or beyond 2^50 ms; {count}")),
        (&[("a", 1, "api", 0), ("a", 1, "api", -1)], format!("row 2: work_ms is negative or beyond 2^50 ms; {count}")),
        (
            &[("a", 1, "inbond", 0)],
            "row 1: unknown kind `inbond`; did you mean `inbound`?; name the kinds as in docs/trace-format.md".to_owned(),
        ),
        (
            &[(" ", 1, "api", 0)],
            "row 1: instance is empty; name the instance; any name will do if there is only one".to_owned(),
        ),
    ];
    for (rows, line) in cases {
        assert_eq!(said(&written(rows, Some(&manifest(rows.len())))), format!("x.parquet: {line}"));
    }
}

#[test]
fn a_file_that_does_not_match_its_manifest_is_damaged() {
    let rows: &[Line] = &[("a", 1, "api", 5), ("a", 2, "api", 0)];
    let more = said(&written(rows, Some(&manifest(3))));
    assert!(more.starts_with("x.parquet: damaged (it has 2 rows, but its manifest says 3)"), "{more}");
    let other = said(&written(rows, Some(&manifest(2))));
    assert!(
        other
            .starts_with("x.parquet: damaged (it holds Content { instances: 1, events: 2, end_of_work_ms: 6"),
        "{other}"
    );
    let unread = said(&written(rows, Some("{\"version\":1}")));
    assert!(unread.starts_with("x.parquet: damaged (its manifest: missing field `content`"), "{unread}");
}

#[test]
fn a_file_of_another_program_is_read_if_it_matches_its_manifest() {
    let rows: &[Line] = &[("a", 1, "api", 5), ("a", 2, "cron", 0), ("a", 2, "api", 7), ("b", 0, "direct", 1)];
    let event = |&(_, at_ms, kind, work_ms): &Line| Event {
        at_ms: at_ms as u64,
        kind: kind.parse::<Kind>().unwrap(),
        work_ms: work_ms as u64,
    };
    let of = |name: &str| Instance::new(name, rows.iter().filter(|row| row.0 == name).map(event).collect());
    let instances = vec![of("a"), of("b")];
    let manifest = Manifest { version: VERSION, content: Content::of(&instances), ..Manifest::default() };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let manifest = serde_json::to_string(&manifest).unwrap();
    for (dictionary, version_2) in [(false, false), (false, true), (true, false), (true, true)] {
        std::fs::write(&path, written_as(Style { dictionary, version_2 }, rows, Some(&manifest))).unwrap();
        let found = FleetFile::open(&path)
            .unwrap()
            .batches(Split::WHOLE, 1 << 20)
            .flat_map(Result::unwrap)
            .collect::<Vec<_>>();
        assert_eq!(found, instances);
    }
}

#[test]
fn files_of_other_kinds_are_refused() {
    let rows: &[Line] = &[("a", 1, "api", 5)];
    let fix = "write one with `sims trace convert TRACE --out FLEET.parquet`";
    let no_manifest = said(&written(rows, None));
    assert_eq!(no_manifest, format!("x.parquet: not a fleet (its metadata has no `dormouse.fleet`); {fix}"));
    let newer = said(&written(rows, Some("{\"version\":2}")));
    assert_eq!(
        newer,
        "x.parquet: fleet version 2, but this program reads version 1; convert it again from its trace"
    );
    let schema = Arc::new(parse_message_type("message other { REQUIRED INT64 at_ms; }").unwrap());
    let writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::default())).unwrap();
    let columns = said(&writer.into_inner().unwrap());
    assert_eq!(columns, format!("x.parquet: not a fleet (it has 1 columns instead of 4); {fix}"));
    for bytes in [&b"instance,at_ms,kind,work_ms\n"[..], b"PAR1 and nothing more", b""] {
        let said = said(bytes);
        assert!(said.starts_with("x.parquet: not a fleet (") && said.ends_with(fix), "{said}");
    }
}

#[test]
fn a_truncated_file_gives_one_line_and_no_answer() {
    let events = (0..300).map(|at| Event { at_ms: at * 1_000, kind: Kind::Inbound, work_ms: at * 7 });
    let trace = Trace { instances: vec![Instance::new("a", events.collect())], meta: Meta::default() };
    let whole = write_trace(&trace, Vec::new()).unwrap();
    for cut in (0..whole.len()).step_by(37) {
        assert!(!said(&whole[..cut]).contains('\n'));
    }
}
