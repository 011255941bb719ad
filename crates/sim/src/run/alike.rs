//! When two runs are alike: the states from which two idle timeouts go on the same.
//!
//! A field of the state is *dead* if nothing will read it before it is written again. Runs whose other fields are equal differ in
//! nothing that can be counted. Which fields are dead is said at each comparison; a field that is not named must be equal. Where
//! something is rare, it is simply not alike: that costs time, and no result.

use dormouse_core::{Looks, Mono, Now, Phase, Wall};
use dormouse_trace::{Event, Kind};

use super::cohort::SharedRun;
use super::{Observer, Run, TimeoutSource, Timer};

/// The timeouts that will fall asleep as another one did, only later.
pub(super) struct Sleepers {
    looks: Looks,
    /// The attempt began at this monotonic time, and the freeze landed at this wall time.
    began: Mono,
    pub(super) frozen_at: u64,
    /// The next arrival, or the end of the span, in wall time.
    pub(super) until: u64,
    /// By how much later an attempt may begin, at most, in ms.
    latest_ms: u64,
    /// An idle stretch is too long one timeout after this.
    allowed_until: u64,
}

impl Sleepers {
    /// By how many ms later a machine freezes with this timeout; `None` if it does not fall asleep likewise.
    #[inline]
    pub(super) fn later_by(&self, timeout_ms: u64) -> Option<u64> {
        let later_ms = self.looks.at_timeout(timeout_ms)?.since(self.began);
        let in_time = self.frozen_at + later_ms < self.allowed_until.saturating_add(timeout_ms);
        (later_ms <= self.latest_ms && in_time).then_some(later_ms)
    }
}

impl SharedRun<'_> {
    /// The longest idle timeout with which the gateway is idle at `at`, the time of the next timer.
    pub(super) fn longest_idle_timeout_ms(&mut self, at: u64) -> Option<u64> {
        self.now = self.now.max(at);
        let view = self.view();
        self.watcher.longest_idle_timeout_ms(self.clocks().wall, &view)
    }

    /// This run began an attempt to sleep at `began`, when it was equal to `awake`, and was played on. If it fell asleep and
    /// nothing else happened, `awake` will fall asleep likewise at any later look before the next arrival.
    ///
    /// Why it does: the attempt depends on times before it only through comparisons that hold from `began` on (no cooldown, no
    /// pace, no work, nothing pending), its draws are keyed by the events so far, and so every time that it sets is a fixed time
    /// after its beginning. Asleep, the times on the monotonic clock stand still with it. The others, in wall time, are dead by
    /// the next arrival: the cooldown, the fence of a direct lever, and the evidence of a freeze.
    pub(super) fn sleepers(&self, awake: &Self, began: u64) -> Option<Sleepers> {
        let (settings, world) = (self.watcher.settings(), self.world);
        let quiet = awake.is_plain()
            && awake.timers.only_looks()
            && awake.gateway.occupied_until() <= began
            && awake.audit.rests();
        let fenced = match self.watcher.phase() {
            Phase::Fenced { .. } if settings.switches.fence_on_evidence => None,
            Phase::Fenced { accepted, .. } => Some(accepted.as_ms()),
            // Without a fence the attempt is over, and the pace was set by its end.
            _ if settings.switches.pace_sleeps => return None,
            _ => None,
        };
        let asleep = self.machine.is_frozen()
            && self.next == awake.next
            && self.timers.only_mono()
            && (world.token_ttl_ms == 0 || !self.timers.pending(Timer::DialDone))
            && self.audit.rests()
            && self.audit.only_fell_asleep();
        if !(quiet && asleep) {
            return None;
        }
        // Without another arrival it sleeps to the end.
        let next = (self.next < self.last).then(|| self.events.get(self.next));
        let until = next.map_or(self.span.end_ms, |event| event.at_ms);
        let frozen_at = self.machine.frozen_at();
        let cooldown = if self.reconnects_by_a_message(next) { 0 } else { self.watcher.cooldown_until().as_ms() };
        let dead = [
            frozen_at.saturating_add(settings.evidence_ms),
            cooldown,
            fenced.map_or(0, |accepted| accepted.saturating_add(settings.fence_ms)),
        ];
        let latest_ms = until.checked_sub(dead.into_iter().max()?)?;
        let clocks = awake.clocks();
        Some(Sleepers {
            looks: awake.watcher.looks(clocks, &awake.forecast())?,
            began: Mono::from_ms(began - awake.mono_behind),
            frozen_at,
            until,
            latest_ms,
            allowed_until: awake.audit.allowed_until(awake.gateway.occupied_until()),
        })
    }

    /// Is a message what will wake this machine, and will it be handled before another attempt can begin? It ends the cooldown.
    ///
    /// With `pace_sleeps` no attempt begins before the relay is connected again, and the connector drains its buffer as it
    /// connects.
    fn reconnects_by_a_message(&self, next: Option<Event>) -> bool {
        next.is_some_and(|event| event.kind == Kind::Inbound)
            && self.watcher.settings().switches.pace_sleeps
            && self.connector.is_flipped()
            && !self.messages_over_http()
            && self.world.buffer_ttl_ms == 0
    }

    /// Will both runs, each of which [only serves](Run::only_serves), go on the same from `now` on, apart from their timeouts?
    ///
    /// Dead in a machine that is up, connected and resting, without a platform's own timer: when it last froze, resumed, was asked
    /// over HTTP or lost its connection; ends of work before the last message and the last activity; a poke longer ago than the
    /// poke cooldown; draws before the last event; how far the monotonic clock is behind. What is dead in the watcher,
    /// [core says](dormouse_core::Watcher::rests_like).
    pub(super) fn rests_like(&self, other: &Self, now: u64) -> bool {
        let clocks = |run: &Self| Now { wall: Wall::from_ms(now), mono: Mono::from_ms(now - run.mono_behind) };
        self.next == other.next
            && self.is_plain()
            && other.is_plain()
            && self.watcher.rests_like(clocks(self), &other.watcher, clocks(other))
            && self.audit.rests()
            && other.audit.rests()
            && self.audit.rests_like(&other.audit)
            && self.direct == other.direct
            && self.timers.are_like(&other.timers)
            && self.gateway.rests_like(&other.gateway, self.dead_before())
            && self.connector.rests_like(&other.connector, now, self.world.poke_cooldown_ms)
            && self.relay.rests_like(&other.relay, self.timers.pending(Timer::DialDone))
            && self.cron == other.cron
            && self.occasions.are_over(self.next as u64)
            && other.occasions.are_over(self.next as u64)
    }

    /// An end of work, or of an attachment, no later than this is dead: later activity hides it from the watcher and the auditor.
    fn dead_before(&self) -> u64 {
        self.watcher.last_seen().as_ms().min(self.audit.active_at())
    }
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// Is this a world without faults, without a platform's own timer, and with a monotonic clock that stands still during a
    /// freeze, and does the gateway hold nothing back?
    fn is_plain(&self) -> bool {
        self.world.mono_stands_still
            && !self.faults.any()
            && !self.has_platform_timer
            && self.overdue_since.is_none()
            && !self.gateway.somebody_waits()
            && !self.gateway.somebody_is_deferred()
            && self.connector.holds_nothing()
    }
}
