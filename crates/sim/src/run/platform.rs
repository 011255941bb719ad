//! The platform's own timer: from when it counts, and when it suspends.
//!
//! It sees less than the gateway: requests, and not what becomes of a message that came over the relay. Nothing is done at a
//! look that finds nothing: activity only pushes the moment of the suspend back, so the look that can be the one is worked
//! out from what is known, and when it comes, worked out again. [`Ticks::Every`] plays them all.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use dormouse_trace::Kind;

use super::{Observer, Run, Ticks, TimeoutSource, Timer};
use crate::choice::Messages;
use crate::draw::What;
use crate::idle::PlatformIdle;
use crate::log::LogEvent;
use crate::world::World;

/// What the platform's timer has seen, where it counts by more than the last HTTP request.
#[derive(Debug)]
pub(super) struct PlatformTimer {
    /// Does it count by more than that?
    watches: bool,
    /// The first look of all.
    first_look: u64,
    /// The last start or resume.
    running_since: u64,
    /// The latest end of a request.
    until: u64,
    /// The last look that found, or will find, a request in flight.
    active_look: u64,
    /// The ends of requests that were in flight when the timer looked last: for completions alone.
    ends: BinaryHeap<Reverse<u64>>,
    /// The last end of a request that has come.
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

    /// Must it be told of each request?
    #[inline]
    pub(super) const fn watches(&self) -> bool {
        self.watches
    }

    /// Requests in flight stood still from `since` to `now`.
    fn stood_still(&mut self, since: u64, now: u64) {
        let shifted = |until: u64| if until > since { until + (now - since) } else { until };
        self.until = shifted(self.until);
        self.ends = self.ends.drain().map(|Reverse(end)| Reverse(shifted(end))).collect();
    }

    /// They are gone, and the connections with them.
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

    /// The first look of the platform's timer.
    pub(super) fn start_platform_timer(&mut self) {
        if self.has_platform_timer {
            let phase = self.draws.below(self.world.platform_check_ms, What::PlatformPhase, 0);
            self.platform_timer.first_look = self.span.start_ms + phase;
            self.await_look(self.span.start_ms);
        }
    }

    /// The platform's own timer looks: it suspends whatever it takes for idle, whatever it is doing.
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
            // The freeze ends its looks, and the wake begins them anew.
            self.await_look(self.timers.get(Timer::Freeze).saturating_add(1));
        } else {
            self.await_look(self.now + 1);
        }
    }

    /// Another timeout is in force: the look that can be the one may come sooner.
    pub(super) fn platform_timeout_changed(&mut self) {
        let suspending = self.timers.pending(Timer::Freeze);
        if self.has_platform_timer && self.platform_timer.watches && self.machine.is_running() && !suspending
        {
            // Looks come before arrivals; but before anything has happened, none has come.
            self.await_look(self.now + u64::from(self.now > self.span.start_ms));
        }
    }

    fn platform_suspends(&mut self) {
        if !self.timers.pending(Timer::Freeze) {
            let freeze_in_ms = self.accept_suspend();
            self.note(LogEvent::PlatformSuspends { freeze_in_ms });
        }
    }

    /// The machine runs again, after a freeze at `since`. The looks at a frozen machine found nothing to do.
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

    /// The request of the trace's event `i` is taken up now.
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

    /// From when the platform counts, as far as is known by now; that may lie ahead.
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

    /// The look at which the platform suspends, if nothing more happens.
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

    /// Sets the timer to the first look from `at` on that can matter, or to the very first where all are played.
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

    /// The last look behind `from` and before `until`, if there is one; else 0. A look at `from` came before what began then.
    fn last_look_within(&self, from: u64, until: u64) -> u64 {
        let every = self.world.platform_check_ms;
        // The first look at `until` or later is no more than one period behind it.
        let last = self.first_look(until).saturating_sub(every);
        if last > from && last < until && last >= self.platform_timer.first_look { last } else { 0 }
    }
}
