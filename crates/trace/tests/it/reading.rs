//! What the reader accepts, and its error messages.

use std::io::Write as _;

use dormouse_trace::{Kind, Meta, Note, Read, ReadOptions, RowOrder, TraceError, read, write_csv};

fn take(text: &str) -> Read {
    read(text.as_bytes(), "t.csv", &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn both_forms_say_the_same() {
    let short = take("instance,arrival_s,duration_s\nweb,0,1.5\nweb,60,\n");
    let canonical = take("instance,at_ms,kind,work_ms\nweb,0,inbound,1500\nweb,60000,inbound,\n");
    assert_eq!(short, canonical);
}

#[test]
fn columns_come_in_any_order_and_others_are_left_out_with_a_note() {
    let read = take("work_ms,who, kind,at_ms,instance\n5,me,cron,10,web\n");
    let event = read.trace.instances[0].events.get(0);
    assert_eq!((event.at_ms, event.kind, event.work_ms), (10, Kind::Cron, 5));
    assert_eq!(read.notes[0].to_string(), "t.csv:1: column `who` is not a trace's and was left out");
}

#[test]
fn byte_order_mark_windows_lines_blank_lines_and_comments_are_fine() {
    let read = take(
        "\u{feff}# a comment\r\n\r\n# dormouse-trace v1 epoch_ms=-5 tz=Europe/Rome by=hand\r\n\
         instance,at_ms,kind,work_ms\r\n\r\n# another\r\nweb,1,probe,0\r\n  \r\nweb,2, client ,7",
    );
    assert_eq!(read.trace.meta, Meta { epoch_ms: Some(-5), time_zone: Some("Europe/Rome".to_owned()) });
    assert_eq!(read.trace.instances[0].events.kinds(), [Kind::Probe, Kind::Client]);
    assert_eq!(read.notes, []);
}

#[test]
fn a_name_in_the_last_column_of_a_windows_file_is_the_same_name() {
    let read = take("arrival_s,duration_s,instance\r\n0,,web\r\n1,,\"web\"\r\n2,,web");
    assert_eq!((read.trace.instances.len(), read.trace.instances[0].name.as_str()), (1, "web"));
}

#[test]
fn names_are_taken_as_they_are() {
    let read = take("instance,arrival_s,duration_s\n\"a, \"\"b\"\"\",0,\n c ,1,\n\"#d\",2,\n");
    let names: Vec<&str> = read.trace.instances.iter().map(|instance| instance.name.as_str()).collect();
    assert_eq!(names, ["a, \"b\"", " c ", "#d"]);
}

#[test]
fn members_of_a_gzip_file_and_frames_of_a_zstd_file_are_one_file() {
    let halves = ["instance,at_ms,kind,work_ms\nweb,0,api,1\nw", "eb,1,api,1\n"];
    let gzip = halves.map(|half| {
        let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        member.write_all(half.as_bytes()).unwrap();
        member.finish().unwrap()
    });
    let zstd = halves.map(|half| zstd::encode_all(half.as_bytes(), 3).unwrap());
    for file in [gzip.concat(), zstd.concat()] {
        assert_eq!(read(file.as_slice(), "t", &ReadOptions::default()).unwrap().trace.events(), 2);
    }
}

#[test]
fn rows_out_of_order_are_sorted_stably_with_a_note() {
    let read = take(
        "instance,at_ms,kind,work_ms\nweb,5,cron,1\nx,0,api,0\nweb,3,api,2\nweb,5,probe,3\nweb,3,cron,4\n",
    );
    assert_eq!(read.trace.instances[0].events.work_ms(), [2, 4, 1, 3]);
    assert_eq!(read.notes, [Note::Sorted { path: "t.csv".to_owned(), rows: 2, line: 4 }]);
    assert_eq!(read.notes[0].to_string(), "t.csv:4: this row and 1 more were out of order; sorted by time");
}

#[test]
fn a_line_without_end_is_refused() {
    let csv = format!("instance,at_ms,kind,work_ms\nweb,0,api,0\nweb,1,{}", "a".repeat(3 << 20));
    assert_eq!(
        read(csv.as_bytes(), "t.csv", &ReadOptions::default()).unwrap_err().to_string(),
        "t.csv:3: the line is longer than 1048576 bytes; end each row with a line break"
    );
}

#[test]
fn memory_is_bounded_and_a_sort_counts() {
    let rows = |order: &mut dyn Iterator<Item = u32>| {
        order.fold("instance,at_ms,kind,work_ms\n".to_owned(), |csv, at| csv + &format!("web,{at},api,0\n"))
    };
    // 256 + 2 · 3 bytes for the instance, 1024 · 17 for its columns, 512 · 8 while one of them grows.
    let max_bytes = 256 + 6 + 1024 * 17;
    let options = |more: u64| ReadOptions { max_bytes: max_bytes + more, order: RowOrder::Sort };
    let (sorted, reversed) = (rows(&mut (0..1024)), rows(&mut (0..1024).rev()));
    assert!(matches!(
        read(sorted.as_bytes(), "s", &options(4095)),
        Err(TraceError::TooLarge { line: 514, .. })
    ));
    assert!(read(sorted.as_bytes(), "s", &options(4096)).is_ok());
    // The scratch of the sort, 4 bytes an event, is as much as the growing column was.
    assert!(read(reversed.as_bytes(), "r", &options(4096)).is_ok());
}

#[test]
fn rows_of_many_instances_are_written_in_order_of_time() {
    let read = take("instance,arrival_s,duration_s\nb,0,\nb,2,\na,1,\na,2,\n");
    let mut file = Vec::new();
    write_csv(&read.trace, &mut file).unwrap();
    let rows =
        "instance,at_ms,kind,work_ms\nb,0,inbound,0\na,1000,inbound,0\nb,2000,inbound,0\na,2000,inbound,0\n";
    assert_eq!(String::from_utf8(file).unwrap(), rows);
}

#[test]
fn what_a_file_cannot_express_is_not_written() {
    let mut trace = take("instance,at_ms,kind,work_ms\nweb,0,cron,0\n").trace;
    let short = dormouse_trace::WriteOptions { form: dormouse_trace::Form::Short, ..Default::default() };
    assert_eq!(
        dormouse_trace::write(&trace, Vec::new(), short).unwrap_err().to_string(),
        "the trace cannot be written: the short form has no kind, and `web` has cron events; use the canonical form"
    );
    trace.instances[0].name = "two\nlines".to_owned();
    assert_eq!(
        write_csv(&trace, Vec::new()).unwrap_err().to_string(),
        "the trace cannot be written: `two\\nlines` cannot name an instance; rename it"
    );
}
