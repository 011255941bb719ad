//! Laws of reading and writing, over random traces and random bytes.

use dormouse_trace::{
    Compression, Event, Events, Form, Instance, Kind, MAX_MS, Meta, ReadOptions, RowOrder, Trace,
    WriteOptions, read, read_plainly, write,
};
use proptest::prelude::*;

fn event() -> impl Strategy<Value = Event> {
    // Few distinct times, so that ties are common, and sometimes the largest ones.
    let ms = || prop_oneof![8 => 0u64..50, 1 => 0..=MAX_MS, 1 => Just(MAX_MS)];
    (ms(), prop::sample::select(Kind::ALL.to_vec()), ms()).prop_map(|(at_ms, kind, work_ms)| Event {
        at_ms,
        kind,
        work_ms,
    })
}

/// A trace that a file can express: named instances with events, in order of first arrival.
fn trace() -> impl Strategy<Value = Trace> {
    let names = prop::collection::btree_set("[a-z#\"', é]{0,5}[a-z#\"é]", 1..6);
    let meta = (prop::option::of(any::<i64>()), prop::option::of("[A-Za-z/+:=0-9]{1,9}"))
        .prop_map(|(epoch_ms, time_zone)| Meta { epoch_ms, time_zone });
    (names, prop::collection::vec(prop::collection::vec(event(), 1..20), 6), meta).prop_map(
        |(names, events, meta)| {
            let instances = names.into_iter().zip(events);
            let mut instances: Vec<Instance> = instances
                .map(|(name, events)| Instance::new(name, events.into_iter().collect::<Events>()))
                .collect();
            instances.sort_by_key(|instance| instance.events.first_at_ms());
            Trace { instances, meta }
        },
    )
}

fn written(trace: &Trace, options: WriteOptions) -> Vec<u8> {
    let mut file = Vec::new();
    write(trace, &mut file, options).unwrap();
    file
}

/// A row whose fields are each plain, or each of any sort.
fn row(short: bool) -> impl Strategy<Value = String> {
    let plain = if short {
        "(web|web2|we|#d|a longer name|another longer name),[0-9]{1,6}([.][0-9]{1,3})?,([0-9]{1,4}([.][0-9])?)?\n"
    } else {
        "(web|web2|we|#d|a longer name|another longer name),[0-9]{1,12},(inbound|cron|api|background|probe|internal),[0-9]{0,9}\n"
    };
    let name = "(web|a longer name|\"a, b\"|\"x\"\"y\"|x\"y|\"open| c |#d|web\r|)";
    let ms = if short {
        "( 5|5 |[.]5|5[.]|1e3|nan|-1||[0-9]{1,15}|[0-9]{0,3}[.][0-9]{1,5})"
    } else {
        "( 5|5 |1[.]5|1e3|-1||\"7\"|[0-9]{13,17})"
    };
    let kind = if short { "," } else { ",(api|internals| api |inbond|\"cron\"|)," };
    let end = "(\n|\r\n|\r\r\n|\n\n|\n# c\n|\n  \n|,\n|\")";
    prop_oneof![5 => plain, 1 => (name, ms, kind, ms, end).prop_map(|(name, at, kind, work, end)| format!("{name},{at}{kind}{work}{end}"))]
}

/// A file that is a trace but for a few rows and bytes.
fn almost_a_trace() -> impl Strategy<Value = Vec<u8>> {
    let file = any::<bool>().prop_flat_map(|short| {
        let header = if short {
            "instance,arrival_s,duration_s"
        } else {
            "(instance,at_ms,kind,work_ms|instance,at_ms,kind,work_ms,who)"
        };
        (
            "(# dormouse-trace v1( recorded)?\n)?",
            header,
            "(\n|\r\n|\n\u{feff})",
            prop::collection::vec(row(short), 0..20),
        )
    });
    let changes = prop::collection::vec(
        (any::<prop::sample::Index>(), prop::sample::select(b"09,.\"# \n\r-e\0\xff".to_vec())),
        0..3,
    );
    (file, changes).prop_map(|((comment, header, end, rows), changes)| {
        let mut file = format!("{comment}{header}{end}{}", rows.concat()).into_bytes();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file
    })
}

/// The first bytes of a text, a few at a time.
struct Drops<'a>(&'a [u8], usize);

