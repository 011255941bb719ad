//! A process tree of one's own, frozen and thawed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

use super::cgroup::Cgroup;

/// How a tree is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The cgroup v2 freezer: all at once, and nobody in the tree can tell.
    Cgroup,
    /// `SIGSTOP` to each process, the root first; what is forked meanwhile is found by looking again.
    Signals,
}

/// A process and its descendants. When this is dropped they are thawed, and go back to the cgroup that they came from.
#[derive(Debug)]
pub struct Tree {
    root: Pid,
    /// The cgroup that they are in, where that is permitted.
    cgroup: Option<Cgroup>,
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
        tree.cgroup = Cgroup::around(tree.number()).ok();
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
            Some(cgroup) => cgroup.freeze(true),
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
            Some(cgroup) => cgroup.freeze(false),
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
    }
}

fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        // One that is gone needs no signal.
        let _ = kill_process(pid, signal);
    }
}

/// The root and its descendants.
pub(super) fn tree(root: i32) -> BTreeSet<i32> {
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
