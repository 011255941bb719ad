//! The durable buffer: one redb database, one writer.
//!
//! The writer takes everything that waits for it and commits it at once: however many senders, one sync to the disk carries
//! them all.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use dormouse_wire::Entry;
use redb::{Database, ReadableDatabase, TableDefinition};
use tokio::sync::oneshot;

use crate::clock::wall_ms;
use crate::instance::{Instance, Waiting};

/// (instance, id) to (accepted at, kind, body).
const ENTRIES: TableDefinition<'static, (&'static str, u64), (u64, &'static str, &'static str)> =
    TableDefinition::new("entries");
/// The next id of an instance: it outlives its entries, so that none is used twice.
const NEXT: TableDefinition<'static, &'static str, u64> = TableDefinition::new("next_ids");

/// redb's own default is a GiB.
const CACHE_BYTES: usize = 32 << 20;
/// One commit carries at most this many; it bounds how long the first waits for the last.
const BATCH: usize = 4096;

/// What the writer is asked.
pub(crate) enum Op {
    /// Keep this; answered after the commit.
    Accept {
        instance: Arc<Instance>,
        kind: String,
        body: String,
        reply: oneshot::Sender<Result<u64, String>>,
    },
    /// Forget this.
    Remove { instance: Arc<Instance>, id: u64 },
    /// No more will come.
    Stop,
}

/// What is known of an instance at start.
pub(crate) struct Kept {
    pub(crate) next_id: u64,
    pub(crate) entries: Vec<(u64, u64)>,
}

/// The database. Readers share it with the writer.
pub(crate) struct Store {
    // None after the end: the file is released even if a connection lingers.
    db: Mutex<Option<Arc<Database>>>,
}

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Self, redb::Error> {
        let db = Database::builder().set_cache_size(CACHE_BYTES).create(path)?;
        let txn = db.begin_write()?;
        txn.open_table(ENTRIES)?;
        txn.open_table(NEXT)?;
        txn.commit()?;
        Ok(Self { db: Mutex::new(Some(Arc::new(db))) })
    }

    fn db(&self) -> Option<Arc<Database>> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn close(&self) {
        self.db.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// What is kept of an instance: ids and times, no bodies.
    pub(crate) fn kept(&self, name: &str) -> Result<Kept, redb::Error> {
        let mut kept = Kept { next_id: 1, entries: Vec::new() };
        let Some(db) = self.db() else { return Ok(kept) };
        let txn = db.begin_read()?;
        if let Some(next) = txn.open_table(NEXT)?.get(name)? {
            kept.next_id = next.value();
        }
        for row in txn.open_table(ENTRIES)?.range((name, 0)..=(name, u64::MAX))? {
            let (key, value) = row?;
            kept.entries.push((key.value().1, value.value().0));
        }
        Ok(kept)
    }

    /// Reads entries; one that is gone is left out. Blocks. The attempt is the caller's to fill in.
    pub(crate) fn read(&self, name: &str, ids: &[u64]) -> Result<Vec<Entry>, redb::Error> {
        let Some(db) = self.db() else { return Ok(Vec::new()) };
        let table = db.begin_read()?.open_table(ENTRIES)?;
        let mut found = Vec::with_capacity(ids.len());
        for &id in ids {
            if let Some(row) = table.get((name, id))? {
                let (at_ms, kind, body) = row.value();
                found.push(Entry { id, at_ms, kind: kind.into(), attempt: 0, body: body.into() });
            }
        }
        Ok(found)
    }

    /// The writer: runs on a thread of its own until [`Op::Stop`] or nobody is left to ask.
    pub(crate) fn write_until_stopped(&self, ops: &mpsc::Receiver<Op>, failed: &dyn Fn(bool)) {
        // Removals that failed; they go along with the next batch.
        let mut removals: Vec<(Arc<Instance>, u64)> = Vec::new();
        let mut stopping = false;
        while !stopping {
            let Ok(first) = ops.recv() else { break };
            let mut accepts = Vec::new();
            for op in std::iter::once(first).chain(ops.try_iter().take(BATCH)) {
                match op {
                    Op::Accept { instance, kind, body, reply } => {
                        let id = instance.take_id();
                        accepts.push((instance, Waiting { id, at_ms: wall_ms() }, kind, body, reply));
                    }
                    Op::Remove { instance, id } => removals.push((instance, id)),
                    Op::Stop => stopping = true,
                }
            }
            let rows: Vec<_> = accepts.iter().map(|(i, w, k, b, _)| (i.name(), *w, &**k, &**b)).collect();
            let result = self.commit(&rows, &removals);
            failed(result.is_err());
            match result {
                Ok(()) => {
                    removals.clear();
                    for (instance, waiting, _, _, reply) in accepts {
                        instance.accepted(waiting);
                        // A sender that hung up does not ask any more; the entry is accepted all the same.
                        let _ = reply.send(Ok(waiting.id));
                    }
                }
                Err(error) => {
                    tracing::error!(%error, entries = accepts.len(), "the store refused a commit");
                    for (instance, _, _, _, reply) in accepts {
                        instance.not_accepted();
                        let _ = reply.send(Err(error.to_string()));
                    }
                }
            }
        }
    }

    fn commit(
        &self,
        rows: &[(&str, Waiting, &str, &str)],
        removals: &[(Arc<Instance>, u64)],
    ) -> Result<(), redb::Error> {
        let Some(db) = self.db() else { return Err(redb::Error::DatabaseClosed) };
        // Dropped without a commit, a transaction leaves no trace.
        let txn = db.begin_write()?;
        {
            let mut entries = txn.open_table(ENTRIES)?;
            let mut next = txn.open_table(NEXT)?;
            for (name, waiting, kind, body) in rows {
                entries.insert((*name, waiting.id), (waiting.at_ms, *kind, *body))?;
                next.insert(*name, waiting.id + 1)?;
            }
            for (instance, id) in removals {
                entries.remove((instance.name(), *id))?;
            }
        }
        txn.commit()?;
        Ok(())
    }
}