impl std::io::Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn plain_rows_are_read_as_the_csv_crate_reads_them(
        file in almost_a_trace(),
        cut in prop::option::of(any::<prop::sample::Index>()),
        at_once in prop_oneof![Just(usize::MAX), 1..60_usize],
        refuse: bool,
        max_bytes in prop_oneof![3 => Just(u64::MAX), 1 => 0..2_000_u64],
    ) {
        let file = &file[..cut.map_or(file.len(), |cut| cut.index(file.len()))];
        let order = if refuse { RowOrder::Refuse } else { RowOrder::Sort };
        let options = ReadOptions { order, max_bytes };
        let quick = read(Drops(file, at_once), "x.csv", &options).map_err(|error| error.to_string());
        let plain = read_plainly(file, "x.csv", &options).map_err(|error| error.to_string());
        prop_assert_eq!(quick, plain);
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(
        trace in trace(),
        compression in prop::sample::select(vec![Compression::None, Compression::Gzip, Compression::Zstd]),
    ) {
        let file = written(&trace, WriteOptions { form: Form::Canonical, compression });
        let back = read(file.as_slice(), "trace", &ReadOptions::default()).unwrap();
        prop_assert_eq!(back.trace, trace);
        prop_assert_eq!(back.notes, vec![]);
    }

    #[test]
    fn the_short_form_says_the_same_of_inbound(mut trace in trace()) {
        for instance in &mut trace.instances {
            instance.events = instance.events.iter().map(|event| Event { kind: Kind::Inbound, ..event }).collect();
        }
        let file = written(&trace, WriteOptions { form: Form::Short, compression: Compression::None });
        prop_assert_eq!(read(file.as_slice(), "trace", &ReadOptions::default()).unwrap().trace, trace);
    }

    #[test]
    fn the_order_of_rows_does_not_matter_but_for_ties(trace in trace(), shuffle in any::<prop::sample::Index>()) {
        let file = String::from_utf8(written(&Trace { meta: Meta::default(), ..trace.clone() }, WriteOptions::default())).unwrap();
        let mut lines: Vec<&str> = file.lines().collect();
        // A rotation and a reversal suffice to separate every pair of rows.
        let rows = &mut lines[1..];
        let by = shuffle.index(rows.len());
        rows.rotate_left(by);
        rows.reverse();
        let shuffled = read(lines.join("\n").as_bytes(), "trace", &ReadOptions::default()).unwrap().trace;
        let bag = |trace: &Trace| {
            let mut all: Vec<(String, Vec<Event>)> = trace.instances.iter().map(|instance| {
                prop_assert!(instance.events.at_ms().is_sorted());
                let mut events: Vec<Event> = instance.events.iter().collect();
                events.sort();
                Ok((instance.name.clone(), events))
            }).collect::<Result<_, TestCaseError>>()?;
            all.sort();
            Ok::<_, TestCaseError>(all)
        };
        prop_assert_eq!(bag(&shuffled)?, bag(&trace)?);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        header in prop::sample::select(vec![
            "", "instance,at_ms,kind,work_ms\n", "instance,arrival_s,duration_s\n", "\u{1f}\u{8b}", "#", "\u{feff}",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = read([header.as_bytes(), &bytes].concat().as_slice(), "bytes", &ReadOptions::default());
        let _ = read([&[0x1f, 0x8b, 8, 0], bytes.as_slice()].concat().as_slice(), "gzip", &ReadOptions::default());
        let _ = read([&[0x28, 0xb5, 0x2f, 0xfd], bytes.as_slice()].concat().as_slice(), "zstd", &ReadOptions::default());
    }

    #[test]
    fn no_text_like_a_trace_makes_the_reader_panic(rows in "([a-z\"#,.\\-0-9eE\r\n ]|inbound|nan){0,60}") {
        for header in ["instance,at_ms,kind,work_ms", "instance,arrival_s,duration_s"] {
            let _ = read(format!("{header}\n{rows}").as_bytes(), "text", &ReadOptions::default());
        }
    }

    #[test]
    fn a_damaged_file_is_an_error_or_a_trace_and_never_a_panic(trace in trace(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let mut file = written(&trace, WriteOptions { compression, ..WriteOptions::default() });
            let at = at.index(file.len());
            file[at] ^= flip;
            let _ = read(file.as_slice(), "damaged", &ReadOptions::default());
        }
    }
}
