use dormouse_report::{
    File, Report, ReportError, Timeline, TimelineSpan, TimelineState, report, survival_plot,
};
use dormouse_sim::rows::{Class, Row, Violation, read_csv};

use crate::rows::{MINUTE, clean, marks, missing, row};

fn day() -> Timeline {
    Timeline {
        title: "a-day at 2 min".into(),
        to_ms: 1440 * MINUTE,
        epoch_label: "time of day".into(),
        states: vec![
            TimelineSpan { from_ms: 0, to_ms: 600 * MINUTE, state: TimelineState::Awake },
            TimelineSpan { from_ms: 600 * MINUTE, to_ms: 1440 * MINUTE, state: TimelineState::Asleep },
        ],
        work: vec![(540 * MINUTE, 620 * MINUTE, "inbound")],
        arrivals: vec![(540 * MINUTE, "inbound"), (600 * MINUTE, "cron")],
        violations: vec![Violation {
            at_ms: 600 * MINUTE,
            class: Class::FrozenWork,
            held_ms: 1000,
            cause: "work in flight",
        }],
        ..Timeline::default()
    }
}

fn example() -> Vec<File> {
    let (rows, marks, day) = (missing(), marks(), day());
    report(&Report {
        command: "sims sweep a-day.csv --out report",
        title: "A day",
        rows: &rows,
        gaps_ms: &[1000, 70_000, 600_000, 40_000_000],
        timeline: Some(&day),
        marks: &marks,
        machine: "two cores\n",
        notes: &["The trace is made up.".to_owned()],
    })
    .unwrap()
}

fn text<'a>(files: &'a [File], name: &str) -> &'a str {
    let file = files.iter().find(|file| file.name == name).unwrap();
    std::str::from_utf8(&file.bytes).unwrap()
}

#[test]
fn the_files_and_their_order() {
    let names: Vec<String> = example().into_iter().map(|file| file.name).collect();
    let pictures =
        ["suspend_minutes", "pareto", "wakes_per_day", "delays", "missed_work", "gap_survival", "timeline"];
    let pictures = pictures.iter().flat_map(|name| [format!("{name}.svg"), format!("{name}.png")]);
    let texts = ["README.md", "rows.csv", "rows.json", "machine.txt"].map(String::from);
    assert_eq!(names, texts.into_iter().chain(pictures).collect::<Vec<_>>());
}

#[test]
fn the_page() {
    insta::assert_snapshot!(text(&example(), "README.md"));
}

#[test]
fn rows_are_written_in_order_of_their_timeouts() {
    let mut rows = clean();
    rows.reverse();
    let files = report(&Report { rows: &rows, ..Report::default() }).unwrap();
    assert_eq!(read_csv(text(&files, "rows.csv").as_bytes()).unwrap(), clean());
    assert_eq!(text(&files, "machine.txt"), "\n");
}

#[test]
fn equal_input_gives_equal_bytes() {
    assert!(example() == example());
}

#[test]
fn svg_files_are_documents_with_labelled_axes_and_no_script() {
    let labels = [
        ("suspend_minutes.svg", ["suspended (min)", "idle timeout (min)"]),
        ("pareto.svg", ["asleep (% of the time)", "delayed messages per instance and day"]),
        ("wakes_per_day.svg", ["wakes per instance and day", "idle timeout (min)"]),
        ("delays.svg", ["delay (s)", "idle timeout (min)"]),
        ("missed_work.svg", ["frozen-work", "idle timeout (min)"]),
        ("gap_survival.svg", ["share of gaps", "length of the gap (short ticks: timeouts tried)"]),
        ("timeline.svg", ["frozen-work", "time of day"]),
    ];
    let files = example();
    for (name, words) in labels {
        let svg = text(&files, name);
        assert_eq!(well_formed(svg), Ok(()), "{name}");
        for word in words {
            assert!(svg.contains(word), "{name}: {word}");
        }
        assert!(!svg.contains("script") && !svg.contains("NaN"), "{name}");
    }
}

#[test]
fn names_cannot_break_out_of_an_svg() {
    let mut hostile = clean();
    hostile.iter_mut().for_each(|row| row.trace = "<script>\"&'\u{0}\u{1b}]]>".into());
    for file in report(&Report { rows: &hostile, ..Report::default() }).unwrap() {
        if file.name.ends_with(".svg") {
            let svg = std::str::from_utf8(&file.bytes).unwrap();
            assert_eq!(well_formed(svg), Ok(()), "{}", file.name);
            assert!(!svg.contains("<script"), "{}", file.name);
        }
    }
}

