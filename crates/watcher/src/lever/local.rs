//! A process tree of one's own, frozen and thawed: for testbeds, and for plain Linux hosts.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dormouse_core::Lever;
use rustix::process::{Pid, Signal, kill_process};

use super::{Answer, Pull};

/// What the name of a tree's cgroup begins with; the root's process id follows.
const CGROUP: &str = "dormouse-";

/// How a tree is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The cgroup v2 freezer: all at once, and nobody in the tree can tell.
    Cgroup,
    /// `SIGSTOP` to each process, the root first; what is forked meanwhile is found by looking again.
    Signals,
}

/// A process and its descendants. They are thawed when this is dropped.
#[derive(Debug)]
pub struct Tree {
    root: Pid,
    /// The cgroup that they are in, where that is permitted.
    cgroup: Option<PathBuf>,
    /// Stopped by signals.
    stopped: BTreeSet<i32>,
    frozen: bool,
}

/// A tree cannot be frozen or thawed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// Freezing it would freeze whoever asks, or the whole machine.
    #[error("process {0} is not below this one: only a tree of one's own is frozen")]
    Foreign(i32),
    /// The system says no.
    #[error("process tree {root}: {source}")]
    Refused {
        /// Of which root.
        root: i32,
        /// Why.
        source: io::Error,
    },
}

impl Tree {
    /// The tree of a child of this process, by the best method that is permitted.
    ///
    /// # Errors
    /// If it is no descendant of this process.
    pub fn new(root: u32) -> Result<Self, TreeError> {
        let mut tree = Self::with_signals(root)?;
        tree.cgroup = tree.own_cgroup().ok();
        Ok(tree)
    }

    /// The same with signals only.
    ///
    /// # Errors
    /// If it is no descendant of this process.
    pub fn with_signals(root: u32) -> Result<Self, TreeError> {
        let number = i32::try_from(root).unwrap_or(0);
        let ours = i32::try_from(std::process::id()).unwrap_or(0);
        let root = Pid::from_raw(number).ok_or(TreeError::Foreign(number))?;
        if number <= 1 || number == ours || !descendants(ours).contains(&number) {
            return Err(TreeError::Foreign(number));
        }
        Ok(Self { root, cgroup: None, stopped: BTreeSet::new(), frozen: false })
    }

    /// How it is frozen.
    #[must_use]
    pub fn method(&self) -> Method {
        if self.cgroup.is_some() { Method::Cgroup } else { Method::Signals }
    }

    /// Is it frozen?
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Freezes the tree. When this returns, none of its processes runs.
    ///
    /// # Errors
    /// If the system refuses; then it is thawed again.
    pub fn freeze(&mut self) -> Result<(), TreeError> {
        let done = match &self.cgroup {
            Some(cgroup) => freeze_cgroup(cgroup, true),
            None => self.stop_all(),
        };
        self.frozen = true;
        done.map_err(|source| {
            let _ = self.thaw();
            TreeError::Refused { root: self.number(), source }
        })
    }

    /// Thaws it. One that is not frozen is left alone.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn thaw(&mut self) -> Result<(), TreeError> {
        if !std::mem::take(&mut self.frozen) {
            return Ok(());
        }
        let done = match &self.cgroup {
            Some(cgroup) => freeze_cgroup(cgroup, false),
            None => {
                // Children first, so that a root that looks finds them at work.
                for pid in std::mem::take(&mut self.stopped).into_iter().rev() {
                    signal(pid, Signal::CONT);
                }
                Ok(())
            }
        };
        done.map_err(|source| TreeError::Refused { root: self.number(), source })
    }

    fn number(&self) -> i32 {
        self.root.as_raw_nonzero().get()
    }

    /// Moves the tree into a cgroup of its own.
    fn own_cgroup(&self) -> io::Result<PathBuf> {
        let mount = cgroup2_mount().ok_or(io::ErrorKind::NotFound)?;
        remove_left_behind(&mount);
        let cgroup = mount.join(format!("{CGROUP}{}", self.number()));
        fs::create_dir(&cgroup)?;
        let moved = (|| {
            let mut known = BTreeSet::new();
            loop {
                let tree = tree(self.number());
                let new: Vec<i32> = tree.difference(&known).copied().collect();
                if new.is_empty() {
                    break;
                }
                for pid in new {
                    match fs::write(cgroup.join("cgroup.procs"), pid.to_string()) {
                        // Gone already.
                        Err(error) if error.raw_os_error() == Some(3) => {}
                        done => done?,
                    }
                    known.insert(pid);
                }
            }
            fs::metadata(cgroup.join("cgroup.freeze")).map(|_| ())
        })();
        match moved {
            Ok(()) => Ok(cgroup),
            Err(error) => {
                let _ = fs::remove_dir(&cgroup);
                Err(error)
            }
        }
    }

    fn stop_all(&mut self) -> io::Result<()> {
        // At once: to look for the others takes a while.
        signal(self.number(), Signal::STOP);
        loop {
            let new: Vec<i32> = tree(self.number()).difference(&self.stopped).copied().collect();
            if new.is_empty() {
                break;
            }
            for pid in new {
                signal(pid, Signal::STOP);
                self.stopped.insert(pid);
            }
        }
        if self.stopped.contains(&self.number()) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = self.thaw();
        if let (Some(cgroup), Some(mount)) = (&self.cgroup, cgroup2_mount()) {
            // A cgroup goes when it is empty: what still lives, and what it forks meanwhile, returns to the root.
            for _ in 0..1000 {
                for pid in fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default().lines() {
                    let _ = fs::write(mount.join("cgroup.procs"), pid);
                }
                if fs::remove_dir(cgroup).is_ok() {
                    return;
                }
                std::thread::yield_now();
            }
        }
    }
}

