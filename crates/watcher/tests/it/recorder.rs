//! Record, and read it back.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dormouse_core::{Command, Heartbeat, Mono, Now, Wall};
use dormouse_trace::{Kind, Note, ReadOptions, read, read_path};
use dormouse_watcher::{
    Cause, Clock as _, Recorder, RecorderConfig, Signals, Watch, WatchConfig, Work, WorkKind,
};
use tempfile::TempDir;

use crate::common::{PausedClock, Props, StageLever, ManualClock, pass, settle};

const EPOCH: u64 = 1_767_567_600_000;

fn config(dir: &Path) -> RecorderConfig {
    RecorderConfig::new(dir, "a secret name").with_max_bytes(1 << 20).with_keep(3)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn at(ms: u64) -> Now {
    Now { wall: Wall::from_ms(EPOCH + ms), mono: Mono::from_ms(ms) }
}

#[test]
fn what_is_recorded_reads_as_a_trace_in_order_of_arrival() {
    let dir = TempDir::new().unwrap();
    let clock = ManualClock::new();
    let recorder = Recorder::open(config(dir.path()), Wall::from_ms(EPOCH)).unwrap();
    let turns = Work::recorded(WorkKind::Turn, clock.clone(), recorder.clone());
    let crons = Work::recorded(WorkKind::Cron, clock.clone(), recorder.clone());
    clock.put(at(1000));
    let turn = turns.begin_after(400);
    clock.put(at(5000));
    drop(crons.begin());
    clock.put(at(9000));
    drop(turn);
    recorder.record(Kind::Probe, Wall::from_ms(EPOCH + 9500), 0);
    drop((turns, crons, recorder));

    let path = &files(dir.path())[0];
    let trace = read_path(path, &ReadOptions::default()).unwrap().trace;
    assert_eq!(trace.meta.epoch_ms, Some(EPOCH as i64));
    let events = &trace.instances[0].events;
    assert_eq!(events.at_ms(), [600, 5000, 9500]);
    assert_eq!(events.kinds(), [Kind::Inbound, Kind::Cron, Kind::Probe]);
    assert_eq!(events.work_ms(), [8000, 0, 0]);
    assert!(!fs::read_to_string(path).unwrap().contains("secret"));
}

#[test]
fn what_had_arrived_before_the_recording_stands_at_its_beginning_and_is_counted() {
    let dir = TempDir::new().unwrap();
    let clock = ManualClock::new();
    let recorder = Recorder::open(config(dir.path()), Wall::from_ms(EPOCH)).unwrap();
    let turns = Work::recorded(WorkKind::Turn, clock.clone(), recorder.clone());
    clock.put(at(1000));
    let on_time = turns.begin_after(1000);
    assert_eq!(recorder.early(), 0);
    drop((on_time, turns.begin_after(1400)));
    assert_eq!(recorder.early(), 1);
    drop((turns, recorder));

    let path = &files(dir.path())[0];
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains("\n# 0 inbound arrived 400 before this recording\n"), "{text}");
    let trace = read_path(path, &ReadOptions::default()).unwrap().trace;
    assert_eq!(trace.instances[0].events.at_ms(), [0, 0]);
}

#[test]
fn a_recording_that_is_cut_anywhere_reads_as_its_whole_rows() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::open(config(dir.path()), Wall::from_ms(EPOCH)).unwrap();
    for i in 0..5 {
        recorder.record(Kind::Inbound, Wall::from_ms(EPOCH + 100 * i), 12_345);
    }
    drop(recorder);
    let whole = fs::read(&files(dir.path())[0]).unwrap();
    let row = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let first = row + whole[row..].iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let first_end = first + whole[first..].iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for cut in first_end..=whole.len() {
        let done = read(&whole[..cut], "cut.csv", &ReadOptions::default()).unwrap();
        let events = &done.trace.instances[0].events;
        let rows = whole[first..cut].iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(events.len(), rows, "cut at {cut}");
        assert!(events.work_ms().iter().all(|&ms| ms == 12_345), "cut at {cut}");
        let torn = whole[cut - 1] != b'\n';
        assert_eq!(done.notes, if torn { vec![Note::Torn { path: "cut.csv".to_owned() }] } else { vec![] });
    }
}

#[test]
fn files_rotate_and_the_oldest_go() {
    let dir = TempDir::new().unwrap();
    let small = config(dir.path()).with_max_bytes(200);
    let recorder = Recorder::open(small, Wall::from_ms(EPOCH)).unwrap();
    for i in 0..100 {
        recorder.record(Kind::Api, Wall::from_ms(EPOCH + i), 7);
    }
    assert_eq!(recorder.dropped(), 0);
    drop(recorder);
    let files = files(dir.path());
    assert_eq!(files.len(), 3);
    let last = read_path(&files[2], &ReadOptions::default()).unwrap().trace;
    assert_eq!(last.instances[0].events.at_ms().last(), Some(&99));
    // A second recorder in the same folder begins a file of its own.
    let before = fs::read(&files[2]).unwrap();
    drop(Recorder::open(config(dir.path()), Wall::from_ms(EPOCH)).unwrap());
    assert_eq!(fs::read(&files[2]).unwrap(), before);
}

