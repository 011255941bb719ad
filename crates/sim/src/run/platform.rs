//! The platform's own timer: from when it counts, and when it suspends.
//!
//! The timer sees less than the gateway: it sees requests, but not the work on a message that came over the relay. A look
//! that does not suspend has no effect, and activity only moves the suspend to later. So the run computes from what is known
//! which look can suspend first, skips the ones before it, and computes again when that look comes. [`Ticks::Every`] plays
//! all looks.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use dormouse_trace::Kind;

use super::{Observer, Run, Ticks, TimeoutSource, Timer};
use crate::choice::Messages;
use crate::draw::What;
use crate::idle::PlatformIdle;
use crate::log::LogEvent;
use crate::world::World;

/// What the platform's timer has seen, for idle rules that need more than the last HTTP request.
#[derive(Debug, Clone)]
pub(super) struct PlatformTimer {
    /// Does the idle rule need more than the last HTTP request?
    watches: bool,
    /// When the timer looks for the first time.
    first_look: u64,
    /// When the machine last started or resumed.
    running_since: u64,
    /// The latest end of a request.
    until: u64,
    /// When the last look was, or will be, that finds a request in flight.
    active_look: u64,
    /// The ends of requests that were in flight at the last look. Used only with [`PlatformIdle::Completion`].
    ends: BinaryHeap<Reverse<u64>>,
    /// The latest end of a request that has passed.
    completed_at: u64,
}

impl PlatformTimer {
    pub(super) fn new(world: &World, platform_timer: bool, start: u64) -> Self {
        Self {
            watches: platform_timer && world.platform_idle != PlatformIdle::BetweenLooks,
            first_look: start,
            running_since: start,
            until: 0,
            active_look: 0,
            ends: BinaryHeap::new(),
            completed_at: 0,
        }
    }

    /// Must the timer be told of each request?
    #[inline]
    pub(super) const fn watches(&self) -> bool {
        self.watches
    }

    /// Requests in flight were frozen from `since` to `now`, so they end that much later.
    fn stood_still(&mut self, since: u64, now: u64) {
        let shifted = |until: u64| if until > since { until + (now - since) } else { until };
        self.until = shifted(self.until);
        self.ends = self.ends.drain().map(|Reverse(end)| Reverse(shifted(end))).collect();
    }

    /// Requests in flight were lost at `since`, with their connections.
    fn lost(&mut self, since: u64) {
        self.until = self.until.min(since);
        self.ends.clear();
    }
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// Do messages come over HTTP?
    pub(super) fn messages_over_http(&self) -> bool {
        self.world.messages == Messages::Http
    }

    /// Draws the phase of the platform's timer and sets its first look.
    pub(super) fn start_platform_timer(&mut self) {
        if self.has_platform_timer {
            let phase = self.draws.below(self.world.platform_check_ms, What::PlatformPhase, 0);
            self.platform_timer.first_look = self.span.start_ms + phase;
            self.await_look(self.span.start_ms);
        }
    }

    /// The platform's own timer looks. It suspends the machine if it considers it idle, whatever the machine is doing.
    pub(super) fn platform_check(&mut self) {
        if !self.platform_timer.watches {
            let every = self.world.platform_check_ms;
            self.timers.set(Timer::PlatformCheck, self.now + every);
            let quiet =
                self.now - self.machine.last_http() >= every && self.gateway.clients_attached(self.now) == 0;
            if quiet {
                self.platform_suspends();
            }
            return;
        }
        if self.suspends_at() <= self.now {
            self.platform_suspends();
            // Looks stop with the freeze and start again with the wake.
            self.await_look(self.timers.get(Timer::Freeze).saturating_add(1));
        } else {
            self.await_look(self.now + 1);
        }
    }

    /// Another timeout is in force, so an earlier look may be the one that suspends.
    pub(super) fn platform_timeout_changed(&mut self) {
        let suspending = self.timers.pending(Timer::Freeze);
        if self.has_platform_timer && self.platform_timer.watches && self.machine.is_running() && !suspending
        {
            // Looks come before arrivals of the same millisecond, so the one of now is over, except at the start of the span.
            self.await_look(self.now + u64::from(self.now > self.span.start_ms));
        }
    }

    fn platform_suspends(&mut self) {
        if !self.timers.pending(Timer::Freeze) {
            let freeze_in_ms = self.accept_suspend();
            self.note(LogEvent::PlatformSuspends { freeze_in_ms });
        }
    }

