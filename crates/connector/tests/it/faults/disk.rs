//! A full disk under the gateway: its seen-set and its recordings. The connector's is `process::on_a_full_disk…`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use dormouse_trace::{ReadOptions, read_path};

use super::namespace::{Namespace, Where, enter};
use super::world::{Timing, World};

/// The gateway's disk, on which nothing can be written for a while.
enum Disk {
    /// A file system of 256 KiB, which is filled to its last byte.
    Small(PathBuf),
    /// A folder that is gone for a while.
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
                // What was made meanwhile in its place is given up.
                let _ = fs::remove_dir_all(path);
                fs::rename(path.with_extension("away"), path).expect("renames");
            }
        }
    }
}

#[test]
fn a_full_disk_loses_nothing_and_repeats_nothing() {
    let at = enter("faults::disk::a_full_disk_loses_nothing_and_repeats_nothing", Namespace::Mounts);
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("disk");
    fs::create_dir(&path).expect("a directory");
    let disk = match at {
        Where::Passed => return,
        Where::Inside => {
            let mut mount = Command::new("mount");
            mount.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&path);
            assert!(mount.status().expect("runs").success());
            Disk::Small(path)
        }
        Where::NotPermitted => Disk::Folder(path),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(full_for_a_while(&disk));
}

async fn full_for_a_while(disk: &Disk) {
    let mut world = World::start_with_disk(Timing::default(), disk.path()).await;
    world.send().await;
    world.until_handled().await;
    world.until_asleep().await;
    disk.fill();
    let during = [world.send().await, world.send().await];
    // Handled, and not acked, since it could not be recorded: so it does not sleep either.
    world.until("the first is handled", |world| world.journal().done().contains_key(&during[0])).await;
    world.for_ms(1500, "it stays awake", |world| world.machine.frozen_since().is_none()).await;
    assert!(world.status().await.expect("a status")["waiting"] != 0 || world.journal().done().len() == 3);
    disk.free();
    assert_eq!(world.ends_well().await, 0);
    world.until_asleep().await;
    // What came before it was full, and after it was, and nothing that is no trace.
    let recordings = fs::read_dir(disk.path().join("recordings")).expect("a folder");
    let mut rows = 0;
    for file in recordings.map(|file| file.expect("a file").path()) {
        let done = read_path(&file, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"));
        assert!(done.trace.meta.epoch_ms.is_some(), "{} has no head", file.display());
        rows += done.trace.instances.iter().map(|i| i.events.len()).sum::<usize>();
    }
    assert!((2..=4).contains(&rows), "{rows} rows");
}
