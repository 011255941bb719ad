//! The writer of the store, on its own thread.
//!
//! It commits all waiting operations at once, so that one sync to the disk serves any number of senders.
//!
//! If the store refuses a commit, for example on a full disk, it is closed and reopened once per [`REOPEN`] until a commit
//! succeeds. Senders are refused in the meantime. A panic ends the current batch, whose senders are refused, but not the writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::buffer::Meta;
use crate::clock::wall_ms;
use crate::instance::{Instance, Reservation};
use crate::store::{NewEntry, Removal, Store};

/// A commit has the first waiting operation and at most this many more. It limits how long the first one waits for the last.
const BATCH: usize = 4096;
/// The pause before a store that failed is reopened.
const REOPEN: Duration = Duration::from_secs(1);

/// An operation of the writer.
pub(crate) enum Op {
    /// Store an entry. The reply, its id, is sent after the commit.
    Accept {
        reservation: Reservation,
        kind: String,
        body: String,
        reply: oneshot::Sender<Result<u64, String>>,
    },
    /// Remove an entry.
    Remove { instance: Arc<Instance>, id: u64 },
    /// Stop after this batch.
    Stop,
}

/// An entry that is being written.
struct Accept {
    id: u64,
    at_ms: u64,
    reservation: Reservation,
    kind: String,
    body: String,
    reply: oneshot::Sender<Result<u64, String>>,
}

struct Writer<'a> {
    store: &'a Store,
    /// Removals to commit. Those that failed are in the next batch again.
    removals: Vec<Removal>,
    /// When the last commit or reopening failed, if it did.
    failed: Option<Instant>,
    stopping: bool,
    tell: &'a dyn Fn(bool),
}

/// Writes until [`Op::Stop`], or until all senders of operations are gone. After each batch, `tell` is called with whether the
/// store accepts commits.
pub(crate) fn run(store: &Store, ops: &Receiver<Op>, tell: &dyn Fn(bool)) {
    let mut writer = Writer { store, removals: Vec::new(), failed: None, stopping: false, tell };
    while !writer.stopping {
        if catch_unwind(AssertUnwindSafe(|| writer.write(ops))).is_err() {
            tracing::error!(
                "the store's writer panicked: the entries of this batch are refused, and the writer continues"
            );
        }
    }
}

impl Writer<'_> {
    fn write(&mut self, ops: &Receiver<Op>) {
        while !self.stopping {
            let first = match self.failed {
                None => ops.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(_) => ops.recv_timeout(REOPEN),
            };
            let first = match first {
                Ok(op) => Some(op),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    self.stopping = true;
                    return;
                }
            };
            let mut accepts = Vec::new();
            for op in first.into_iter().chain(ops.try_iter().take(BATCH)) {
                match op {
                    Op::Accept { reservation, kind, body, reply } => {
                        let (id, at_ms) = (reservation.instance().take_id(), wall_ms());
                        accepts.push(Accept { id, at_ms, reservation, kind, body, reply });
                    }
                    Op::Remove { instance, id } => self.removals.push((instance, id)),
                    Op::Stop => self.stopping = true,
                }
            }
            self.batch(accepts);
        }
    }

    fn batch(&mut self, accepts: Vec<Accept>) {
        let rows: Vec<NewEntry<'_>> = accepts
            .iter()
            .map(|a| NewEntry {
                instance: a.reservation.instance().name(),
                id: a.id,
                at_ms: a.at_ms,
                kind: &a.kind,
                body: &a.body,
            })
            .collect();
        let result = self.commit(&rows);
        (self.tell)(result.is_ok());
        match result {
            Ok(()) => {
                self.removals.clear();
                for Accept { id, at_ms, reservation, kind, body, reply } in accepts {
                    reservation.keep(id, Meta::new(at_ms, &kind, &body));
                    // A sender that hung up gets no reply, but its entry is accepted.
                    let _ = reply.send(Ok(id));
                }
            }
            Err(error) => {
                for Accept { reply, .. } in accepts {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    /// Commits, after reopening the store if it had failed.
    fn commit(&mut self, rows: &[NewEntry<'_>]) -> Result<(), String> {
        let reopening = match self.failed {
            Some(at) if at.elapsed() < REOPEN => {
                return Err("it refused a commit and will be reopened".into());
            }
            Some(_) => self.store.reopen(),
            None => Ok(()),
        };
        match reopening.and_then(|()| self.store.commit(rows, &self.removals)) {
            Ok(()) => {
                if self.failed.take().is_some() {
                    tracing::info!("the store accepts commits again");
                }
                Ok(())
            }
            Err(error) => {
                if self.failed.replace(Instant::now()).is_none() {
                    tracing::error!(%error, entries = rows.len(), "the store refused a commit; it is reopened until a commit succeeds");
                }
                Err(error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;

    use super::*;
    use crate::instance::Instances;
    use crate::{Config, InstanceConfig};

    #[test]
    fn a_panic_refuses_its_batch_releases_its_space_and_does_not_end_the_writer() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("s.redb")).expect("opens");
        let mut config = Config::new(SocketAddr::from(([127, 0, 0, 1], 0)), dir.path().join("s.redb"));
        config.max_entries = 1;
        let secrets = InstanceConfig { token: "t".into(), sender_token: "s".into(), wake_url: None };
        let kept = store.kept("a").expect("reads");
        let instance = Arc::new(Instance::new("a", &secrets, &config, kept, None));
        let (ops, to_do) = mpsc::channel();
        let ask = || {
            let (reply, answer) = oneshot::channel();
            let reservation = instance.reserve(1).expect("space for one");
            ops.send(Op::Accept { reservation, kind: "message".into(), body: "x".into(), reply })
                .expect("asks");
            answer.blocking_recv()
        };
        let broken = AtomicBool::new(true);
        std::thread::scope(|scope| {
            let (store, broken) = (&store, &broken);
            scope.spawn(move || {
                run(store, &to_do, &|_| assert!(!broken.swap(false, Ordering::SeqCst), "as asked for"));
            });
            assert!(ask().is_err(), "the batch that panicked gets no answer");
            assert_eq!(ask(), Ok(Ok(2)));
            ops.send(Op::Stop).expect("stops");
        });
        assert!(store.unconfigured(&Instances::new()).expect("reads")["a"] >= 1);
    }
}