#[test]
fn png_files_are_1600_by_900() {
    for file in example().iter().filter(|file| file.name.ends_with(".png")) {
        assert!(file.bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{}", file.name);
        // The header chunk begins at byte 8: length, name, then width and height, big-endian.
        assert_eq!(file.bytes[16..24], [0, 0, 0x06, 0x40, 0, 0, 0x03, 0x84], "{}", file.name);
    }
}

/// A row with the same number wherever a picture takes one from.
fn extreme(minutes: f64, number: u64) -> Row {
    let mut row = Row { idle_timeout_minutes: minutes, suspend_minutes: number as f64, ..row(1, 0, 0) };
    for field in [
        &mut row.horizon_ms,
        &mut row.suspended_ms,
        &mut row.oracle_suspended_ms,
        &mut row.instances,
        &mut row.wakes,
        &mut row.wakes_cron,
        &mut row.user_arrivals,
        &mut row.delayed,
        &mut row.late,
        &mut row.delay_ms_p50,
        &mut row.delay_ms_max,
        &mut row.violations,
        &mut row.frozen_work,
        &mut row.flapping,
    ] {
        *field = number;
    }
    row
}

#[test]
fn the_least_and_the_largest_numbers_are_drawn_into_files() {
    let least = [extreme(1.0 / 60_000.0, 0)];
    let both =
        [extreme(1.0 / 60_000.0, 0), extreme(1.0, u64::MAX), extreme(3e14, 1), extreme(3.05e14, u64::MAX)];
    for (rows, gaps_ms) in [(&least[..], &[][..]), (&both, &[0, 1, u64::MAX])] {
        for file in report(&Report { rows, gaps_ms, ..Report::default() }).unwrap() {
            if file.name.ends_with(".svg") {
                let svg = std::str::from_utf8(&file.bytes).unwrap();
                assert_eq!(well_formed(svg), Ok(()), "{}", file.name);
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", file.name);
            }
        }
    }
}

#[test]
fn a_survival_plot_needs_no_report_and_no_gaps() {
    for gaps in [&[][..], &[0], &[u64::MAX], &[5000, 1, 900_000]] {
        let [svg, png] = survival_plot("a-day", gaps, &marks()).unwrap();
        assert_eq!((svg.name.as_str(), png.name.as_str()), ("gap_survival.svg", "gap_survival.png"));
        assert_eq!(well_formed(std::str::from_utf8(&svg.bytes).unwrap()), Ok(()));
    }
}

#[test]
fn a_report_that_cannot_be_made_is_refused_with_the_reason() {
    let says = |report: Report<'_>| dormouse_report::report(&report).unwrap_err().to_string();
    fn of(rows: &[Row]) -> Report<'_> {
        Report { rows, ..Report::default() }
    }
    assert_eq!(says(of(&[])), "no rows to report on: replay at least one idle timeout");

    let mut mixed = clean();
    mixed[1].watcher = "phase0".into();
    assert_eq!(
        says(of(&mixed)),
        "rows of different sweeps in one report: row 2 is a-day under phase0 on fly, seed 1, row 1 is a-day under \
         current on fly, seed 1; report them apart"
    );

    for (minutes, shown) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (0.0, "0"), (-1.0, "-1")] {
        let mut rows = clean();
        rows[2].idle_timeout_minutes = minutes;
        let expected = format!(
            "row 3: idle timeout of {shown} min; it must be at least a millisecond, below 2^64 ms and there once"
        );
        assert_eq!(says(of(&rows)), expected);
    }
    assert!(matches!(
        report(&of(&[row(2, 1, 1), row(2, 1, 1)])),
        Err(ReportError::BadTimeout { row: 2, .. })
    ));

    let backwards = Timeline { from_ms: 2, to_ms: 2, ..Timeline::default() };
    assert_eq!(
        says(Report { rows: &clean(), timeline: Some(&backwards), ..Report::default() }),
        "timeline from 2 ms to 2 ms: it must end after it begins"
    );
}

/// Checks enough of XML to catch a broken document: tags are closed in order, attributes are quoted, and there are no control
/// characters.
fn well_formed(svg: &str) -> Result<(), String> {
    let mut open = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').ok_or_else(|| format!("<{piece}"))?;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}>"));
            }
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap_or_default());
        }
        if !tag.matches('"').count().is_multiple_of(2)
            || after.chars().any(|c| c == '>' || c.is_control() && c != '\n')
        {
            return Err(format!("<{piece}"));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("never closed: {open:?}")) }
}
