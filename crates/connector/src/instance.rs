//! One instance: what waits, who is connected, whether it is flipped. Every change happens under one lock, so that a flip and
//! an acceptance have an order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock::wall_ms;
use crate::store::Kept;
use crate::{Config, InstanceConfig, Seen};

/// An entry that was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) id: u64,
    pub(crate) at_ms: u64,
}

struct Meta {
    at_ms: u64,
    attempt: u32,
}

struct Attached {
    no: u64,
    ended: CancellationToken,
}

struct State {
    entries: BTreeMap<u64, Meta>,
    // Entries up to here are with the session's gateway. 0 without a session.
    cursor: u64,
    // Places of entries that are being written.
    reserved: u64,
    next_id: u64,
    session: Option<Attached>,
    sessions: u64,
    flipped: bool,
    // Since when nothing can be delivered.
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

/// What somebody who asks is told.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    connected: bool,
    buffered: bool,
    waiting: usize,
    unacked: usize,
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
    seen: Option<mpsc::UnboundedSender<Seen>>,
    /// Something may be deliverable.
    pub(crate) deliverable: Notify,
    /// The poker should look again.
    pub(crate) poker: Notify,
}

#[derive(Clone, Copy)]
struct Limits {
    max_entries: u64,
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
        seen: Option<mpsc::UnboundedSender<Seen>>,
    ) -> Self {
        let entries: BTreeMap<_, _> =
            kept.entries.into_iter().map(|(id, at_ms)| (id, Meta { at_ms, attempt: 0 })).collect();
        let state = State {
            // Nobody is connected yet, and nobody may come by himself.
            poke_wanted: !entries.is_empty(),
            entries,
            cursor: 0,
            reserved: 0,
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
                max_entries: config.max_entries,
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
        // Nothing in here panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, what: impl FnOnce(String, u64) -> Seen) {
        if let Some(seen) = &self.seen {
            // Nobody listens any more: nothing to do.
            let _ = seen.send(what(self.name.clone(), wall_ms()));
        }
    }

    /// Takes a place in the buffer, or counts a refusal.
    pub(crate) fn reserve(&self) -> bool {
        let mut s = self.lock();
        if s.entries.len() as u64 + s.reserved >= self.limits.max_entries {
            s.refused_full += 1;
            return false;
        }
        s.reserved += 1;
        true
    }

    /// The next id. It is spent even if the commit fails: the disk may have it.
    pub(crate) fn take_id(&self) -> u64 {
        let mut s = self.lock();
        s.next_id += 1;
        s.next_id - 1
    }

    /// The entry is durable.
    pub(crate) fn accepted(&self, Waiting { id, at_ms }: Waiting) {
        let mut s = self.lock();
        s.reserved -= 1;
        s.entries.insert(id, Meta { at_ms, attempt: 0 });
        self.tell(|instance, _| Seen::Accepted { instance, id, at_ms });
        if !s.away() {
            self.deliverable.notify_one();
        } else if s.last_poke.is_none_or(|at| at.elapsed() >= self.limits.cooldown) {
            s.poke_wanted = true;
            self.poker.notify_one();
        } else if self.limits.repoke.is_some() {
            // The poker may have found nothing to wait for before.
            self.poker.notify_one();
        }
    }

    /// The entry could not be written.
    pub(crate) fn not_accepted(&self) {
        self.lock().reserved -= 1;
    }

    /// A hello: this session is the one, unflipped, and everything is to be delivered (again).
    pub(crate) fn attach(&self, ended: CancellationToken) -> (u64, u64) {
        let mut s = self.lock();
        s.sessions += 1;
        let no = s.sessions;
        if let Some(old) = s.session.replace(Attached { no, ended }) {
            self.tell(|instance, at_ms| Seen::Disconnected { instance, at_ms });
            old.ended.cancel();
        }
        (no, self.restart(&mut s))
    }

    /// Another hello on the same session. None if it is not the one any more.
    pub(crate) fn hello_again(&self, no: u64) -> Option<u64> {
        let mut s = self.lock();
        s.session.as_ref().is_some_and(|a| a.no == no).then(|| self.restart(&mut s))
    }

    fn restart(&self, s: &mut State) -> u64 {
        s.flipped = false;
        s.cursor = 0;
        s.poke_wanted = false;
        let drained = s.entries.len() as u64;
        self.tell(|instance, at_ms| Seen::Connected { instance, drained, at_ms });
        self.deliverable.notify_one();
        self.poker.notify_one();
        drained
    }

    /// The session is over.
    pub(crate) fn detach(&self, no: u64) {
        let mut s = self.lock();
        if s.session.as_ref().is_some_and(|a| a.no == no) {
            s.session = None;
            s.cursor = 0;
            if !s.flipped {
                s.away_since = Instant::now();
            }
            self.tell(|instance, at_ms| Seen::Disconnected { instance, at_ms });
            self.poker.notify_one();
        }
    }

    /// The ids to read now: at most `most`, and what the window leaves.
    pub(crate) fn next_ids(&self, no: u64, most: usize) -> Vec<u64> {
        let s = self.lock();
        if s.flipped || s.session.as_ref().is_none_or(|a| a.no != no) {
            return Vec::new();
        }
        let room = self.limits.window.saturating_sub(s.entries.range(..=s.cursor).count());
        s.entries.range(s.cursor + 1..).take(room.min(most)).map(|(id, _)| *id).collect()
    }

    /// The entry goes out now: its attempt, or None if it is gone or the session is not the one any more.
    pub(crate) fn sending(&self, no: u64, id: u64) -> Option<u32> {
        let mut s = self.lock();
        if s.session.as_ref().is_none_or(|a| a.no != no) {
            return None;
        }
        let meta = s.entries.get_mut(&id)?;
        meta.attempt += 1;
        let attempt = meta.attempt;
        s.cursor = id;
        Some(attempt)
    }

    /// The entry went out.
    pub(crate) fn sent(&self, id: u64) {
        self.tell(|instance, at_ms| Seen::Delivered { instance, id, at_ms });
    }

    /// Was it delivered ever, and is it here? Then it is forgotten, and is to be removed from the store.
    pub(crate) fn acked(&self, id: u64) -> bool {
        let mut s = self.lock();
        if s.entries.get(&id).is_none_or(|m| m.attempt == 0) {
            return false;
        }
        s.entries.remove(&id);
        self.tell(|instance, at_ms| Seen::Acked { instance, id, at_ms });
        self.deliverable.notify_one();
        true
    }

    /// Flips, unless something waits or is unacked, or the session is not the one any more.
    pub(crate) fn flip(&self, no: u64) -> bool {
        let mut s = self.lock();
        if !s.entries.is_empty() || s.session.as_ref().is_none_or(|a| a.no != no) {
            return false;
        }
        if !s.flipped {
            s.flipped = true;
            s.away_since = Instant::now();
            self.tell(|instance, at_ms| Seen::Flipped { instance, at_ms });
        }
        true
    }

    /// Takes out what was accepted at `before` or earlier and is not with a gateway.
    pub(crate) fn expire(&self, before: u64) -> Vec<u64> {
        let mut s = self.lock();
        let first = s.cursor + 1;
        let old: Vec<u64> =
            s.entries.range(first..).take_while(|(_, m)| m.at_ms <= before).map(|(id, _)| *id).collect();
        for &id in &old {
            s.entries.remove(&id);
            s.expired += 1;
            self.tell(|instance, at_ms| Seen::Expired { instance, id, at_ms });
        }
        old
    }

    /// When to poke, given what failed before; None: not until somebody notifies.
    pub(crate) fn poke_at(&self, retry_at: Option<Instant>) -> Option<Instant> {
        let s = self.lock();
        if !s.away() || s.entries.is_empty() {
            return None;
        }
        if s.poke_wanted {
            return Some(retry_at.unwrap_or_else(Instant::now));
        }
        let since = s.last_poke.map_or(s.away_since, |p| p.max(s.away_since));
        self.limits.repoke.map(|r| since + r)
    }

    /// A poke was answered, or not.
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
        self.tell(|instance, at_ms| Seen::Poked { instance, ok, at_ms });
    }

    pub(crate) fn status(&self) -> Status {
        let s = self.lock();
        let unacked = s.entries.range(..=s.cursor).count();
        Status {
            connected: s.session.is_some(),
            buffered: s.flipped,
            waiting: s.entries.len() - unacked,
            unacked,
            oldest_at_ms: s.entries.first_key_value().map(|(_, m)| m.at_ms),
            next_id: s.next_id,
            refused_full: s.refused_full,
            expired: s.expired,
            pokes: s.pokes,
            pokes_failed: s.pokes_failed,
        }
    }
}

/// All of them, by name.
pub(crate) type Instances = BTreeMap<String, Arc<Instance>>;
