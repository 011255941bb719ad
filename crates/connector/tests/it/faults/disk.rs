//! A full disk under the gateway: its handled ids and its recordings. The connector's is `process::on_a_full_disk…`.

use std::fs;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use dormouse_core::Wall;
use dormouse_trace::{Kind, ReadOptions, read_path};
use dormouse_watcher::{Recorder, RecorderConfig};

use super::namespace::{Namespace, Where, enter};
use super::world::{Timing, World};

/// The gateway's disk, which can be made unwritable for a while.
enum Disk {
    /// A file system of 256 KiB, which is filled to the last byte.
    Small(PathBuf),
    /// A folder that is moved away for a while.
    Folder(PathBuf),
}

impl Disk {
    fn path(&self) -> &Path {
        match self {
            Self::Small(path) | Self::Folder(path) => path,
        }
    }

    fn fill(&self) {
        match self {
            Self::Small(path) => {
                let mut filler = fs::File::create(path.join("filler")).expect("a file");
                while filler.write_all(b"x").is_ok() {}
            }
            Self::Folder(path) => fs::rename(path, path.with_extension("away")).expect("renames"),
        }
    }

    fn free(&self) {
        match self {
            Self::Small(path) => fs::remove_file(path.join("filler")).expect("removes"),
            Self::Folder(path) => {
                // Discard what was created in its place.
                let _ = fs::remove_dir_all(path);
                fs::rename(path.with_extension("away"), path).expect("renames");
            }
        }
    }
}

/// Runs `test`, whose name is `name`, with its own disk.
fn with_a_disk(name: &str, test: impl FnOnce(&Disk)) {
    let at = enter(name, Namespace::Mounts);
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("disk");
    fs::create_dir(&path).expect("a directory");
    match at {
        Where::Passed => {}
        Where::Inside => {
            let mut mount = Command::new("mount");
            mount.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&path);
            assert!(mount.status().expect("runs").success());
            test(&Disk::Small(path));
        }
        Where::NotPermitted => test(&Disk::Folder(path)),
    }
}

#[test]
fn a_full_disk_loses_nothing_and_repeats_nothing() {
    with_a_disk("faults::disk::a_full_disk_loses_nothing_and_repeats_nothing", |disk| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(full_for_a_while(disk));
    });
}

#[test]
fn a_recording_survives_a_full_disk_and_goes_on_after_it() {
    with_a_disk("faults::disk::a_recording_survives_a_full_disk_and_goes_on_after_it", |disk| {
        let dir = disk.path().join("recordings");
        let config = RecorderConfig::new(&dir, "a").with_max_bytes(4096).with_keep(3);
        let recorder = Recorder::open(config, Wall::ZERO).expect("a recorder");
        let row = |at_ms: u64| recorder.record(Kind::Inbound, Wall::from_ms(at_ms), 1);
        let mut first = fs::File::open(&files(&dir)[0]).expect("a file");
        // The number of rows that are in the first file or dropped. Two lines of the file are its head.
        let mut settled = || {
            let mut text = String::new();
            first.rewind().and_then(|()| first.read_to_string(&mut text)).expect("a text");
            recorder.dropped() + text.matches('\n').count() as u64 - 2
        };
        (0..100).for_each(row);
        while settled() < 100 {
            std::thread::yield_now();
        }
        disk.fill();
        // Write one row at a time: each fits into the block that is begun, or is dropped.
        for at_ms in 100..1000 {
            row(at_ms);
            while settled() <= at_ms {
                std::thread::yield_now();
            }
        }
        disk.free();
        (1000..1010).for_each(row);
        let dropped = recorder.dropped();
        assert!(dropped > 0, "the disk is not full");
        drop(recorder);
        let found = rows(&dir);
        assert!((0..100).all(|at_ms| found.contains(&at_ms)), "what was recorded before is gone");
        assert!((1000..1010).all(|at_ms| found.contains(&at_ms)), "it does not go on");
        assert_eq!(found.len() as u64 + dropped, 1010, "{dropped} are counted as dropped");
    });
}

fn files(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).expect("a folder").map(|file| file.expect("a file").path()).collect()
}

/// The arrival times in all recordings of a folder. Each recording must be a valid trace.
fn rows(dir: &Path) -> Vec<u64> {
    let mut rows = Vec::new();
    for file in files(dir) {
        let done = read_path(&file, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"));
        assert!(done.trace.meta.epoch_ms.is_some(), "{} has no head", file.display());
        rows.extend(done.trace.instances.iter().flat_map(|i| i.events.at_ms().to_vec()));
    }
    rows
}

async fn full_for_a_while(disk: &Disk) {
    let mut world = World::start_with_disk(Timing::DEFAULT, disk.path()).await;
    world.send().await;
    world.until_handled().await;
    world.until_asleep().await;
    disk.fill();
    let during = [world.send().await, world.send().await];
    // The message is handled but not acked, since its id could not be recorded. So the gateway does not sleep.
    world.until("the first is handled", |world| world.journal().done().contains_key(&during[0])).await;
    world.for_ms(1500, "it stays awake", |world| world.machine.frozen_since().is_none()).await;
    let status = world.status().await.expect("a status");
    assert_eq!(status["waiting"].as_u64().zip(status["unacked"].as_u64()).map(|(w, u)| w + u), Some(2));
    disk.free();
    assert_eq!(world.repeats_after_recovery().await, 0);
    world.until_asleep().await;
    // The rows from before the disk was full, and after it.
    let rows = rows(&disk.path().join("recordings")).len();
    assert!((2..=4).contains(&rows), "{rows} rows");
}
