//! Skips ticks that cannot matter, for callers that know the future.

use super::{Lever, Phase, View, Watcher};
use crate::idle::{Activity, IdleFrom};
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

/// The looks between two attempts, for any idle timeout: which of them is the first that can matter?
///
/// Made by [`Watcher::looks`]. Its answers hold as long as the forecast does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looks {
    /// The next look, and the wall time then.
    first: Mono,
    first_wall: Wall,
    tick_ms: u64,
    /// No attempt begins before this, whatever the timeout.
    not_before: Wall,
    idle_from: IdleFrom,
}

impl Looks {
    /// The first look at which the attempt would not end at once with this idle timeout, in ms; `None`: no look can matter. It
    /// is never earlier for a longer timeout.
    #[must_use]
    #[inline]
    pub fn at_timeout(&self, timeout_ms: u64) -> Option<Mono> {
        let quiet_from = self.not_before.max(self.idle_from.at_timeout(timeout_ms));
        if quiet_from == Wall::MAX {
            return None;
        }
        let ticks = quiet_from.since(self.first_wall).div_ceil(self.tick_ms);
        Some(self.first.plus(ticks.saturating_mul(self.tick_ms)))
    }

    /// The longest timeout, in ms, for which no look after `look` is needed: the inverse of [`at_timeout`](Self::at_timeout).
    /// `None` if there is none.
    #[must_use]
    #[inline]
    pub fn longest_timeout_ms(&self, look: Mono) -> Option<u64> {
        let wall = self.first_wall.plus(look.since(self.first));
        self.idle_from.longest_timeout_ms(wall).filter(|_| look >= self.first && wall >= self.not_before)
    }
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
        let Settings { switches: s, fence_ms, fence_slice_ms, late_look_ms, .. } = self.settings;
        let (over, slice_ms) = match self.phase {
            Phase::Resting { .. } => {
                return self.looks(now, forecast)?.at_timeout(self.settings.idle_timeout_ms);
            }
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
        let first = self.next_tick(now.mono)?;
        let slices = over.since(now.wall.plus(first.since(now.mono))).div_ceil(slice_ms);
        Some(first.plus(slices.saturating_mul(slice_ms)))
    }

    /// The looks between two attempts if `forecast` holds, for any idle timeout. `None` in all other phases, and where no
    /// look can matter at any timeout.
    #[must_use]
    pub fn looks(&self, now: Now, forecast: &Forecast) -> Option<Looks> {
        let s = self.settings.switches;
        let shut = forecast.gate_shut && s.regate_each_tick
            || forecast.no_lever && s.abstain_without_lever
            || self.dormant && s.pace_sleeps;
        if shut || !matches!(self.phase, Phase::Resting { .. }) {
            return None;
        }
        let activity =
            Activity { inbound: self.last_seen.max(forecast.activity.inbound), ..forecast.activity };
        let first = self.next_tick(now.mono)?;
        Some(Looks {
            first,
            first_wall: now.wall.plus(first.since(now.mono)),
            tick_ms: self.settings.tick_ms,
            not_before: self.cooldown_until.max(self.paced_until),
            idle_from: self.settings.idle_from(&activity),
        })
    }

    /// The longest idle timeout, in ms, with which the gateway is idle at `now`; `None` if there is none. The idle check of a
    /// look, and the second one after the quiesce, succeed at exactly the timeouts up to this.
    #[must_use]
    pub fn longest_idle_timeout_ms(&self, now: Wall, view: &View) -> Option<u64> {
        let found = Activity::found(now, self.last_seen, &view.census, view.heartbeat);
        self.settings.idle_from(&found).longest_timeout_ms(now)
    }

    /// Do both watchers, each between two attempts, decide alike from now on if they are told alike, apart from their idle
    /// timeouts? The clocks are those that each of them reads now; their wall times must be equal.
    ///
    /// These fields of a resting watcher are dead, and so may differ: when the lever was called, and whether a poke had come
    /// (the next attempt sets both); a cooldown that is over; a pace that was over one pace ago (the end of an attempt adds
    /// one pace to it, and takes the present if that is later). Of the monotonic clock only the time until the next tick
    /// counts. Everything else must be equal.
    #[must_use]
    pub fn rests_like(&self, now: Now, other: &Self, others: Now) -> bool {
        let live = |watcher: &Self, now: Now| {
            let cooldown = Some(watcher.cooldown_until).filter(|&until| until > now.wall);
            (watcher.next_tick(now.mono).map(|tick| tick.since(now.mono)), cooldown)
        };
        live(self, now) == live(other, others) && self.sleeps_like(other, now.wall)
    }

    /// Do both watchers, each between two attempts, decide alike from the beginning of their next attempts on, whenever each
    /// begins, if both attempts end at `ended` or later? The conditions are those of [`rests_like`](Self::rests_like), except
    /// that ticks and the cooldown are dead too: an attempt ends the one and sets the other.
    #[must_use]
    pub fn sleeps_like(&self, other: &Self, ended: Wall) -> bool {
        let live = |watcher: &Self| {
            let Self {
                settings,
                phase,
                last_seen,
                cooldown_until: _,
                paced_until,
                held_until,
                pulled: _,
                poked: _,
                dormant,
                status,
            } = *watcher;
            let paced_until = paced_until.as_ms().max(ended.as_ms().saturating_sub(settings.pace_ms));
            (matches!(phase, Phase::Resting { .. }), last_seen, paced_until, held_until, dormant, status)
        };
        let between_attempts = |phase| matches!(phase, Phase::Resting { .. } | Phase::Off);
        between_attempts(self.phase)
            && between_attempts(other.phase)
            && live(self) == live(other)
            && Settings { idle_timeout_ms: other.settings.idle_timeout_ms, ..self.settings } == other.settings
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
}
