//! A cgroup around a process tree, for its freezer.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::path::{Component, Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::processes::tree;

/// The prefix of a tree's cgroup; the root's process id follows.
const CGROUP: &str = "dormouse-";

/// How often to look whether the freeze is complete, and how long to wait between two looks: 10 s at most. The kernel needs
/// microseconds, but longer if a process is in an uninterruptible call.
const LOOKS: u32 = 100;
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A cgroup with a process tree in it. When it is dropped, the processes are moved back to the cgroup that they came from.
///
/// It is created inside that cgroup, so that its limits still apply and no other permission is needed.
#[derive(Debug)]
pub(super) struct Cgroup {
    path: PathBuf,
    /// The cgroup that the tree came from.
    home: PathBuf,
}

impl Cgroup {
    /// Moves the tree of this root into a new cgroup.
    pub(super) fn around(root: i32) -> io::Result<Self> {
        let home = home_of(root).ok_or(io::ErrorKind::NotFound)?;
        remove_left_behind(&home);
        let path = home.join(format!("{CGROUP}{root}"));
        fs::create_dir(&path)?;
        let made = Self { path, home };
        let mut known = BTreeSet::new();
        loop {
            let new: Vec<i32> = tree(root).difference(&known).copied().collect();
            if new.is_empty() {
                break;
            }
            for pid in new {
                match fs::write(made.path.join("cgroup.procs"), pid.to_string()) {
                    // ESRCH: the process is gone.
                    Err(error) if error.raw_os_error() == Some(3) => {}
                    done => done?,
                }
                known.insert(pid);
            }
        }
        fs::metadata(made.path.join("cgroup.freeze"))?;
        Ok(made)
    }

    /// Freezes or thaws, and returns when the kernel reports that it is done.
    pub(super) fn freeze(&self, frozen: bool) -> io::Result<()> {
        let wanted = u8::from(frozen);
        fs::write(self.path.join("cgroup.freeze"), wanted.to_string())?;
        let line = format!("frozen {wanted}");
        let mut events = File::open(self.path.join("cgroup.events"))?;
        let mut text = String::new();
        for _ in 0..LOOKS {
            text.clear();
            events.rewind()?;
            events.read_to_string(&mut text)?;
            if text.lines().any(|found| found == line) {
                return Ok(());
            }
            // The kernel reports a change of this file as priority data. If a signal interrupts this, look again.
            let _ = poll(&mut [PollFd::new(&events, PollFlags::PRI)], Some(&LOOK));
        }
        Err(io::ErrorKind::TimedOut.into())
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Only an empty cgroup can be removed, so processes are moved back until none is left, forks included.
        for _ in 0..1000 {
            for pid in fs::read_to_string(self.path.join("cgroup.procs")).unwrap_or_default().lines() {
                let _ = fs::write(self.home.join("cgroup.procs"), pid);
            }
            if fs::remove_dir(&self.path).is_ok() {
                return;
            }
            std::thread::yield_now();
        }
    }
}

/// Removes the cgroups of trees whose owner was killed before it could. The kernel keeps one that still has a process.
fn remove_left_behind(home: &Path) {
    for entry in fs::read_dir(home).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let root = name.to_str().and_then(|name| name.strip_prefix(CGROUP)?.parse::<i32>().ok());
        if root.is_some_and(|root| !Path::new(&format!("/proc/{root}")).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// The cgroup v2 that a process is in. `None` if there is none, or if this process cannot see it.
fn home_of(pid: i32) -> Option<PathBuf> {
    let lines = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let inside = Path::new(lines.lines().find_map(|line| line.strip_prefix("0::/"))?);
    let seen = inside.components().all(|part| matches!(part, Component::Normal(_)));
    seen.then(|| Some(cgroup2_mount()?.join(inside)))?
}

fn cgroup2_mount() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (path, kind) = (words.next()?, words.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(path))
    })
}
