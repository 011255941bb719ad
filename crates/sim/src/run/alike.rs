//! When two runs are alike: the states from which two idle timeouts go on the same.
//!
//! A field of the state is *dead* if nothing will read it before it is written again. Runs whose other fields are equal differ in
//! nothing that can be counted. Which fields are dead is said at each comparison; a field that is not named must be equal. Where
//! something is rare, it is simply not alike: that costs time, and no result.

use dormouse_core::{Looks, Mono, Now, Phase, Wall};
use dormouse_trace::{Event, Kind};

use super::cohort::SharedRun;
use super::{Observer, Run, TimeoutSource, Timer};
use crate::draw::What;

/// An attempt to sleep that was played, as a pattern for others.
pub(crate) struct Attempt {
    /// When it began, in wall time.
    began: u64,
    /// When the freeze landed.
    frozen_at: u64,
    /// The next arrival, or the end of the span.
    pub(super) until: u64,
    /// By how much later another attempt may begin, at most, in ms.
    latest_ms: i64,
}

/// The timeouts of another run that will fall asleep as in an [`Attempt`].
pub(super) struct Sleepers {
    /// By how much later an attempt may begin, at least and at most, in ms. At the least no work is in flight any more.
    earliest_ms: i64,
    latest_ms: i64,
    looks: Looks,
    /// The monotonic time when the played attempt began.
    began: u64,
    /// A freeze as much later than the played one must come before this plus the timeout. Otherwise the idle stretch is too long.
    allowed_ms: i64,
}

impl Sleepers {
    /// By how many ms later than in the attempt a machine freezes with the first of these ascending timeouts, and how many of them
    /// freeze then; `None` if they do not fall asleep likewise.
    #[inline]
    pub(super) fn next(&self, timeouts_ms: &[u64]) -> Option<(i64, usize)> {
        let shortest_ms = *timeouts_ms.first()?;
        let look = self.looks.at_timeout(shortest_ms)?;
        let later_ms = look.as_ms() as i64 - self.began as i64;
        let quiet = (self.earliest_ms..=self.latest_ms).contains(&later_ms);
        if !quiet || later_ms >= self.allowed_ms.saturating_add_unsigned(shortest_ms) {
            return None;
        }
        let longest_ms = self.looks.longest_timeout_ms(look)?;
        let more = timeouts_ms[1..].iter().take_while(|&&timeout_ms| timeout_ms <= longest_ms).count();
        Some((later_ms, 1 + more))
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
    /// nothing else happened, others will [fall asleep likewise](Self::sleepers).
    ///
    /// Why they do: the attempt depends on times before it only through comparisons that hold from `began` on (no cooldown, no
    /// pace, no work, nothing pending), its draws are keyed by the events so far, and so every time that it sets is a fixed time
    /// after its beginning. Asleep, the times on the monotonic clock stand still with it. The others, in wall time, are dead by
    /// the next arrival: the cooldown, the fence of a direct lever, and the evidence of a freeze.
    pub(super) fn attempt(&self, awake: &Self, began: u64) -> Option<Attempt> {
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
        let cooldown =
            if self.reconnects_by_a_message(next) { 0 } else { self.watcher.cooldown_until().as_ms() };
        let dead = [
            frozen_at.saturating_add(settings.evidence_ms),
            cooldown,
            fenced.map_or(0, |accepted| accepted.saturating_add(settings.fence_ms)),
        ];
        let latest_ms = i64::try_from(until.checked_sub(dead.into_iter().max()?)?).ok()?;
        Some(Attempt { began, frozen_at, until, latest_ms })
    }

    /// The timeouts of this resting run that will fall asleep as in `attempt`, which began from the state `awake`: the same run,
    /// or one that differs only in its ticks.
    pub(super) fn sleepers(&self, attempt: &Attempt, awake: &Self) -> Option<Sleepers> {
        let Attempt { began, frozen_at, until, latest_ms } = *attempt;
        let alike = std::ptr::eq(self, awake)
            || self.timers.only_looks()
                && self.is_plain()
                && self.audit.rests()
                && self.is_like(awake, until)
                // All others are drawn for the next event.
                && [What::LeverCall, What::FreezeLag]
                    .iter()
                    .all(|&what| self.drawn()[what as usize] == awake.drawn()[what as usize])
                && self.watcher.sleeps_like(&awake.watcher, Wall::from_ms(until));
        if !alike {
            return None;
        }
        let occupied_until = self.gateway.occupied_until();
        let allowed_until = self.audit.allowed_until(occupied_until);
        Some(Sleepers {
            earliest_ms: i64::try_from(occupied_until).ok()?.checked_sub_unsigned(began)?,
            latest_ms,
            looks: self.watcher.looks(self.clocks(), &self.forecast())?,
            began: began - self.mono_behind,
            allowed_ms: i64::try_from(allowed_until).unwrap_or(i64::MAX).saturating_sub_unsigned(frozen_at),
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
    pub(super) fn rests_like(&self, other: &Self, now: u64) -> bool {
        let clocks =
            |run: &Self| Now { wall: Wall::from_ms(now), mono: Mono::from_ms(now - run.mono_behind) };
        self.watcher.rests_like(clocks(self), &other.watcher, clocks(other))
            && self.is_plain()
            && other.is_plain()
            && self.audit.rests()
            && other.audit.rests()
            && self.timers.are_like(&other.timers)
            && self.drawn() == other.drawn()
            && self.is_like(other, now)
    }

    /// Do both runs go on the same as far as their watchers do, where no poke is sent before `poked`?
    ///
    /// Dead in a machine that is up, connected and resting, without a platform's own timer: when it last froze, resumed, was asked
    /// over HTTP or lost its connection; ends of work before the last message and the last activity; a poke longer ago than the
    /// poke cooldown; how far the monotonic clock is behind. What is dead in the watcher,
    /// [core says](dormouse_core::Watcher::rests_like).
    fn is_like(&self, other: &Self, poked: u64) -> bool {
        let Self {
            // The same for all timeouts.
            setup: _,
            world: _,
            ticks: _,
            span: _,
            events: _,
            last: _,
            has_platform_timer: _,
            draws: _,
            observer: _,
            timeout_source: _,
            // Compared by the callers, as far as they are alive.
            now: _,
            ended: _,
            mono_behind: _,
            look_is_stale: _,
            occasions: _,
            timers,
            watcher: _,
            // Nothing, in one that is plain.
            faults: _,
            overdue_since: _,
            // Dead.
            machine: _,
            platform_timer: _,
            next,
            direct,
            gateway,
            cron,
            connector,
            relay,
            audit,
        } = self;
        *next == other.next
            && audit.rests_like(&other.audit)
            && *direct == other.direct
            && gateway.rests_like(&other.gateway, self.dead_before())
            && connector.rests_like(&other.connector, poked, self.world.poke_cooldown_ms)
            && relay.rests_like(&other.relay, timers.pending(Timer::DialDone))
            && *cron == other.cron
    }

    /// What was drawn since the last event.
    fn drawn(&self) -> [u16; What::LATENCIES] {
        self.occasions.drawn(self.next as u64)
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
