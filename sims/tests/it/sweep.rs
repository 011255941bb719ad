//! The output of `sims sweep` and `sims run`.

use dormouse_sim::rows::{COLUMNS, Row, read_csv};

use crate::{complains, prints, sims, text};

fn rows(args: &[&str]) -> Vec<Row> {
    read_csv(prints(args).as_bytes()).expect("rows")
}

#[test]
fn alone_it_sweeps_the_embedded_week_and_ends_in_a_recommendation() {
    insta::assert_snapshot!(prints(&[]));
}

#[test]
fn a_table_says_which_classes_of_work_were_missed() {
    insta::assert_snapshot!(prints(&[
        "sweep",
        "tests/data/three.csv",
        "--watcher",
        "phase0",
        "--timeouts",
        "2,5",
        "--horizon",
        "2h"
    ]));
}

#[test]
fn csv_has_the_documented_columns_and_json_the_same_values() {
    let csv = prints(&["sweep", "--timeouts", "2,5", "--format", "csv"]);
    assert_eq!(csv.lines().next(), Some(COLUMNS.join(",").as_str()));
    let json = prints(&["sweep", "--timeouts", "2,5", "--format", "json"]);
    let from_json: Vec<Row> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(from_json, read_csv(csv.as_bytes()).expect("rows"));
}

#[test]
fn awake_and_suspended_add_up_to_the_horizon_and_the_classes_to_the_violations() {
    for row in rows(&["sweep", "--watcher", "phase0", "--timeouts", "0.5,5,60", "--format", "csv"]) {
        assert_eq!(row.awake_ms + row.suspended_ms, row.horizon_ms);
        assert_eq!(
            dormouse_sim::rows::Class::ALL.map(|class| row.class(class)).iter().sum::<u64>(),
            row.violations
        );
        assert!(row.violations > 0);
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let with =
        |threads| prints(&["sweep", "--timeouts", "0.5..20:0.5", "--format", "csv", "--threads", threads]);
    assert_eq!(with("1"), with("2"));
    assert_eq!(with("1"), with("16"));
}

#[test]
fn the_same_seed_gives_the_same_rows_and_another_seed_gives_others() {
    let with = |seed| prints(&["sweep", "--timeouts", "2", "--format", "csv", "--seed", seed]);
    assert_eq!(with("7"), with("7"));
    assert_ne!(with("7"), with("8").replace(",8,", ",7,"));
}

#[test]
fn the_first_design_misses_work_that_todays_does_not() {
    let of = |watcher| rows(&["sweep", "--watcher", watcher, "--timeouts", "2", "--format", "csv"]).remove(0);
    let (phase0, current) = (of("phase0"), of("current"));
    assert!(phase0.frozen_work > 0 && phase0.lost_inbound > 0 && phase0.black_hole == phase0.suspends);
    assert_eq!(current.violations, 0);
}

#[test]
fn instances_add_up_to_their_sum() {
    let args = ["sweep", "--preset", "webhooks", "--timeouts", "2", "--format", "csv"];
    let total = rows(&args).remove(0);
    let each = rows(&[&args[..], &["--per-instance"]].concat());
    assert_eq!(each.len() as u64, total.instances);
    assert_eq!(each.iter().map(|row| row.suspended_ms).sum::<u64>(), total.suspended_ms);
    assert!(each.iter().all(|row| row.trace.starts_with("webhooks/")));
}

#[test]
fn horizons_differ_as_they_say() {
    let of = |horizon| {
        rows(&["sweep", "tests/data/three.csv", "--timeouts", "2", "--horizon", horizon, "--format", "csv"])
            .remove(0)
    };
    assert_eq!(of("common").horizon_ms, 555_500);
    assert_eq!(of("per-instance").horizon_ms, 545_500);
    assert_eq!((of("1h").horizon_ms, of("5m").horizon_ms, of("5m").user_arrivals), (3_600_000, 300_000, 1));
}

#[test]
fn parameters_come_from_a_file_and_from_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let platform = folder.path().join("mine.toml");
    std::fs::write(&platform, "base = \"fly\"\nname = \"mine\"\n[world]\nresume_ms = 9000\ndial_ms = 420\n")
        .expect("written");
    let path = platform.display().to_string();
    let args = ["sweep", "tests/data/three.csv", "--timeouts", "2", "--format", "csv", "--platform", &path];
    let row = rows(&args).remove(0);
    assert_eq!((row.platform.as_str(), row.delay_ms_max >= 9000 + 420 + 50), ("mine", true));
    let row = rows(&[&args[..], &["--set", "resume_ms=20000"]].concat()).remove(0);
    assert!(row.delay_ms_max >= 20_000 + 420 + 50);
}

