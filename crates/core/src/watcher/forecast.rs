//! Which ticks can matter, for callers that know what is coming.

use super::{Lever, Phase, Watcher};
use crate::idle::Activity;
use crate::settings::Settings;
use crate::time::{Mono, Now, Wall};

/// What the caller knows will stay true until the next fact: the basis for skipping ticks that cannot matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// What is known of work and clients, ends that lie ahead included. The watcher has its own clock of the last message;
    /// [`inbound`](Activity::inbound) counts if it is later.
    pub activity: Activity,
    /// Is something other than the relay connected, for good?
    pub gate_shut: bool,
    /// Is there nothing that would suspend this machine?
    pub no_lever: bool,
}

impl Watcher {
    /// The next deadline that can matter if `forecast` holds: between two bodies the first tick, on the grid of ticks, at
    /// which the body would not end at once; in a direct lever's fence the first slice, on their grid, at which it is over;
    /// otherwise [`deadline`](Self::deadline). `None`: none ever will.
    ///
    /// Calling at that tick, and at none before it, comes to the same as calling at every tick: a tick that is passed over
    /// changes nothing, and the grid stays where it was. More work or heartbeats than forecast only make more ticks quiet,
    /// so the answer stays safe. Ask anew after a freeze, which parts the clocks, and after a message that ends a cooldown.
    #[must_use]
    pub fn next_deadline_that_matters(&self, now: Now, forecast: &Forecast) -> Option<Mono> {
        let (quiet_until, tick_ms) = match self.phase {
            Phase::Resting { .. } => (self.quiet_until(forecast), self.settings.tick_ms),
            Phase::Fenced { .. } if self.settings.switches.fence_on_evidence => {
                // Without a freeze the clocks stay together, and only the ceiling can matter.
                let wait_ms = self.held_until.map_or(0, |until| until.since(now.mono));
                let over = if self.has_slept(now) { now.wall } else { now.wall.plus(wait_ms) };
                (over, self.settings.fence_slice_ms)
            }
            Phase::Fenced { accepted, lever: Lever::Direct, .. } => {
                (accepted.plus(self.settings.fence_ms), self.settings.fence_slice_ms)
            }
            _ => return self.deadline(),
        };
        let first = self.next_tick(now.mono).filter(|_| quiet_until != Wall::MAX)?;
        let ticks = quiet_until.since(now.wall.plus(first.since(now.mono))).div_ceil(tick_ms);
        Some(first.plus(ticks.saturating_mul(tick_ms)))
    }

    /// The first tick at or after `from` on the grid of ticks, or in the fence on the grid of its slices; in all other phases
    /// [`deadline`](Self::deadline).
    #[must_use]
    pub const fn next_tick(&self, from: Mono) -> Option<Mono> {
        let (at, every) = match self.phase {
            Phase::Resting { tick_at } => (tick_at, self.settings.tick_ms),
            Phase::Fenced { poll_at, .. } => (poll_at, self.settings.fence_slice_ms),
            _ => return self.deadline(),
        };
        Some(at.plus(from.since(at).next_multiple_of(every)))
    }

    /// Passes over the looks at the fence before `now` that were not played since they could not matter, so that the one at
    /// `now` is not taken for a late one.
    pub const fn pass_over(&mut self, now: Mono) {
        if let Phase::Fenced { poll_at, .. } = &mut self.phase {
            let late = now.since(*poll_at);
            *poll_at = poll_at.plus(late - late % self.settings.fence_slice_ms);
        }
    }

    /// The first wall time at which a body could do anything if `forecast` holds: neither cooling down nor busy.
    fn quiet_until(&self, forecast: &Forecast) -> Wall {
        let Settings { idle_timeout_ms, switches: s, .. } = self.settings;
        if forecast.gate_shut && s.regate_each_tick || forecast.no_lever && s.abstain_without_lever {
            return Wall::MAX;
        }
        let activity =
            Activity { inbound: self.last_seen.max(forecast.activity.inbound), ..forecast.activity };
        let idle_from = self.settings.idle_from(&activity).at_timeout(idle_timeout_ms);
        self.cooldown_until.max(self.paced_until).max(idle_from)
    }
}
