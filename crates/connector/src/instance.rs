//! One instance: its entries, its session, and whether it is flipped. All changes are made under one lock, so that a flip and the
//! acceptance of an entry have an order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::buffer::{Buffer, Capacity, Full, Meta};
use crate::clock::wall_ms;
use crate::store::Kept;
use crate::{Config, ConnectorEvent, InstanceConfig};

struct Attached {
    no: u64,
    ended: CancellationToken,
}

struct State {
    buffer: Buffer,
    // Entries up to this id are with the gateway of the current session. 0 without a session.
    cursor: u64,
    next_id: u64,
    session: Option<Attached>,
    sessions: u64,
    flipped: bool,
    // Since when entries cannot be delivered.
    away_since: Instant,
    poke_wanted: bool,
    last_poke: Option<Instant>,
    refused_full: u64,
    expired: u64,
    pokes: u64,
    pokes_failed: u64,
}

impl State {
    fn away(&self) -> bool {
        self.flipped || self.session.is_none()
    }
}

/// The state of an instance, as the HTTP route returns it.
#[derive(Debug, Serialize)]
pub(crate) struct InstanceStatus {
    connected: bool,
    buffered: bool,
    waiting: usize,
    unacked: usize,
    bytes: u64,
    oldest_at_ms: Option<u64>,
    next_id: u64,
    refused_full: u64,
    expired: u64,
    pokes: u64,
    pokes_failed: u64,
}

/// One instance.
pub(crate) struct Instance {
    name: String,
    pub(crate) secrets: InstanceConfig,
    limits: Limits,
    state: Mutex<State>,
    seen: Option<mpsc::UnboundedSender<ConnectorEvent>>,
    /// Notified when an entry may be deliverable.
    pub(crate) deliverable: Notify,
    /// Notified when the poke task should check again.
    pub(crate) poker: Notify,
}

#[derive(Clone, Copy)]
struct Limits {
    window: usize,
    cooldown: Duration,
    repoke: Option<Duration>,
}

