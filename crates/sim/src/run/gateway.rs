//! The gateway process: arrivals, work in flight, clients, and what waits until the machine runs.

use crate::rows::WakeCause;
use dormouse_core::{Fact, Wall};
use dormouse_trace::Kind;

use super::{NEVER, Observer, Run, TimeoutSource, Timer};
use crate::log::LogEvent;

/// Real work, by source.
///
/// Items of one source may overlap and are frozen together, so only their latest end must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Turns,
    Cron,
    Api,
    Background,
}

/// An attached client.
#[derive(Debug, Clone, Copy)]
struct Client {
    /// When it leaves, in wall ms, whatever happens to the machine.
    until: u64,
    /// When its next heartbeat is due, in wall ms.
    heartbeat: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Gateway {
    /// Latest end of work by source, in wall ms, if the machine is not frozen before; 0 if there was no work yet.
    pub(super) until: [u64; 4],
    clients: Vec<Client>,
    /// When the last client leaves, in wall ms.
    attached_until: u64,
    /// When the last heartbeat was written, in wall ms.
    pub(super) heartbeat: Option<u64>,
    /// Events of the trace that wait for the machine, oldest first.
    waiting: Vec<usize>,
    /// Whether some of them only wait for the watcher to admit them.
    deferred: bool,
}

impl Gateway {
    /// Is real work in flight?
    pub(super) fn is_busy(&self, now: u64) -> bool {
        self.until.iter().any(|&until| until > now)
    }

    /// The latest end of real work and of clients' attachments.
    pub(super) fn occupied_until(&self) -> u64 {
        self.until.into_iter().fold(self.attached_until, u64::max)
    }

    /// When the last client leaves, in wall ms.
    pub(super) const fn attached_until(&self) -> u64 {
        self.attached_until
    }

    pub(super) fn clients_attached(&self, now: u64) -> u64 {
        self.clients.iter().filter(|client| client.until > now).count() as u64
    }

    pub(super) fn somebody_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Does an event wait for the watcher to admit it?
    pub(super) const fn somebody_is_deferred(&self) -> bool {
        self.deferred
    }

    /// Do both gateways, with no client attached and with nothing that waits or is deferred, go on the same? Ends of work up to
    /// `dead_before` are dead.
    pub(super) fn rests_like(&self, other: &Self, dead_before: u64) -> bool {
        let live = |gateway: &Self| {
            let Self { until, clients: _, attached_until, heartbeat, waiting: _, deferred: _ } = *gateway;
            let end = |until: u64| if until <= dead_before { 0 } else { until };
            (until.map(end), end(attached_until), heartbeat)
        };
        live(self) == live(other)
    }

    /// Work in flight was frozen from `since` to `now`, so it ends that much later.
    pub(super) fn stood_still(&mut self, since: u64, now: u64) {
        for until in self.until.iter_mut().filter(|until| **until > since) {
            *until += now - since;
        }
    }

    /// The process is gone, and its work was lost at `since`.
    pub(super) fn memory_lost(&mut self, since: u64) {
        for until in &mut self.until {
            *until = (*until).min(since);
        }
        self.heartbeat = None;
    }
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// The trace's event `i` arrives now. Returns true if a timer may have changed.
    #[inline]
    pub(super) fn arrive(&mut self, i: usize) -> bool {
        let (kind, work_ms) = (self.events.kinds()[i], self.events.work_ms()[i]);
        self.note(LogEvent::Arrived { kind, work_ms });
        self.end_gap(i);
        match kind {
            Kind::Inbound => {
                self.audit.user_arrived();
                if self.delivers_live() {
                    return self.handle_message(kind, self.now, work_ms);
                }
                self.message_to_connector(i);
            }
            Kind::Direct => return self.direct_message(work_ms),
            Kind::Background => {
                if !self.may_begin() {
                    self.wait(i);
                    return false;
                }
                self.begin_work(Work::Background, kind, work_ms);
                return false;
            }
            Kind::Internal => return false,
            Kind::Cron if !self.world.cron_wakes => {
                if !self.may_begin() {
                    self.wait(i);
                    return false;
                }
                self.handle_request(i);
                return false;
            }
            Kind::Cron => self.cron_fires(i),
            Kind::Api => {
                self.audit.user_arrived();
                self.http(WakeCause::Api, Some(i));
            }
            Kind::Client => {
                self.audit.user_arrived();
                self.http(WakeCause::Client, Some(i));
            }
            Kind::Probe => self.http(WakeCause::Probe, Some(i)),
        }
        true
    }

