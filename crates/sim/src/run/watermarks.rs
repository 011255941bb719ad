//! The state that arrivals change at a gateway that serves them at once.

use dormouse_core::{Activity, Wall};
use dormouse_trace::{Event, Kind};

use super::gateway::Work;
use crate::world::World;

/// The state that arrivals change at a gateway that serves each of them at once: four kinds of latest times, in wall ms.
/// The watcher, the machine and the auditor remember nothing else of such arrivals.
///
/// Every field only grows, so watermarks form a join-semilattice: the watermarks of two stretches together are their
/// [`join`](Self::join), which takes the later time in each field. If arrivals were delayed, the gateway's own watermarks are
/// at least those of the arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Watermarks {
    /// When the last message came.
    pub(crate) seen_ms: u64,
    /// The latest end of work: turns, cron jobs, API runs, background work.
    pub(crate) until_ms: [u64; 4],
    /// When the last arrival came that counts as activity.
    pub(crate) active_ms: u64,
    /// When the last HTTP request came.
    pub(crate) http_ms: u64,
}

impl Watermarks {
    /// Does an arrival of this kind change only watermarks? A client also stays and sends heartbeats, and a direct channel that
    /// connects also forbids sleep.
    pub(crate) const fn is_all_of(kind: Kind) -> bool {
        !matches!(kind, Kind::Client | Kind::Direct)
    }

    /// Adds an arrival that is not earlier than those before. Arrivals that change [more](Self::is_all_of) are ignored.
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

    /// The watermarks of both together: the later time in each field.
    pub(crate) fn join(mut self, other: &Self) -> Self {
        self.seen_ms = self.seen_ms.max(other.seen_ms);
        for (mine, theirs) in self.until_ms.iter_mut().zip(other.until_ms) {
            *mine = (*mine).max(theirs);
        }
        self.active_ms = self.active_ms.max(other.active_ms);
        self.http_ms = self.http_ms.max(other.http_ms);
        self
    }

    /// These watermarks in the form for the idle predicate. Permanent tasks are left out: they are not arrivals, and the run's
    /// own watcher sees them.
    #[must_use]
    #[inline]
    pub(crate) fn activity(&self) -> Activity {
        let [turns, cron, api, background] = self.until_ms.map(Wall::from_ms);
        let inbound = Wall::from_ms(self.seen_ms);
        Activity { inbound, heartbeat: Wall::ZERO, turns, cron, api, background, permanent: false }
    }

    /// Is each field at least that of `other`?
    pub(crate) fn dominates(&self, other: &Self) -> bool {
        self.join(other) == *self
    }
}