#[test]
fn what_is_written_stays_whatever_the_clock_says_and_whoever_else_records() {
    let dir = TempDir::new().unwrap();
    let open = |instance: &str, epoch| {
        let config = RecorderConfig::new(dir.path(), instance).with_max_bytes(1).with_keep(1);
        Recorder::open(config, Wall::from_ms(epoch)).unwrap()
    };
    open("a", EPOCH).record(Kind::Api, Wall::from_ms(EPOCH), 1);
    // It starts again, and its clock is still at the beginning of time.
    let (a, b) = (open("a", 0), open("b", EPOCH));
    a.record(Kind::Api, Wall::from_ms(5), 2);
    b.record(Kind::Api, Wall::from_ms(EPOCH + 6), 3);
    drop((a, b));
    let rows: Vec<Vec<u64>> = files(dir.path())
        .iter()
        .map(|path| {
            read_path(path, &ReadOptions::default()).unwrap().trace.instances[0].events.at_ms().to_vec()
        })
        .collect();
    assert_eq!(rows.concat().len(), 2, "one file each, the last one: {rows:?}");
    assert!(rows.contains(&vec![5]) && rows.contains(&vec![6]), "{rows:?}");
}

#[test]
fn an_old_file_that_cannot_be_removed_is_counted_and_stops_nothing() {
    let dir = TempDir::new().unwrap();
    drop(Recorder::open(config(dir.path()), Wall::from_ms(EPOCH)).unwrap());
    // A folder of that name is not removed as a file is.
    let first = files(dir.path()).remove(0);
    fs::remove_file(&first).unwrap();
    fs::create_dir(&first).unwrap();
    let recorder = Recorder::open(config(dir.path()).with_keep(1), Wall::from_ms(EPOCH)).unwrap();
    recorder.record(Kind::Api, Wall::from_ms(EPOCH), 1);
    assert_eq!((recorder.unremoved(), recorder.dropped()), (1, 0));
    drop(recorder);
    assert_eq!(files(dir.path()).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn probes_and_clients_are_rows_and_what_the_watcher_did_has_its_time() {
    let dir = TempDir::new().unwrap();
    let clock = PausedClock::new();
    let recorder = Recorder::open(config(dir.path()), Wall::ZERO).unwrap();
    let (props, signals) = (Props::new(), Signals::new(clock.clone()));
    let config =
        WatchConfig::default().with_opted_in(true).with_wake_url("https://wake.invalid/m".to_owned());
    let me = Arc::new(props.clone());
    let watch = Watch::new(config, me.clone(), me, Arc::new(StageLever(props.clone())), signals.clone());
    let observed = recorder.clone();
    let task = tokio::spawn(watch.observed(move || vec![observed.observer()]).run());
    pass(10_000).await;
    signals.request(Cause::Probe);
    signals.request(Cause::Probe);
    pass(10_000).await;
    signals.request(Cause::Client);
    for _ in 0..8 {
        props.with(|stage| stage.view.heartbeat = Heartbeat::At(clock.now().wall));
        pass(15_000).await;
    }
    // The last heartbeat was at 125 s; two minutes later it is idle, and three looks later it sleeps.
    while !props.with(|stage| stage.commands.contains(&Command::GoDormant)) {
        pass(1000).await;
    }
    props.ack(true);
    settle().await;
    props.close();
    settle().await;
    props.answer_lever(true);
    pass(4000).await;
    clock.freeze(252_000);
    pass(300).await;
    let woken = clock.now().wall.as_ms();
    signals.handled_since(Wall::from_ms(woken - 1000));
    pass(1).await;
    signals.shutdown();
    task.await.unwrap();
    drop(recorder);
    let text = fs::read_to_string(&files(dir.path())[0]).unwrap();
    let lines: Vec<&str> =
        text.lines().skip(2).map(|line| line.split_once(',').map_or(line, |(_, row)| row)).collect();
    let noted = |what: &str| {
        let line = lines.iter().find(|line| line.ends_with(what)).unwrap_or_else(|| panic!("{what}: {text}"));
        line.split(' ').nth(1).unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(lines.iter().filter(|line| **line == "10000,probe,0").count(), 2, "{text}");
    assert!(lines.contains(&"20000,client,105000"), "{text}");
    // Noticed at the first poll after it.
    let slept = lines.iter().find(|line| line.contains(" slept ")).unwrap();
    assert_eq!(noted(slept), noted("suspend") + 4000 + 252_000 + 250, "{text}");
    assert_eq!(noted("woke inbound"), woken, "{text}");
    assert_eq!(noted("handled after 1000"), woken, "{text}");
}

#[test]
fn a_disk_that_is_gone_costs_rows_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    let inner = dir.path().join("recordings");
    let small = config(&inner).with_max_bytes(1);
    let recorder = Recorder::open(small, Wall::from_ms(EPOCH)).unwrap();
    fs::remove_dir_all(&inner).unwrap();
    let clock = ManualClock::new();
    clock.put(at(0));
    let turns = Work::recorded(WorkKind::Turn, Arc::clone(&clock) as _, recorder.clone());
    for _ in 0..10 {
        drop(turns.begin());
    }
    // The rows are counted by the thread that fails to write them.
    let dropped = Arc::new(recorder);
    while dropped.dropped() < 10 {
        std::thread::yield_now();
    }
    assert_eq!(dropped.dropped(), 10);
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Recorder::open(config(&file.join("sub")), Wall::ZERO).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("sub: ") && error.ends_with("give the recorder a folder that it may write to"),
        "{error}"
    );
}