    /// A message that was sent at `at` is handled: a turn begins. Returns true if a timer may have changed.
    #[inline]
    pub(super) fn handle_message(&mut self, kind: Kind, at: u64, work_ms: u64) -> bool {
        self.audit.user_handled(at, self.now);
        self.note(LogEvent::Handled { kind, delay_ms: self.now - at });
        let changed = self.stamp_inbound();
        self.begin_work(Work::Turns, kind, work_ms);
        changed
    }

    #[inline]
    pub(super) fn begin_work(&mut self, source: Work, kind: Kind, work_ms: u64) {
        let until = &mut self.gateway.until[source as usize];
        *until = (*until).max(self.now + work_ms);
        self.audit.active(self.now);
        if work_ms > 0 {
            self.note(LogEvent::WorkBegan { kind, work_ms });
        }
        self.choose();
    }

    /// A message arrives on the direct channel's own socket. Returns true if a timer may have changed.
    fn direct_message(&mut self, work_ms: u64) -> bool {
        self.audit.user_arrived();
        let first = !self.direct;
        if first {
            self.direct = true;
            self.audit.may_not_sleep(self.now);
            self.schedule_watcher();
        }
        if self.world.direct_leaves_ms > 0 {
            self.timers.set(Timer::DirectLeaves, self.now + self.world.direct_leaves_ms);
        }
        if self.machine.is_running() {
            self.handle_message(Kind::Direct, self.now, work_ms);
        } else {
            self.audit.lost(self.now, "sent to a direct platform of a machine that is not running");
        }
        true
    }

    /// The direct channel disconnects, so the arm gate may open again.
    pub(super) fn direct_platform_leaves(&mut self) {
        self.direct = false;
        self.note(LogEvent::DirectLeft);
        self.audit.may_sleep_again(self.now);
        self.schedule_watcher();
    }

    /// May the gateway begin work? Only if it is up and the watcher admits work.
    #[inline]
    fn may_begin(&mut self) -> bool {
        if !self.machine.is_running() {
            return false;
        }
        let admitted = self.watcher.admits_work(self.clocks());
        self.gateway.deferred |= !admitted;
        admitted
    }

    /// The event `i` reaches a gateway that is up, over HTTP. If the gateway is on its way to sleep, the work waits and the
    /// watcher is told.
    pub(super) fn request_comes_in(&mut self, i: usize) {
        let is_work = matches!(self.events.kinds()[i], Kind::Cron | Kind::Api | Kind::Inbound);
        if is_work && !self.may_begin() {
            self.wait(i);
            self.tell(Fact::Poked);
        } else {
            self.handle_request(i);
        }
    }

    /// The event `i` waits until the machine runs, or until the gateway is no longer on its way to sleep.
    pub(super) fn wait(&mut self, i: usize) {
        let kind = self.events.kinds()[i];
        let deferred = self.gateway.deferred && self.machine.is_running();
        self.note(if deferred { LogEvent::Deferred { kind } } else { LogEvent::Waits { kind } });
        self.gateway.waiting.push(i);
    }

    /// Handles the waiting events, oldest first, if the gateway is up and not on its way to sleep.
    pub(super) fn handle_those_who_wait(&mut self) {
        if self.timers.pending(Timer::Ready) {
            return;
        }
        self.gateway.deferred = false;
        if !self.may_begin() {
            return;
        }
        for i in std::mem::take(&mut self.gateway.waiting) {
            if !self.cron_was_given_up(i) {
                self.handle_request(i);
            }
        }
    }

    /// Has the machine accepted requests that the gateway's process has not yet taken?
    pub(super) fn requests_lie_before_the_gateway(&self) -> bool {
        self.timers.pending(Timer::Ready) && self.gateway.somebody_waits()
    }

    /// Counts the events that still wait as missed or lost, once the horizon and its grace are over.
    pub(super) fn give_up_on_those_who_wait(&mut self) {
        for i in std::mem::take(&mut self.gateway.waiting) {
            match self.events.kinds()[i] {
                Kind::Cron => self.audit.cron_missed(self.now, "the machine never ran again"),
                Kind::Api | Kind::Client | Kind::Inbound => {
                    self.audit.lost(self.now, "the machine never ran again");
                }
                // A background job is deferred, not lost.
                _ => {}
            }
        }
    }

