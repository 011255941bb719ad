//! The one who writes to the store: a thread of its own.
//!
//! It takes everything that waits for it and commits it at once: however many senders, one sync to the disk carries them all.
//!
//! A store that refused a commit, as on a full disk, is closed and opened again, once in [`REOPEN`], until it takes one; until
//! then senders are refused. A panic ends the batch, whose senders are refused, and not the writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::buffer::Meta;
use crate::clock::wall_ms;
use crate::instance::{Instance, Place};
use crate::store::{Removal, Row, Store};

/// One commit carries at most this many; it bounds how long the first waits for the last.
const BATCH: usize = 4096;
/// How long a store that failed is left alone.
const REOPEN: Duration = Duration::from_secs(1);

/// What the writer is asked.
pub(crate) enum Op {
    /// Keep this; answered after the commit.
    Accept { place: Place, kind: String, body: String, reply: oneshot::Sender<Result<u64, String>> },
    /// Forget this.
    Remove { instance: Arc<Instance>, id: u64 },
    /// No more will come.
    Stop,
}

/// An entry on its way to the disk.
struct Accept {
    id: u64,
    at_ms: u64,
    place: Place,
    kind: String,
    body: String,
    reply: oneshot::Sender<Result<u64, String>>,
}

struct Writer<'a> {
    store: &'a Store,
    /// Removals that failed go along with the next batch.
    removals: Vec<Removal>,
    /// Since when the store is to be opened again.
    failed: Option<Instant>,
    stopping: bool,
    tell: &'a dyn Fn(bool),
}

/// Writes until [`Op::Stop`], or until nobody is left to ask. `tell` is told after each batch whether the store takes commits.
pub(crate) fn run(store: &Store, ops: &Receiver<Op>, tell: &dyn Fn(bool)) {
    let mut writer = Writer { store, removals: Vec::new(), failed: None, stopping: false, tell };
    while !writer.stopping {
        if catch_unwind(AssertUnwindSafe(|| writer.write(ops))).is_err() {
            tracing::error!(
                "the store's writer panicked: the entries of this batch are refused, and it goes on"
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
                    Op::Accept { place, kind, body, reply } => {
                        let (id, at_ms) = (place.instance().take_id(), wall_ms());
                        accepts.push(Accept { id, at_ms, place, kind, body, reply });
                    }
                    Op::Remove { instance, id } => self.removals.push((instance, id)),
                    Op::Stop => self.stopping = true,
                }
            }
            self.batch(accepts);
        }
    }

    fn batch(&mut self, accepts: Vec<Accept>) {
        let rows: Vec<Row<'_>> = accepts
            .iter()
            .map(|a| Row {
                instance: a.place.instance().name(),
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
                for Accept { id, at_ms, place, kind, body, reply } in accepts {
                    place.keep(id, Meta::new(at_ms, &kind, &body));
                    // A sender that hung up does not ask any more; the entry is accepted all the same.
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

    /// Commits to a store that works, or that can be opened again now.
    fn commit(&mut self, rows: &[Row<'_>]) -> Result<(), String> {
        let reopening = match self.failed {
            Some(at) if at.elapsed() < REOPEN => {
                return Err("it refused a commit and is about to be opened again".into());
            }
            Some(_) => self.store.reopen(),
            None => Ok(()),
        };
        match reopening.and_then(|()| self.store.commit(rows, &self.removals)) {
            Ok(()) => {
                if self.failed.take().is_some() {
                    tracing::info!("the store takes commits again");
                }
                Ok(())
            }
            Err(error) => {
                if self.failed.replace(Instant::now()).is_none() {
                    tracing::error!(%error, entries = rows.len(), "the store refused a commit; it is opened again until it takes one");
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
    fn a_panic_refuses_its_batch_gives_its_places_back_and_ends_nothing() {
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
            let place = instance.reserve(1).expect("room for one");
            ops.send(Op::Accept { place, kind: "message".into(), body: "x".into(), reply }).expect("asks");
            answer.blocking_recv()
        };
        let broken = AtomicBool::new(true);
        std::thread::scope(|scope| {
            let (store, broken) = (&store, &broken);
            scope.spawn(move || {
                run(store, &to_do, &|_| assert!(!broken.swap(false, Ordering::SeqCst), "as asked for"));
            });
            assert!(ask().is_err(), "nobody answers for the batch that panicked");
            assert_eq!(ask(), Ok(Ok(2)));
            ops.send(Op::Stop).expect("stops");
        });
        assert!(store.strangers(&Instances::new()).expect("reads")["a"] >= 1);
    }
}
