//! The connector: the flip, the durable buffer, and pokes.

use std::collections::VecDeque;

use crate::rows::WakeCause;
use dormouse_trace::Kind;

use super::{Observer, Run, TimeoutSource, Timer};
use crate::choice::{Messages, WithoutSession};
use crate::draw::What;
use crate::faults::Fault;
use crate::log::{LogEvent, Poke};
use crate::world::World;

/// A message in the buffer.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at: u64,
    work_ms: u64,
    /// A button or a slash command.
    button: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Connector {
    /// Buffers for this instance, connected or not.
    flipped: bool,
    /// The connection is gone, and the connector knows it.
    peer_gone: bool,
    buffer: VecDeque<Entry>,
    /// Entries that the gateway handled but whose ack was lost. They are sent again at the next connect.
    owed: Vec<Entry>,
    /// Entries that the gateway handled and never acks. They are sent again at every connect.
    never_acked: Vec<Entry>,
    /// Has the gateway lost its memory of handled entries since the `owed` ones were sent?
    forgotten: bool,
    last_poke: Option<u64>,
}

impl Connector {
    /// With messages over HTTP the connector has no peer.
    pub(super) fn new(world: &World) -> Self {
        Self { peer_gone: world.messages == Messages::Http, ..Self::default() }
    }