#[test]
fn run_prints_a_timeline_with_both_clocks() {
    let args = [
        "run",
        "tests/data/three.csv",
        "--timeout",
        "2",
        "--log",
        "--set",
        "freeze_lag_ms=4000",
        "--set",
        "resume_ms=400",
    ];
    insta::assert_snapshot!(prints(&args));
}

#[test]
fn run_without_the_log_prints_what_was_missed() {
    let args = ["run", "tests/data/three.csv", "--timeout", "2", "--horizon", "1h", "--watcher", "phase0"];
    insta::assert_snapshot!(prints(&args));
}

#[test]
fn both_engines_print_the_same_bytes() {
    for watcher in ["phase0", "self-suspend", "fenced", "current", "dormouse"] {
        for trace in [
            &["--preset", "webhooks"][..],
            &["--preset", "dashboard"],
            &["traces/team_agent_turns.csv.gz"],
            &[],
        ] {
            let with = |engine| {
                let args = [
                    "sweep",
                    "--watcher",
                    watcher,
                    "--engine",
                    engine,
                    "--timeouts",
                    "0.5,2,5,20",
                    "--format",
                    "csv",
                ];
                prints(&[&args[..], trace].concat())
            };
            assert_eq!(with("replay"), with("sweep"), "{watcher} {trace:?}");
        }
    }
}

#[test]
fn verify_replays_a_sample_says_so_and_changes_no_row() {
    let args = ["sweep", "--timeouts", "0.5..10:0.5", "--format", "csv"];
    let verified = sims(&[&args[..], &["--verify"]].concat()).output().expect("sims runs");
    assert_eq!(text(verified.stderr), "Verified: 8 replays of team-week agree to the last digit.\n");
    assert_eq!((verified.status.code(), text(verified.stdout)), (Some(0), prints(&args)));
    let nothing = complains(&["sweep", "--verify", "--engine", "replay"]);
    assert!(nothing.starts_with("sims: --verify replays a sample"), "{nothing}");
}

#[test]
fn the_ideal_curve_goes_from_always_asleep_to_never() {
    let csv = prints(&["sweep", "--ideal=gaps"]);
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["timeout_ms", "idle_ms", "asleep_ms", "wakes"]);
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let (first, last) = (&rows[1], &rows[rows.len() - 1]);
    assert_eq!((first[0], first[1]), ("0", "0"));
    assert_eq!((last[0], last[2], last[3]), ("", "0", "0"));
    for pair in rows[1..].windows(2) {
        assert!(
            number(pair[0][1]) <= number(pair[1][1]) && number(pair[0][3]) >= number(pair[1][3]),
            "{pair:?}"
        );
        assert_eq!(
            number(pair[0][1]) + number(pair[0][2]),
            number(last[1]),
            "idle and asleep are all there is"
        );
    }
    let two = complains(&["sweep", "tests/data/three.csv", "traces/team-week.csv", "--ideal"]);
    assert!(two.contains("--ideal prints the curve of one trace, and there are 2; give one"), "{two}");
}

