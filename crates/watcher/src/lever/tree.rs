//! A process tree below this process, frozen and thawed.

use std::collections::BTreeSet;
use std::io;

use rustix::process::{Pid, Signal, kill_process};

use super::cgroup::Cgroup;
use super::processes::{descendants, tree};

/// How a tree is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreezeMethod {
    /// The cgroup v2 freezer: all processes at once, which cannot notice it.
    Cgroup,
    /// `SIGSTOP` to each process, the root first, repeated until no process is new.
    Signals,
}

/// A process and its descendants. When this is dropped, they are thawed and moved back to the cgroup that they came from.
#[derive(Debug)]
pub struct Tree {
    root: Pid,
    /// The cgroup that was made for them, if that is permitted.
    cgroup: Option<Cgroup>,
    /// The processes that were stopped by signals.
    stopped: BTreeSet<i32>,
    frozen: bool,
}

/// Why a tree cannot be frozen or thawed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The process is not below this one. Freezing it could freeze this process, or the whole machine.
    #[error("process {0} is not below this one; only descendants of this process can be frozen")]
    Foreign(i32),
    /// The system refused.
    #[error("process tree {root}: {source}")]
    Refused {
        /// The root's process id.
        root: i32,
        /// The reason.
        source: io::Error,
    },
}

impl Tree {
    /// The tree of a descendant of this process, frozen by the best method that is permitted.
    ///
    /// # Errors
    /// If `root` is not a descendant of this process.
    pub fn new(root: u32) -> Result<Self, TreeError> {
        let mut tree = Self::with_signals(root)?;
        tree.cgroup = Cgroup::around(tree.number()).ok();
        Ok(tree)
    }

    /// The tree of a descendant of this process, frozen by signals.
    ///
    /// # Errors
    /// If `root` is not a descendant of this process.
    pub fn with_signals(root: u32) -> Result<Self, TreeError> {
        let number = i32::try_from(root).unwrap_or(0);
        let ours = i32::try_from(std::process::id()).unwrap_or(0);
        let root = Pid::from_raw(number).ok_or(TreeError::Foreign(number))?;
        if number <= 1 || number == ours || !descendants(ours).contains(&number) {
            return Err(TreeError::Foreign(number));
        }
        Ok(Self { root, cgroup: None, stopped: BTreeSet::new(), frozen: false })
    }

    /// The method by which it is frozen.
    #[must_use]
    pub fn method(&self) -> FreezeMethod {
        if self.cgroup.is_some() { FreezeMethod::Cgroup } else { FreezeMethod::Signals }
    }

    /// Is it frozen?
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Freezes the tree. When this returns, none of its processes runs.
    ///
    /// # Errors
    /// If the system refuses. Then the tree is thawed again.
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

    /// Thaws the tree. Does nothing if it is not frozen.
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
                // Children first, so that the root finds them running.
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
        // First, since finding the others takes a while.
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
        // An error means that the process is gone.
        let _ = kill_process(pid, signal);
    }
}