    #[inline]
    pub(super) fn is_flipped(&self) -> bool {
        self.flipped
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Is nothing buffered, owed, or sent again at each connect?
    pub(super) fn holds_nothing(&self) -> bool {
        self.buffer.is_empty() && self.owed.is_empty() && self.never_acked.is_empty()
    }

    /// Do both connectors, which hold nothing, go on the same from `now` on? A poke longer ago than `cooldown_ms` is dead.
    pub(super) fn rests_like(&self, other: &Self, now: u64, cooldown_ms: u64) -> bool {
        let live = |connector: &Self| {
            let Self { flipped, peer_gone, buffer: _, owed: _, never_acked: _, forgotten, last_poke } =
                *connector;
            (flipped, peer_gone, forgotten, last_poke.filter(|last| now - last < cooldown_ms))
        };
        live(self) == live(other)
    }

    pub(super) fn peer_is_gone(&self) -> bool {
        self.peer_gone
    }
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// Would a message that comes now be delivered at once?
    #[inline]
    pub(super) fn delivers_live(&self) -> bool {
        !self.connector.flipped && !self.connector.peer_gone && self.machine.is_running()
    }

    /// Does a message that cannot be delivered at once go into the buffer?
    pub(super) fn buffers(&self) -> bool {
        self.connector.flipped
            || self.connector.peer_gone && self.world.without_session == WithoutSession::Buffers
    }

    /// The message `i` cannot be delivered at once, or comes over HTTP.
    pub(super) fn message_to_connector(&mut self, i: usize) {
        if self.messages_over_http() {
            return self.http(WakeCause::Inbound, Some(i));
        }
        if !self.buffers() {
            let cause = if self.connector.peer_gone {
                "no session and no flip: dropped without a poke"
            } else {
                "published into the session of a frozen peer"
            };
            self.audit.lost(self.now, cause);
            return;
        }
        let limit = self.world.buffer_limit;
        if limit > 0 && self.connector.buffer.len() as u64 >= limit {
            self.audit.lost(self.now, "the buffer overflowed");
            return;
        }
        let was_empty = self.connector.buffer.is_empty();
        let button = self.draws.is_button(self.world.button_share, i as u64);
        self.connector.buffer.push_back(Entry { at: self.now, work_ms: self.events.work_ms()[i], button });
        self.audit.buffered(self.now);
        self.note(LogEvent::Buffered { depth: self.connector.buffer.len() as u64 });
        if was_empty {
            self.poke();
        }
    }

    /// Pokes the wake URL, unless there is none, the buffer is empty, or the last poke was within the cooldown.
    pub(super) fn poke(&mut self) {
        if !self.world.wake_url || self.connector.buffer.is_empty() {
            return;
        }
        let now = self.now;
        if self.world.repoke_ms > 0 {
            self.timers.set(Timer::Repoke, now + self.world.repoke_ms);
        }
        if self.connector.last_poke.is_some_and(|last| now - last < self.world.poke_cooldown_ms) {
            self.note(LogEvent::Poke(Poke::CoolingDown));
        } else if self.strikes(Fault::PokeFailed) {
            self.note(LogEvent::Poke(Poke::Failed));
        } else {
            self.connector.last_poke = Some(now);
            if self.strikes(Fault::PokeLost) {
                self.note(LogEvent::Poke(Poke::Lost));
            } else {
                self.note(LogEvent::Poke(Poke::Sent));
                let latency = self.draw(&self.world.poke_ms, What::Poke);
                self.timers.set(Timer::Poke, now + latency);
            }
        }
        self.audit_wake();
    }

    /// `going_idle` has arrived.
    pub(super) fn flip(&mut self) {
        if !self.connector.peer_gone {
            self.connector.flipped = true;
            self.note(LogEvent::Flipped);
            self.audit_status();
        }
    }

    /// The gateway closed its socket.
    pub(super) fn peer_closed(&mut self) {
        self.connector.peer_gone = true;
    }

    /// The keepalive found the peer dead.
    pub(super) fn reap(&mut self) {
        self.connector.peer_gone = true;
        self.note(LogEvent::Reaped);
    }

    /// The gateway's process started again: its old socket is dead, and its memory is gone.
    pub(super) fn connector_loses_its_peer(&mut self) {
        self.connector.peer_gone = true;
        self.connector.forgotten = !self.world.dedupe_survives;
    }

    /// A new connection says hello. The backlog is drained in order, each entry is acked after its handler returned, and
    /// then the flip is undone.
    pub(super) fn drain(&mut self) {
        let now = self.now;
        let forgotten = std::mem::take(&mut self.connector.forgotten) || !self.world.dedupe;
        for entry in std::mem::take(&mut self.connector.owed) {
            // If the gateway remembers the entry, it drops and acks it. Otherwise it handles it a second time.
            if forgotten {
                self.handle_again(entry, "the ack was lost, and the memory of what was handled too");
            }
        }
        for i in 0..self.connector.never_acked.len() {
            self.handle_again(self.connector.never_acked[i], "an entry of this kind is never acked");
        }
        let mut entries = std::mem::take(&mut self.connector.buffer);
        self.connector.peer_gone = false;
        self.connector.flipped = false;
        self.timers.clear(Timer::Repoke);
        self.audit.drained();
        self.note(LogEvent::Connected { drained: entries.len() as u64 });
        let ttl = self.world.buffer_ttl_ms;
        for entry in entries.drain(..) {
            if ttl > 0 && now - entry.at > ttl {
                self.audit.lost(now, "outlived its time in the buffer");
                continue;
            }
            self.handle_message(Kind::Inbound, entry.at, entry.work_ms);
            if entry.button && !self.world.buttons_acked {
                self.connector.never_acked.push(entry);
            } else if self.strikes(Fault::LostEntryAck) {
                self.connector.owed.push(entry);
            }
        }
        // Keep the allocation for the next sleep.
        self.connector.buffer = entries;
    }

    fn handle_again(&mut self, entry: Entry, cause: &'static str) {
        self.audit.duplicate(self.now, cause);
        self.begin_work(super::gateway::Work::Turns, Kind::Inbound, entry.work_ms);
    }

    /// Counts what is still in the buffer as lost, once the horizon and its grace are over.
    pub(super) fn give_up_on_the_buffer(&mut self) {
        for _ in std::mem::take(&mut self.connector.buffer) {
            self.audit.lost(self.now, "never left the buffer");
        }
    }
}