    /// Handles the event `i`, which came over HTTP or was deferred.
    pub(super) fn handle_request(&mut self, i: usize) {
        let (at, kind, work_ms) = (self.events.at_ms()[i], self.events.kinds()[i], self.events.work_ms()[i]);
        if self.platform_timer.watches() {
            self.platform_sees_request(i);
        }
        match kind {
            Kind::Inbound => {
                self.handle_message(kind, at, work_ms);
            }
            Kind::Cron => {
                self.note(LogEvent::Handled { kind, delay_ms: self.now - at });
                self.cron_was_taken();
                self.audit.cron_started(at, self.now, self.world.cron_grace_ms);
                self.begin_work(Work::Cron, kind, work_ms);
            }
            Kind::Api => {
                self.note(LogEvent::Handled { kind, delay_ms: self.now - at });
                self.audit.user_handled(at, self.now);
                self.begin_work(Work::Api, kind, work_ms);
            }
            Kind::Client => {
                self.note(LogEvent::Handled { kind, delay_ms: self.now - at });
                self.audit.user_handled(at, self.now);
                self.audit.active(self.now);
                // The client stays as long as it would have without the delay, counted from its arrival.
                self.attach(at.saturating_add(work_ms));
                self.choose();
            }
            Kind::Background => self.begin_work(Work::Background, kind, work_ms),
            Kind::Probe => {
                self.note(LogEvent::Handled { kind, delay_ms: self.now - at });
                self.choose();
            }
            Kind::Direct | Kind::Internal => {}
        }
    }

    /// A client's request failed at the machine. It tries again, like a client whose machine was frozen.
    pub(super) fn client_tries_again(&mut self, i: usize) {
        self.gateway.waiting.push(i);
        self.reconnect_later();
    }

    // ---- clients ----

    fn attach(&mut self, until: u64) {
        if until <= self.now {
            return;
        }
        self.note(LogEvent::Attached { until_ms: until });
        self.gateway.attached_until = self.gateway.attached_until.max(until);
        self.gateway.clients.push(Client { until, heartbeat: self.now });
        if !self.timers.pending(Timer::Heartbeat) || self.timers.get(Timer::Heartbeat) > self.now {
            self.heartbeat();
        }
    }

    /// Writes the heartbeats that are due, unless one was written within the throttle time. Clients that left are removed.
    pub(super) fn heartbeat(&mut self) {
        let (now, every) = (self.now, self.world.heartbeat_ms);
        let gateway = &mut self.gateway;
        gateway.clients.retain(|client| client.until > now);
        let mut next = NEVER;
        for client in &mut gateway.clients {
            if client.heartbeat <= now {
                client.heartbeat = now + every;
                if gateway.heartbeat.is_none_or(|last| now - last >= self.world.heartbeat_throttle_ms) {
                    gateway.heartbeat = Some(now);
                }
            }
            next = next.min(client.heartbeat);
        }
        // Heartbeats have no effect unless the watcher counts clients.
        if self.setup.settings.switches.count_clients {
            self.timers.set(Timer::Heartbeat, next);
        }
    }

    /// The machine froze while clients were attached: they notice it, and reconnect later.
    pub(super) fn clients_lose_their_connection(&mut self) {
        self.timers.clear(Timer::Heartbeat);
        if self.gateway.clients_attached(self.now) > 0 {
            self.reconnect_later();
        }
    }

    pub(super) fn reconnect_later(&mut self) {
        let at = self.now + self.world.client_reconnect_ms;
        self.timers.set(Timer::Reconnect, self.timers.get(Timer::Reconnect).min(at));
    }

    /// Clients reconnect, which wakes a machine that sleeps.
    pub(super) fn clients_reconnect(&mut self) {
        if self.gateway.clients_attached(self.now) > 0 || self.gateway.somebody_waits() {
            self.http(WakeCause::Client, None);
        }
    }

    /// The machine runs again, and its clients are attached again.
    pub(super) fn reattach_clients(&mut self) {
        let now = self.now;
        for client in &mut self.gateway.clients {
            client.heartbeat = now;
        }
        self.heartbeat();
    }

    pub(super) fn last_heartbeat(&self) -> Option<Wall> {
        self.gateway.heartbeat.map(Wall::from_ms)
    }
}