/// Freezes a tree some time after it was asked to, as a platform does. For a watcher that runs outside of the tree; whoever
/// pokes it thaws the tree.
#[derive(Debug, Clone)]
pub struct LocalLever {
    tree: Arc<Mutex<Tree>>,
    freeze_lag: Duration,
}

impl LocalLever {
    /// Freezes `tree` this long after an accepted suspend.
    #[must_use]
    pub fn new(tree: Arc<Mutex<Tree>>, freeze_lag: Duration) -> Self {
        Self { tree, freeze_lag }
    }
}

impl Pull for LocalLever {
    fn lever(&self) -> Option<Lever> {
        Some(Lever::Direct)
    }

    fn suspend(&self) -> Answer<'_> {
        Box::pin(async {
            let (tree, freeze_lag) = (Arc::clone(&self.tree), self.freeze_lag);
            tokio::spawn(async move {
                tokio::time::sleep(freeze_lag).await;
                let freeze = move || tree.lock().unwrap_or_else(PoisonError::into_inner).freeze();
                if let Ok(Err(error)) = tokio::task::spawn_blocking(freeze).await {
                    tracing::warn!(%error, "accepted, but not frozen");
                }
            });
            Ok(())
        })
    }
}

fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        // One that is gone needs no signal.
        let _ = kill_process(pid, signal);
    }
}

/// Writes the freezer, and waits until the kernel says that it is so.
fn freeze_cgroup(cgroup: &Path, frozen: bool) -> io::Result<()> {
    let wanted = u8::from(frozen);
    fs::write(cgroup.join("cgroup.freeze"), wanted.to_string())?;
    let line = format!("frozen {wanted}");
    // The kernel needs microseconds; a process in an uninterruptible call may take longer.
    for _ in 0..1_000_000 {
        if fs::read_to_string(cgroup.join("cgroup.events"))?.lines().any(|found| found == line) {
            return Ok(());
        }
        std::thread::yield_now();
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// Removes the cgroups of trees whose owner was killed before it could. One with a process in it cannot be removed.
fn remove_left_behind(mount: &Path) {
    for entry in fs::read_dir(mount).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let root = name.to_str().and_then(|name| name.strip_prefix(CGROUP)?.parse::<i32>().ok());
        if root.is_some_and(|root| !Path::new(&format!("/proc/{root}")).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

fn cgroup2_mount() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (path, kind) = (words.next()?, words.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(path))
    })
}

/// The root and its descendants.
fn tree(root: i32) -> BTreeSet<i32> {
    let mut tree = descendants(root);
    if Path::new(&format!("/proc/{root}")).exists() {
        tree.insert(root);
    }
    tree
}

/// Everything below `root`, by the parents that the kernel names.
fn descendants(root: i32) -> BTreeSet<i32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
        let stat = pid.and_then(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok());
        // The name in brackets may hold anything, so fields are counted from its end: state, then the parent.
        let parent = stat.as_deref().and_then(|stat| stat.rsplit_once(')')).and_then(|(_, rest)| {
            rest.split_ascii_whitespace().nth(1).and_then(|parent| parent.parse::<i32>().ok())
        });
        parents.extend(pid.zip(parent));
    }
    let mut below = BTreeSet::new();
    loop {
        let before = below.len();
        below.extend(
            parents
                .iter()
                .filter(|(_, parent)| *parent == root || below.contains(parent))
                .map(|(pid, _)| *pid)
                .collect::<Vec<_>>(),
        );
        if below.len() == before {
            return below;
        }
    }
}