    /// The machine runs again, after a freeze at `since`. Looks during the freeze had no effect.
    pub(super) fn platform_sees_it_run(&mut self, since: u64, cold: bool) {
        if !self.has_platform_timer {
            return;
        }
        let now = self.now;
        self.platform_timer.running_since = now;
        if self.platform_timer.watches {
            if cold {
                self.platform_timer.lost(since);
            } else {
                self.platform_timer.stood_still(since, now);
            }
            let until = self.platform_timer.until.max(self.gateway.attached_until());
            self.platform_timer.active_look = self.last_look_within(now, until);
        }
        self.await_look(now + 1);
    }

    /// The gateway takes the request of the trace's event `i` now.
    pub(super) fn platform_sees_request(&mut self, i: usize) {
        let (at, kind, work_ms) = (self.events.at_ms()[i], self.events.kinds()[i], self.events.work_ms()[i]);
        let until = match kind {
            Kind::Cron if !self.world.cron_wakes => return,
            Kind::Background | Kind::Internal | Kind::Direct => return,
            Kind::Client => at.saturating_add(work_ms).max(self.now),
            Kind::Inbound | Kind::Cron | Kind::Api => self.now + work_ms,
            Kind::Probe => self.now,
        };
        self.platform_timer.active_look =
            self.platform_timer.active_look.max(self.last_look_within(self.now, until));
        if kind != Kind::Client {
            self.platform_timer.until = self.platform_timer.until.max(until);
            if self.world.platform_idle == PlatformIdle::Completion {
                self.platform_timer.ends.push(Reverse(until));
            }
        }
    }

    /// From when the platform counts idle time, as far as is known now. This moment may be in the future.
    fn counts_from(&mut self) -> u64 {
        let (now, timer) = (self.now, &mut self.platform_timer);
        let attached = self.gateway.attached_until();
        let last_http = self.machine.last_http();
        let from = match self.world.platform_idle {
            PlatformIdle::BetweenLooks | PlatformIdle::LastInbound => last_http.max(attached),
            PlatformIdle::EndOfWork | PlatformIdle::AverageZero => last_http.max(timer.until).max(attached),
            PlatformIdle::ActivePoll => timer.active_look,
            PlatformIdle::Completion => {
                while timer.ends.peek().is_some_and(|&Reverse(end)| end <= now) {
                    timer.completed_at = timer.ends.pop().map_or(0, |Reverse(end)| end);
                }
                timer.completed_at
            }
            PlatformIdle::Creation => timer.running_since,
            PlatformIdle::LastOutbound => {
                let relay = if self.relay.is_connected() { now } else { self.relay.silent_since() };
                last_http.max(self.gateway.occupied_until()).max(relay)
            }
        };
        from.max(timer.running_since)
    }

    /// The time of the look at which the platform suspends, if there is no more activity.
    fn suspends_at(&mut self) -> u64 {
        let World { platform_timeout_ms, platform_retention_ms, .. } = *self.world;
        let timeout_ms = if platform_timeout_ms > 0 {
            platform_timeout_ms
        } else {
            self.watcher.settings().idle_timeout_ms
        };
        let from = self.counts_from();
        let idle = self.first_look(from.saturating_add(timeout_ms));
        self.first_look(idle.saturating_add(platform_retention_ms))
    }

    /// Sets the timer to the first look from `at` on that can matter, or, where all looks are played, to the first one.
    fn await_look(&mut self, at: u64) {
        let skips = self.platform_timer.watches && self.ticks == Ticks::ThatMatter;
        let matters = if skips { self.suspends_at() } else { at };
        let look = self.first_look(at.max(matters));
        self.timers.set(Timer::PlatformCheck, look);
    }

    /// The first look at `at` or later.
    fn first_look(&self, at: u64) -> u64 {
        let (first, every) = (self.platform_timer.first_look, self.world.platform_check_ms);
        first.saturating_add(at.saturating_sub(first).div_ceil(every).saturating_mul(every))
    }

    /// The last look after `from` and before `until`; 0 if there is none. A look at `from` itself comes before work that begins
    /// at `from`, so it does not see it.
    fn last_look_within(&self, from: u64, until: u64) -> u64 {
        let every = self.world.platform_check_ms;
        // The first look at `until` or later is less than one period after `until`.
        let last = self.first_look(until).saturating_sub(every);
        if last > from && last < until && last >= self.platform_timer.first_look { last } else { 0 }
    }
}
