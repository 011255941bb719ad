//! The durable buffer: one redb database. Many tasks read it; only the [writer](crate::writer) writes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dormouse_wire::Entry;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use crate::buffer::Meta;
use crate::instance::{Instance, Instances};

/// Maps (instance, id) to (time of acceptance, kind, body).
const ENTRIES: TableDefinition<'static, (&'static str, u64), (u64, &'static str, &'static str)> =
    TableDefinition::new("entries");
/// Maps an instance to its next id. This outlives the entries, so that no id is used twice.
const NEXT: TableDefinition<'static, &'static str, u64> = TableDefinition::new("next_ids");

/// One row, [`ID`]: the name of the store. It is generated with the store, so a new store has another name.
const ABOUT: TableDefinition<'static, &'static str, &'static str> = TableDefinition::new("about");
const ID: &str = "id";

/// The cache size of redb, whose default is 1 GiB.
const CACHE_BYTES: usize = 32 << 20;
/// An entry to write.
pub(crate) struct NewEntry<'a> {
    pub(crate) instance: &'a str,
    pub(crate) id: u64,
    pub(crate) at_ms: u64,
    pub(crate) kind: &'a str,
    pub(crate) body: &'a str,
}

/// An entry to remove.
pub(crate) type Removal = (Arc<Instance>, u64);

/// What the store has of an instance at start.
pub(crate) struct Kept {
    pub(crate) next_id: u64,
    pub(crate) entries: Vec<(u64, Meta)>,
}

/// The database, which readers share with the writer.
pub(crate) struct Store {
    path: PathBuf,
    id: String,
    // None after the stop, so that the file is released even if a connection lingers. Also None while it cannot be reopened.
    db: Mutex<Option<Arc<Database>>>,
}

impl Store {
    /// Opens the database, or creates it.
    pub(crate) fn open(path: &Path) -> Result<Self, redb::Error> {
        let db = Database::builder().set_cache_size(CACHE_BYTES).create(path)?;
        let txn = db.begin_write()?;
        txn.open_table(ENTRIES)?;
        txn.open_table(NEXT)?;
        let id = {
            let mut about = txn.open_table(ABOUT)?;
            let found = about.get(ID)?.map(|id| id.value().to_owned());
            match found {
                Some(id) => id,
                None => {
                    let id = new_id()?;
                    about.insert(ID, &*id)?;
                    id
                }
            }
        };
        txn.commit()?;
        Ok(Self { path: path.to_owned(), id, db: Mutex::new(Some(Arc::new(db))) })
    }

    /// The name of the store.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Reopens the database, because after a failed write redb refuses everything until then. Fails while a reader uses it, and
    /// while the cause lasts.
    pub(crate) fn reopen(&self) -> Result<(), redb::Error> {
        let mut db = self.lock();
        if let Some(old) = db.take() {
            match Arc::try_unwrap(old) {
                Ok(old) => drop(old),
                Err(in_use) => {
                    *db = Some(in_use);
                    return Err(redb::Error::DatabaseAlreadyOpen);
                }
            }
        }
        // Do not create a missing file: that would be another store.
        *db = Some(Arc::new(Database::builder().set_cache_size(CACHE_BYTES).open(&self.path)?));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Database>>> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn db(&self) -> Result<Arc<Database>, redb::Error> {
        self.lock().clone().ok_or(redb::Error::DatabaseClosed)
    }

    pub(crate) fn close(&self) {
        self.lock().take();
    }

    /// The number of entries of each instance that is not in `known`, by name.
    pub(crate) fn unconfigured(&self, known: &Instances) -> Result<BTreeMap<String, u64>, redb::Error> {
        let mut unconfigured = BTreeMap::new();
        for row in self.db()?.begin_read()?.open_table(ENTRIES)?.range(("", 0)..)? {
            let (key, _) = row?;
            let (name, _) = key.value();
            if !known.contains_key(name) {
                *unconfigured.entry(name.to_owned()).or_default() += 1;
            }
        }
        Ok(unconfigured)
    }

    /// Reads the next id and the entries of an instance, without the bodies.
    pub(crate) fn kept(&self, name: &str) -> Result<Kept, redb::Error> {
        let mut kept = Kept { next_id: 1, entries: Vec::new() };
        let db = self.db()?;
        let txn = db.begin_read()?;
        if let Some(next) = txn.open_table(NEXT)?.get(name)? {
            kept.next_id = next.value();
        }
        for row in txn.open_table(ENTRIES)?.range((name, 0)..=(name, u64::MAX))? {
            let (key, value) = row?;
            let (at_ms, kind, body) = value.value();
            kept.entries.push((key.value().1, Meta::new(at_ms, kind, body)));
        }
        Ok(kept)
    }

    /// Reads entries. An entry that is gone is left out. The caller fills in the attempt. Blocks.
    pub(crate) fn read(&self, name: &str, ids: &[u64]) -> Result<Vec<Entry>, redb::Error> {
        let db = self.db()?;
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

    /// Writes all rows and removals, or none. Returns when they are on the disk.
    pub(crate) fn commit(&self, rows: &[NewEntry<'_>], removals: &[Removal]) -> Result<(), redb::Error> {
        let db = self.db()?;
        // A transaction that is dropped without a commit changes nothing.
        let txn = db.begin_write()?;
        {
            let mut entries = txn.open_table(ENTRIES)?;
            let mut next = txn.open_table(NEXT)?;
            for row in rows {
                entries.insert((row.instance, row.id), (row.at_ms, row.kind, row.body))?;
                next.insert(row.instance, row.id + 1)?;
            }
            for (instance, id) in removals {
                entries.remove((instance.name(), *id))?;
            }
        }
        txn.commit()?;
        Ok(())
    }
}

/// 128 random bits in hexadecimal.
fn new_id() -> Result<String, redb::Error> {
    let mut bits = [0; 16];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random
        .fill(&mut bits)
        .map_err(|_| redb::Error::Io(std::io::Error::other("the system has no random bytes")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}
