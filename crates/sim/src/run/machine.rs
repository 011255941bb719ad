//! The machine: freeze, resume, and HTTP requests.

use crate::rows::WakeCause;
use dormouse_core::Fact;
use dormouse_trace::Kind;

use super::{Observer, Run, TimeoutSource, Timer};
use crate::choice::WhileSuspending;
use crate::draw::What;
use crate::faults::Fault;
use crate::log::LogEvent;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Frozen,
    Resuming,
}

#[derive(Debug, Clone)]
pub(super) struct Machine {
    state: State,
    /// When the last freeze landed.
    frozen_at: u64,
    /// When the last resume began.
    resumed_at: u64,
    /// An HTTP request reached the machine while it was suspending, so it resumes right after the freeze.
    wake_after_freeze: Option<WakeCause>,
    /// Whether the wake is a cold start.
    cold: bool,
    /// When the last HTTP request came; before the first one, the start.
    last_http: u64,
    /// Will the lever's pending answer be a refusal?
    lever_refuses: bool,
    /// Has the machine been resumed since a suspend was accepted?
    resumed_since_accept: bool,
    /// How far the wall clock lags, in ms, until `lag_until`.
    lag: u64,
    lag_until: u64,
}

impl Machine {
    pub(super) const fn new(start: u64) -> Self {
        Self {
            state: State::Running,
            frozen_at: start,
            resumed_at: start,
            wake_after_freeze: None,
            cold: false,
            last_http: start,
            lever_refuses: false,
            resumed_since_accept: false,
            lag: 0,
            lag_until: 0,
        }
    }

    #[inline]
    pub(super) fn is_running(&self) -> bool {
        self.state == State::Running
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.state == State::Frozen
    }

    /// Is a wake under way, or will one follow the freeze?
    pub(super) fn a_wake_is_due(&self) -> bool {
        self.state == State::Resuming || self.wake_after_freeze.is_some()
    }

    /// The wall time up to which a clock has run that stops while the machine is frozen.
    #[inline]
    pub(super) fn mono_stood_at(&self, now: u64) -> u64 {
        if self.is_running() { now } else { self.frozen_at }
    }

    /// When the last freeze landed.
    pub(super) const fn frozen_at(&self) -> u64 {
        self.frozen_at
    }

    /// Has the machine been resumed since a suspend was accepted?
    pub(super) const fn was_resumed_since_accept(&self) -> bool {
        self.resumed_since_accept
    }

    /// The last HTTP request, or the start.
    pub(super) const fn last_http(&self) -> u64 {
        self.last_http
    }

    /// Records HTTP requests, the last one at `at`.
    pub(super) const fn set_last_http(&mut self, at: u64) {
        self.last_http = at;
    }

    /// How far the gateway's wall clock lags.
    pub(super) const fn clock_lag(&self, now: u64) -> u64 {
        if now < self.lag_until { self.lag } else { 0 }
    }
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    // ---- going to sleep ----

    /// The watcher pulls the lever.
    pub(super) fn pull_lever(&mut self) {
        let now = self.now;
        if self.strikes(Fault::LeverTimeout) {
            return; // no answer comes; the watcher's own deadline will pass
        }
        self.machine.lever_refuses = self.strikes(Fault::LeverRefused);
        let call = self.draw(&self.world.lever_call_ms, What::LeverCall);
        self.timers.set(Timer::Lever, now + call);
    }

    pub(super) fn lever_answers(&mut self) {
        if self.machine.lever_refuses {
            self.note(LogEvent::Refused);
            self.tell(Fact::Lever(false));
            return;
        }
        let freeze_in_ms = self.accept_suspend();
        self.note(LogEvent::Accepted { freeze_in_ms });
        self.tell(Fact::Lever(true));
    }

    /// From now on the machine is suspending. Returns the time until the freeze, in ms.
    pub(super) fn accept_suspend(&mut self) -> u64 {
        self.machine.resumed_since_accept = false;
        let mut lag = self.draw(&self.world.freeze_lag_ms, What::FreezeLag);
        if self.strikes(Fault::SlowFreeze) {
            lag += self.world.slow_freeze_ms;
        }
        self.timers.set(Timer::Freeze, self.timers.get(Timer::Freeze).min(self.now + lag));
        lag
    }

    pub(super) fn freeze(&mut self) {
        let now = self.now;
        self.machine.state = State::Frozen;
        self.machine.frozen_at = now;
        self.note(LogEvent::Frozen { clients: self.gateway.clients_attached(now) });
        let black_hole = if !self.world.wake_url {
            Some("frozen without a wake URL")
        } else if self.direct {
            Some("frozen while a direct platform is connected")
        } else if self.messages_over_http() {
            None // the platform keeps each request, and wakes the machine
        } else if self.relay.gave_up() {
            Some("frozen with a relay that has given up")
        } else if !self.connector.is_flipped() {
            Some("frozen while the connector still delivers live")
        } else {
            None
        };
        let busy = self.gateway.is_busy(now) || self.requests_lie_before_the_gateway();
        self.audit.frozen(now, busy, black_hole);
        self.audit_status();
        self.timers.clear(Timer::PlatformCheck);
        if self.relay.is_connected() {
            self.timers.set(Timer::Reap, now + self.world.keepalive_ms);
        }
        self.clients_lose_their_connection();
        if let Some(cause) = self.machine.wake_after_freeze.take() {
            self.resume(cause);
        }
        self.audit_wake();
    }

    // ---- waking ----