impl Instance {
    pub(crate) fn new(
        name: &str,
        secrets: &InstanceConfig,
        config: &Config,
        kept: Kept,
        seen: Option<mpsc::UnboundedSender<ConnectorEvent>>,
    ) -> Self {
        let buffer =
            Buffer::new(Capacity { entries: config.max_entries, bytes: config.max_bytes }, kept.entries);
        let state = State {
            // No gateway is connected yet, and it may never connect by itself.
            poke_wanted: buffer.wakes(),
            buffer,
            cursor: 0,
            next_id: kept.next_id,
            session: None,
            sessions: 0,
            flipped: false,
            away_since: Instant::now(),
            last_poke: None,
            refused_full: 0,
            expired: 0,
            pokes: 0,
            pokes_failed: 0,
        };
        Self {
            name: name.into(),
            secrets: secrets.clone(),
            limits: Limits {
                window: config.window,
                cooldown: Duration::from_millis(config.poke_cooldown_ms),
                repoke: (config.repoke_ms > 0).then(|| Duration::from_millis(config.repoke_ms)),
            },
            state: Mutex::new(state),
            seen,
            deliverable: Notify::new(),
            poker: Notify::new(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code under the lock panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, what: impl FnOnce(String, u64) -> ConnectorEvent) {
        if let Some(seen) = &self.seen {
            // If the receiver is gone, there is nothing to do.
            let _ = seen.send(what(self.name.clone(), wall_ms()));
        }
    }

    /// Reserves space in the buffer for an entry with a body of `bytes` bytes. If there is none, the refusal is counted.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reservation, Full> {
        let mut s = self.lock();
        match s.buffer.reserve(bytes) {
            Ok(()) => Ok(Reservation { instance: Arc::clone(self), bytes }),
            Err(full) => {
                s.refused_full += 1;
                Err(full)
            }
        }
    }

    /// Takes the next id. It is used up even if the commit fails, since it may be on the disk.
    pub(crate) fn take_id(&self) -> u64 {
        let mut s = self.lock();
        s.next_id += 1;
        s.next_id - 1
    }

    /// Adds an entry that is durable, and has it delivered or poked for.
    fn accepted(&self, id: u64, meta: Meta) {
        let mut s = self.lock();
        let at_ms = meta.at_ms;
        s.buffer.insert(id, meta);
        self.tell(|instance, _| ConnectorEvent::Accepted { instance, id, at_ms });
        if !s.away() {
            self.deliverable.notify_one();
        } else if !s.buffer.wakes() {
            // There are only internal entries. They wait until the gateway connects for another reason.
        } else if s.last_poke.is_none_or(|at| at.elapsed() >= self.limits.cooldown) {
            s.poke_wanted = true;
            self.poker.notify_one();
        } else if self.limits.repoke.is_some() {
            // The poke task may be waiting without a deadline, as there was no entry to poke for.
            self.poker.notify_one();
        }
    }

    /// Handles the hello of a new session, which replaces the current one. The instance is no longer flipped, and all entries are
    /// delivered, some of them again. Returns the number of the session and the number of entries.
    pub(crate) fn attach(&self, ended: CancellationToken) -> (u64, u64) {
        let mut s = self.lock();
        s.sessions += 1;
        let no = s.sessions;
        if let Some(old) = s.session.replace(Attached { no, ended }) {
            self.tell(|instance, at_ms| ConnectorEvent::Disconnected { instance, at_ms });
            old.ended.cancel();
        }
        (no, self.restart(&mut s))
    }

    /// Handles another hello of a session. Returns the number of entries, or `None` if the session is no longer the current one.
    pub(crate) fn hello_again(&self, no: u64) -> Option<u64> {
        let mut s = self.lock();
        s.session.as_ref().is_some_and(|a| a.no == no).then(|| self.restart(&mut s))
    }

    fn restart(&self, s: &mut State) -> u64 {
        s.flipped = false;
        s.cursor = 0;
        s.poke_wanted = false;
        let drained = s.buffer.len();
        self.tell(|instance, at_ms| ConnectorEvent::Connected { instance, drained, at_ms });
        self.deliverable.notify_one();
        self.poker.notify_one();
        drained
    }

    /// Ends a session. If its gateway fell silent while there were entries, a poke is due: the gateway may be asleep or dead, and
    /// it has not been poked for these entries.
    pub(crate) fn detach(&self, no: u64, silent: bool) {
        let mut s = self.lock();
        if s.session.as_ref().is_some_and(|a| a.no == no) {
            s.session = None;
            s.cursor = 0;
            if !s.flipped {
                s.away_since = Instant::now();
                s.poke_wanted |= silent && s.buffer.wakes();
            }
            self.tell(|instance, at_ms| ConnectorEvent::Disconnected { instance, at_ms });
            self.poker.notify_one();
        }
    }

    /// The ids of the entries to deliver next: at most `most`, and no more than the window allows.
    pub(crate) fn next_ids(&self, no: u64, most: usize) -> Vec<u64> {
        let s = self.lock();
        if s.flipped || s.session.as_ref().is_none_or(|a| a.no != no) {
            return Vec::new();
        }
        let entries = s.buffer.entries();
        let available = self.limits.window.saturating_sub(entries.range(..=s.cursor).count());
        entries.range(s.cursor + 1..).take(available.min(most)).map(|(id, _)| *id).collect()
    }

    /// Counts the delivery of an entry that is about to be sent. Returns its attempt, or `None` if the entry is gone or the session
    /// is no longer the current one.
    pub(crate) fn sending(&self, no: u64, id: u64) -> Option<u32> {
        let mut s = self.lock();
        if s.session.as_ref().is_none_or(|a| a.no != no) {
            return None;
        }
        let meta = s.buffer.get_mut(id)?;
        meta.attempt += 1;
        let attempt = meta.attempt;
        s.cursor = id;
        Some(attempt)
    }

    /// Reports that an entry was sent.
    pub(crate) fn sent(&self, id: u64) {
        self.tell(|instance, at_ms| ConnectorEvent::Delivered { instance, id, at_ms });
    }

    /// Removes an entry after its ack. Returns whether it was here and had been delivered; then the caller removes it from the store.
    pub(crate) fn acked(&self, id: u64) -> bool {
        let mut s = self.lock();
        if s.buffer.entries().get(&id).is_none_or(|m| m.attempt == 0) {
            return false;
        }
        s.buffer.remove(id);
        self.tell(|instance, at_ms| ConnectorEvent::Acked { instance, id, at_ms });
        self.deliverable.notify_one();
        true
    }

    /// Flips the instance and returns true. Returns false and changes nothing if an entry waits or is unacked, or if the session is
    /// no longer the current one. Internal entries do not count, since a gateway does not stay awake for them.
    pub(crate) fn flip(&self, no: u64) -> bool {
        let mut s = self.lock();
        if s.buffer.wakes() || s.session.as_ref().is_none_or(|a| a.no != no) {
            return false;
        }
        if !s.flipped {
            s.flipped = true;
            s.away_since = Instant::now();
            self.tell(|instance, at_ms| ConnectorEvent::Flipped { instance, at_ms });
        }
        true
    }

    /// Removes the entries that were accepted at `before` or earlier and are not with a gateway, and returns their ids.
    pub(crate) fn expire(&self, before: u64) -> Vec<u64> {
        let mut s = self.lock();
        let first = s.cursor + 1;
        let old: Vec<u64> = s
            .buffer
            .entries()
            .range(first..)
            .take_while(|(_, m)| m.at_ms <= before)
            .map(|(id, _)| *id)
            .collect();
        for &id in &old {
            s.buffer.remove(id);
            s.expired += 1;
            self.tell(|instance, at_ms| ConnectorEvent::Expired { instance, id, at_ms });
        }
        old
    }

    /// When to poke next; `None`: not before `poker` is notified. `retry_at` is the time of the retry if the last poke failed.
    pub(crate) fn poke_at(&self, retry_at: Option<Instant>) -> Option<Instant> {
        let s = self.lock();
        if !s.away() || !s.buffer.wakes() {
            return None;
        }
        if s.poke_wanted {
            return Some(retry_at.unwrap_or_else(Instant::now));
        }
        let since = s.last_poke.map_or(s.away_since, |p| p.max(s.away_since));
        self.limits.repoke.map(|r| since + r)
    }

    /// Records the result of a poke.
    pub(crate) fn poked(&self, ok: bool) {
        let mut s = self.lock();
        if ok {
            s.pokes += 1;
            s.last_poke = Some(Instant::now());
            s.poke_wanted = false;
        } else {
            s.pokes_failed += 1;
            s.poke_wanted = true;
        }
        self.tell(|instance, at_ms| ConnectorEvent::Poked { instance, ok, at_ms });
    }

    pub(crate) fn status(&self) -> InstanceStatus {
        let s = self.lock();
        let entries = s.buffer.entries();
        let unacked = entries.range(..=s.cursor).count();
        InstanceStatus {
            connected: s.session.is_some(),
            buffered: s.flipped,
            waiting: entries.len() - unacked,
            unacked,
            bytes: s.buffer.bytes(),
            oldest_at_ms: entries.first_key_value().map(|(_, m)| m.at_ms),
            next_id: s.next_id,
            refused_full: s.refused_full,
            expired: s.expired,
            pokes: s.pokes,
            pokes_failed: s.pokes_failed,
        }
    }
}

/// Space in the buffer for an entry that is being written. It is released when this is dropped.
pub(crate) struct Reservation {
    instance: Arc<Instance>,
    bytes: u64,
}

impl Reservation {
    pub(crate) fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Adds the entry, which is durable, in the reserved space.
    pub(crate) fn keep(self, id: u64, meta: Meta) {
        self.instance.accepted(id, meta);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.instance.lock().buffer.unreserve(self.bytes);
    }
}

/// All instances, by name.
pub(crate) type Instances = BTreeMap<String, Arc<Instance>>;
