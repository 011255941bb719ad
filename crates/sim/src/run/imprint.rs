//! What arrivals leave behind at a gateway that serves them at once.

use dormouse_core::{Activity, Wall};
use dormouse_trace::{Event, Kind};

use super::gateway::Work;
use crate::world::World;

/// What arrivals leave behind at a gateway that serves each of them the moment it comes: four kinds of latest times, in wall
/// ms, and nothing else. That is all that the watcher, the machine and the auditor remember of them.
///
/// Every field only grows, so imprints form a join-semilattice: what two stretches leave behind together is the
/// [`join`](Self::join), field by field the later one, and a gateway to which arrivals were late knows at least as much as
/// their imprint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Imprint {
    /// The last message.
    pub(crate) seen_ms: u64,
    /// The latest end of work: turns, cron jobs, API runs, background work.
    pub(crate) until_ms: [u64; 4],
    /// The last arrival that somebody can be said to have made.
    pub(crate) active_ms: u64,
    /// The last HTTP request.
    pub(crate) http_ms: u64,
}

impl Imprint {
    /// Does an arrival of this kind leave an imprint and nothing else? A client stays and sends heartbeats, and a direct
    /// platform, once it is connected, changes what may sleep.
    pub(crate) const fn is_all_of(kind: Kind) -> bool {
        !matches!(kind, Kind::Client | Kind::Direct)
    }

    /// Adds an arrival, none before it being later. Those that leave [more](Self::is_all_of) are left out.
    #[inline]
    pub(crate) fn add(&mut self, event: Event, world: &World) {
        let Event { at_ms, kind, work_ms } = event;
        let work = match kind {
            Kind::Inbound => {
                self.seen_ms = at_ms;
                Work::Turns
            }
            Kind::Cron => {
                if world.cron_wakes {
                    self.http_ms = at_ms;
                }
                Work::Cron
            }
            Kind::Api => {
                self.http_ms = at_ms;
                Work::Api
            }
            Kind::Background => Work::Background,
            Kind::Probe => {
                self.http_ms = at_ms;
                return;
            }
            Kind::Client | Kind::Direct | Kind::Internal => return,
        };
        self.active_ms = at_ms;
        let until = &mut self.until_ms[work as usize];
        *until = (*until).max(at_ms + work_ms);
    }

    /// What both leave behind together.
    pub(crate) fn join(mut self, other: &Self) -> Self {
        self.seen_ms = self.seen_ms.max(other.seen_ms);
        for (mine, theirs) in self.until_ms.iter_mut().zip(other.until_ms) {
            *mine = (*mine).max(theirs);
        }
        self.active_ms = self.active_ms.max(other.active_ms);
        self.http_ms = self.http_ms.max(other.http_ms);
        self
    }

    /// What the idle predicate makes of it. Permanent tasks are left out: they are no arrivals, and the run's own watcher sees
    /// them.
    #[must_use]
    #[inline]
    pub(crate) fn activity(&self) -> Activity {
        let [turns, cron, api, background] = self.until_ms.map(Wall::from_ms);
        let inbound = Wall::from_ms(self.seen_ms);
        Activity { inbound, heartbeat: Wall::ZERO, turns, cron, api, background, permanent: false }
    }

    /// Does it hold all of `other` already?
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.join(other) == *self
    }
}