    /// An HTTP request arrives: the trace's event `i`, or clients that reconnect.
    pub(super) fn http(&mut self, cause: WakeCause, i: Option<usize>) {
        self.machine.last_http = self.now;
        match self.machine.state {
            State::Running if !self.timers.pending(Timer::Freeze) => match i {
                Some(i) if self.timers.pending(Timer::Ready) => self.wait(i),
                Some(i) => self.request_comes_in(i),
                None => {
                    self.reattach_clients();
                    self.handle_those_who_wait();
                }
            },
            State::Running => match self.world.http_while_suspending {
                WhileSuspending::Resumes => {
                    i.into_iter().for_each(|i| self.wait(i));
                    self.machine.wake_after_freeze.get_or_insert(cause);
                }
                WhileSuspending::Fails => self.request_fails(i),
            },
            State::Frozen => {
                i.into_iter().for_each(|i| self.wait(i));
                self.resume(cause);
            }
            State::Resuming => i.into_iter().for_each(|i| self.wait(i)),
        }
        self.audit_wake();
    }

    fn request_fails(&mut self, i: Option<usize>) {
        let cause = "the request failed at a machine that was suspending";
        match i.map(|i| (i, self.events.kinds()[i])) {
            Some((_, Kind::Api | Kind::Inbound)) => self.audit.lost(self.now, cause),
            Some((_, Kind::Cron)) => self.audit.cron_missed(self.now, cause),
            Some((i, Kind::Client)) => self.client_tries_again(i),
            Some(_) => {}
            None => self.reconnect_later(),
        }
    }

    pub(super) fn poke_arrives(&mut self) {
        // A poke is an HTTP request like any other, also for the platform's own timer.
        self.machine.last_http = self.now;
        match self.machine.state {
            State::Frozen => self.resume(WakeCause::Inbound),
            State::Resuming => {}
            State::Running if !self.timers.pending(Timer::Freeze) => {
                self.note(LogEvent::Poke(crate::log::Poke::Spent));
                self.tell(Fact::Poked);
            }
            State::Running => self.poke_while_suspending(WakeCause::Inbound),
        }
        self.audit_wake();
    }

    fn poke_while_suspending(&mut self, cause: WakeCause) {
        match self.world.http_while_suspending {
            WhileSuspending::Resumes => {
                self.machine.wake_after_freeze.get_or_insert(cause);
            }
            WhileSuspending::Fails => self.note(LogEvent::Poke(crate::log::Poke::Swallowed)),
        }
    }

    /// The gateway sends a request to its own wake URL, since an event waits. It repeats the request until the platform
    /// has taken it, and has the seconds before the freeze to do so. So this request is never lost.
    pub(super) fn wake_itself(&mut self) {
        let latency = self.draw(&self.world.poke_ms, What::OwnPoke);
        self.timers.set(Timer::Wake, self.now + latency);
        self.audit_wake();
    }

    /// The gateway's own request arrives. It acts like a connector's poke, but has no effect on a machine that is up.
    pub(super) fn own_poke_arrives(&mut self) {
        self.wake_url_is_asked(WakeCause::Inbound);
    }

    /// A policy wakes the machine before the next arrival, by a request like the gateway's own.
    pub(super) fn prewarm(&mut self) {
        if self.world.wake_url {
            self.wake_url_is_asked(WakeCause::Other);
        }
    }

    fn wake_url_is_asked(&mut self, cause: WakeCause) {
        self.machine.last_http = self.now;
        match self.machine.state {
            State::Frozen => self.resume(cause),
            State::Running if self.timers.pending(Timer::Freeze) => self.poke_while_suspending(cause),
            State::Running | State::Resuming => {}
        }
        self.audit_wake();
    }

    fn resume(&mut self, cause: WakeCause) {
        self.note(LogEvent::Resuming { cause });
        self.audit.resuming(self.now, cause);
        self.machine.state = State::Resuming;
        self.machine.resumed_at = self.now;
        self.machine.resumed_since_accept = true;
        self.machine.cold = self.strikes(Fault::LostSnapshot);
        let latency = if self.machine.cold {
            self.draw(&self.world.cold_start_ms, What::ColdStart)
        } else {
            self.draw(&self.world.resume_ms, What::Resume)
        };
        self.timers.set(Timer::Running, self.now + latency);
    }

    pub(super) fn machine_runs(&mut self) {
        let (now, since) = (self.now, self.machine.frozen_at);
        let slept_ms = self.machine.resumed_at - since;
        self.machine.state = State::Running;
        if self.world.mono_stands_still {
            self.mono_behind += now - since;
            self.timers.shift_mono(now - since);
        }
        self.note(LogEvent::Running { slept_ms, cold: self.machine.cold });
        self.audit.running(now);
        self.schedule_watcher_after_freeze(since);
        if self.machine.cold {
            self.start_anew(since);
        } else {
            self.gateway.stood_still(since, now);
            if self.strikes(Fault::ClockLag) {
                self.machine.lag = self.world.clock_lag_ms.min(now - since);
                self.machine.lag_until = now + self.world.clock_lag_for_ms;
            }
            self.find_connection_gone();
        }
        self.relay.thawed();
        if self.world.ready_ms > 0 {
            self.timers.set(Timer::Ready, now + self.world.ready_ms);
        }
        self.timers.clear(Timer::Reap);
        self.platform_sees_it_run(since, self.machine.cold);
        if !self.timers.pending(Timer::Reconnect) {
            self.reattach_clients();
        }
        self.handle_those_who_wait();
        self.schedule_watcher();
        self.audit_wake();
        self.audit_status();
    }

    /// A cold start: the process starts again, and its memory is gone.
    fn start_anew(&mut self, since: u64) {
        self.timers.clear_the_machine();
        self.gateway.memory_lost(since);
        self.connector_loses_its_peer();
        self.watcher_starts_anew();
        self.relay_starts_anew();
    }
}