#[test]
fn the_ideal_curve_at_some_timeouts_is_between_its_corners() {
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let rows = |args: &[&str]| -> Vec<Vec<u64>> {
        let csv = prints(args);
        csv.lines()
            .skip(1)
            .map(|line| {
                line.split(',').map(|field| if field.is_empty() { u64::MAX } else { number(field) }).collect()
            })
            .collect()
    };
    let (some, corners) =
        (rows(&["sweep", "--ideal", "--timeouts", "0.5,2,30"]), rows(&["sweep", "--ideal=gaps"]));
    assert_eq!(some.iter().map(|row| row[0]).collect::<Vec<_>>(), [30_000, 120_000, 1_800_000]);
    for row in some {
        let before = corners.iter().rfind(|corner| corner[0] <= row[0]).expect("a timeout of 0");
        // Until the next corner, every gap that is longer than this one idles on. One of them may end with the trace.
        let more = row[1] - before[1];
        let (least, most) = (row[3] * (row[0] - before[0]), (row[3] + 1) * (row[0] - before[0]));
        assert_eq!(row[3], before[3]);
        assert!(least <= more && more <= most, "{row:?} after {before:?}");
        assert_eq!(row[1] + row[2], before[1] + before[2]);
    }
}

#[test]
fn of_several_recordings_one_without_a_row_is_left_out_with_a_note() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, rows: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("# dormouse-trace v1 recorded\ninstance,at_ms,kind,work_ms\n{rows}"))
            .expect("written");
        path.display().to_string()
    };
    let (quiet, torn) = (write("quiet.csv", "# 5 armed\n"), write("torn.csv", "me,10"));
    let busy = write("busy.csv", "me,0,inbound,1000\nme,600000,inbound,1000\n");
    let with = |paths: &[&str]| {
        let args = [&["sweep", "--timeouts", "2", "--format", "csv"], paths].concat();
        let output = sims(&args).output().expect("sims runs");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, rows, said) = with(&[&quiet, &busy, &torn]);
    assert_eq!((code, &rows), (Some(0), &with(&[&busy]).1), "{said}");
    let left_out: Vec<&str> = said.lines().filter(|line| line.starts_with("note: left out: ")).collect();
    assert_eq!(left_out.len(), 2, "{said}");
    assert!(left_out[0].contains("quiet.csv:2: there is no row below the header"), "{said}");
    // If no recording has a row, or there is only one, it is still an error.
    assert!(complains(&["sweep", &quiet]).contains("quiet.csv:2: there is no row"));
    let (code, rows, said) = with(&[&quiet, &torn]);
    assert_eq!((code, rows.as_str()), (Some(2), ""), "{said}");
    assert!(said.lines().last().is_some_and(|line| line.starts_with("sims: no trace has rows: ")), "{said}");
}

#[test]
fn the_files_of_one_recording_are_one_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |place: &str, epoch_ms: u64, rows: &str| {
        let path = folder.path().join(place);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        let head = format!("# dormouse-trace v1 epoch_ms={epoch_ms} recorded\ninstance,at_ms,kind,work_ms\n");
        std::fs::write(&path, head + rows).expect("written");
        path.display().to_string()
    };
    // A turn of half an hour begins at 3 min and is written when it ends, into the second file.
    let first = "me,0,inbound,1000\nme,60000,inbound,1000\nme,900000,probe,0\n";
    let second = "me,180000,inbound,1800000\nme,3600000,inbound,1000\n";
    let (a, b) = (write("r-1.csv", 5, first), write("r-2.csv", 5, second));
    let whole = write("whole/r-1.csv", 5, &format!("{first}{second}"));
    let with = |horizon: &str, paths: &[&str]| {
        let args = ["sweep", "--timeouts", "1,2,5", "--format", "csv", "--horizon", horizon];
        let output = sims(&[&args[..], paths].concat()).output().expect("sims runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
        (text(output.stdout), text(output.stderr))
    };
    for horizon in ["per-instance", "common"] {
        let (rows, said) = with(horizon, &[&a, &b]);
        assert_eq!(rows, with(horizon, &[&whole]).0, "{horizon}");
        assert!(said.contains("note: r-1 is one recording in 2 files\n"), "{said}");
    }
    // Another start of the gateway is another recording.
    let later = write("r-3.csv", 6, second);
    let (rows, said) = with("per-instance", &[&a, &later]);
    assert!(rows.lines().count() > 1 + 3 && !said.contains("one recording"), "{said}");
}
