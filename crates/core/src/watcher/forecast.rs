//! Skips ticks that cannot matter, for callers that know the future.

use super::{Lever, Phase, Watcher};
use crate::idle::Activity;
use crate::settings::Settings;
use crate::time::{Mono, Now, Wall};

/// What the caller knows will remain true until the next fact. From this the watcher computes which ticks can be skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Known work and clients, including future ends. The watcher tracks the last message itself;
    /// [`inbound`](Activity::inbound) counts if it is later.
    pub activity: Activity,
    /// Is a channel other than the relay connected, permanently?
    pub gate_shut: bool,
    /// Does this machine have no lever?
    pub no_lever: bool,
    /// Is the platform's [wake marker](super::View::wake_marker) set? A caller that learns that it was set since
    /// must ask again; that it was removed need not be told.
    pub wake_marker: bool,
}

impl Watcher {
    /// The next deadline that can matter if `forecast` holds. Between two attempts: the first tick, on the grid
    /// of ticks, at which the attempt would not end at once. In the fence: the first slice, on the grid of
    /// slices, at which the fence is over. Otherwise [`deadline`](Self::deadline). `None`: no deadline can matter.
    ///
    /// Calling only at that tick is equivalent to calling at every tick: a skipped tick changes nothing, and the
    /// grid does not move. More work or heartbeats than forecast only make more ticks irrelevant, so the answer
    /// stays valid. Query again after a freeze, when the clocks differ, when the wake marker is set, when the
    /// relay has connected, and after a message that ends a cooldown.
    #[must_use]
    pub fn next_deadline_that_matters(&self, now: Now, forecast: &Forecast) -> Option<Mono> {
        let Settings { switches: s, tick_ms, fence_ms, fence_slice_ms, late_look_ms, .. } = self.settings;
        let (quiet_until, tick_ms) = match self.phase {
            Phase::Resting { .. } => (self.quiet_until(forecast), tick_ms),
            Phase::Fenced { accepted, lever: Lever::Direct, .. } if !s.fence_on_evidence => {
                (accepted.plus(fence_ms), fence_slice_ms)
            }
            Phase::Fenced { lever, .. } => {
                let marked = s.wake_marker && forecast.wake_marker && lever == Lever::Brokered;
                let slept = s.fence_on_evidence && (self.has_slept(now) || late_look_ms == 0);
                // Without a freeze the clocks stay in step and no marker is set: only the ceiling can matter.
                let wait_ms = self.held_until.map_or(0, |until| until.since(now.mono));
                let over = if marked || slept { now.wall } else { now.wall.plus(wait_ms) };
                (over, fence_slice_ms)
            }
            _ => return self.deadline(),
        };
        let first = self.next_tick(now.mono).filter(|_| quiet_until != Wall::MAX)?;
        let ticks = quiet_until.since(now.wall.plus(first.since(now.mono))).div_ceil(tick_ms);
        Some(first.plus(ticks.saturating_mul(tick_ms)))
    }

    /// The first tick at or after `from` on the grid of ticks, or in the fence the first slice on the grid of
    /// slices. In all other phases [`deadline`](Self::deadline).
    #[must_use]
    pub const fn next_tick(&self, from: Mono) -> Option<Mono> {
        let (at, every) = match self.phase {
            Phase::Resting { tick_at } => (tick_at, self.settings.tick_ms),
            Phase::Fenced { poll_at, .. } => (poll_at, self.settings.fence_slice_ms),
            _ => return self.deadline(),
        };
        Some(at.plus(from.since(at).next_multiple_of(every)))
    }

    /// Skips the looks of the fence before `now`, so that the look at `now` is not treated as late.
    pub const fn pass_over(&mut self, now: Mono) {
        if let Phase::Fenced { poll_at, .. } = &mut self.phase {
            let late = now.since(*poll_at);
            *poll_at = poll_at.plus(late - late % self.settings.fence_slice_ms);
        }
    }

    /// The first wall time at which an attempt could do anything if `forecast` holds: no cooldown, and not busy.
    fn quiet_until(&self, forecast: &Forecast) -> Wall {
        let Settings { idle_timeout_ms, switches: s, .. } = self.settings;
        if forecast.gate_shut && s.regate_each_tick
            || forecast.no_lever && s.abstain_without_lever
            || self.dormant && s.pace_sleeps
        {
            return Wall::MAX;
        }
        let activity =
            Activity { inbound: self.last_seen.max(forecast.activity.inbound), ..forecast.activity };
        let idle_from = self.settings.idle_from(&activity).at_timeout(idle_timeout_ms);
        self.cooldown_until.max(self.paced_until).max(idle_from)
    }
}
