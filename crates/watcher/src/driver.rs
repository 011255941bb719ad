//! The synchronous part: one event in, at most one command out.
//!
//! Everything that happens to a watcher is a [`WatcherEvent`]. [`Driver::handle`] reads both clocks, looks at the gateway if core
//! needs that, tells core the fact, and returns core's command. It decides nothing, waits for nothing, and does not panic if the
//! gateway does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dormouse_core::{
    Census, Command, Fact, Heartbeat, Mono, Now, Phase, Source, Status, Step, View, Wall, Watcher, should_arm,
};

use crate::config::WatchConfig;
use crate::event::{Cause, WatcherEvent};
use crate::gateway::{Gateway, leaves_gate_open};
use crate::lever::SuspendLever;
use crate::observation::{Observation, WatchObserver};
use crate::signals::Signals;
use crate::work::WorkKind;

/// A shorter sleep cannot be distinguished from a late timer.
const SHORTEST_SLEEP_MS: u64 = 1000;

/// A watcher between its gateway and core, without the loop around it. [`Watch`](crate::Watch) has the loop.
pub struct Driver {
    watcher: Watcher,
    gateway: Arc<dyn Gateway>,
    lever: Arc<dyn SuspendLever>,
    signals: Signals,
    observers: Vec<Box<dyn WatchObserver>>,
    /// Both clocks at the last event.
    last: Now,
    /// Has the machine slept, and is it not known yet what woke it?
    wake_is_unexplained: bool,
    /// Has the machine slept, and no message been handled since?
    unhandled_since_sleep: bool,
    /// Has the log said that there is no lever?
    logged_no_lever: bool,
}

impl Driver {
    /// Decides, once, whether the watcher is armed, and starts it.
    pub fn start(
        config: &WatchConfig,
        gateway: Arc<dyn Gateway>,
        lever: Arc<dyn SuspendLever>,
        signals: Signals,
        observers: Vec<Box<dyn WatchObserver>>,
    ) -> Self {
        let now = signals.clock().now();
        let armed = should_arm(config.opted_in, relay_only(&*gateway), config.wake_url.as_deref());
        let watcher = Watcher::start(config.settings, now, armed);
        let mut driver = Self {
            watcher,
            gateway,
            lever,
            signals,
            observers,
            last: now,
            wake_is_unexplained: false,
            unhandled_since_sleep: false,
            logged_no_lever: false,
        };
        driver.report(&Observation::Started { now, armed });
        driver
    }

    /// When to call with [`WatcherEvent::Deadline`] if nothing happens before; `None`: never.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        self.watcher.deadline()
    }

    /// Core's phase.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.watcher.phase()
    }

    /// The published status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.watcher.status()
    }

    /// Tells core what happened, and returns what to do. Handled messages are told first, even if their own event has not come
    /// yet: a message that arrives at the deadline wins.
    pub fn handle(&mut self, event: WatcherEvent) -> Option<Command> {
        let mut now = self.signals.clock().now();
        self.notice_sleep(now);
        self.last = now;
        if let Some(handled) = self.signals.take_handled() {
            let first = std::mem::take(&mut self.unhandled_since_sleep);
            if let Some(delay_ms) = handled.first_delay_ms {
                self.report(&Observation::Handled { now, delay_ms, first });
            }
            self.woke(now, Some(Cause::Inbound));
            self.tell(Now { wall: handled.wall, ..now }, WatcherEvent::Inbound);
        }
        self.woke(now, self.signals.take_request());
        let signals = self.signals.clone();
        for (cause, times) in signals.take_requests() {
            self.report(&Observation::Requested { now, cause, times });
        }
        if let Some(entries) = signals.take_gave_up() {
            self.report(&Observation::GaveUp { now, entries });
        }
        match event {
            WatcherEvent::Inbound => None,
            WatcherEvent::Deadline => {
                now = self.on_time(now);
                self.tell(now, event)
            }
            _ => self.tell(now, event),
        }
    }

    /// Timers fire a little late. A delay within the clock's slack counts as on time; otherwise the ticks would drift.
    fn on_time(&self, now: Now) -> Now {
        let late = self.watcher.deadline().map_or(0, |at| now.mono.since(at));
        if late > self.signals.clock().timer_slack_ms() {
            return now;
        }
        let back = |ms: u64| ms.saturating_sub(late);
        Now { wall: Wall::from_ms(back(now.wall.as_ms())), mono: Mono::from_ms(back(now.mono.as_ms())) }
    }

    fn tell(&mut self, now: Now, event: WatcherEvent) -> Option<Command> {
        let (phase, status) = (self.watcher.phase(), self.watcher.status());
        let step = match event {
            WatcherEvent::Inbound => self.watcher.step(now, Fact::Inbound),
            WatcherEvent::Connected => self.watcher.step(now, Fact::Connected),
            WatcherEvent::Held(granted) => self.watcher.step(now, Fact::Held(granted)),
            WatcherEvent::Acked(acked) => self.watcher.step(now, Fact::Acked(acked)),
            WatcherEvent::Lever(accepted) => self.watcher.step(now, Fact::Lever(accepted)),
            WatcherEvent::Poked => self.watcher.step(now, Fact::Poked),
            WatcherEvent::Shutdown => self.watcher.step(now, Fact::Shutdown),
            WatcherEvent::Closed => {
                // Work that the second look does not see must not begin.
                self.signals.admit(!self.watcher.settings().switches.defer_work);
                let view = self.view();
                self.watcher.step(now, Fact::Closed(&view))
            }
            WatcherEvent::Deadline => {
                let view = self.view();
                let (heartbeat, last_seen) = (view.heartbeat, self.watcher.last_seen());
                self.report(&Observation::Looked { now, census: &view.census, heartbeat, last_seen });
                self.watcher.step(now, Fact::Deadline(&view))
            }
        };
        self.signals.admit(self.watcher.admits_work(now));
        self.follow_up(now, event, phase, status, step);
        step.command
    }

    fn follow_up(&mut self, now: Now, event: WatcherEvent, phase: Phase, status: Status, step: Step) {
        if status != self.watcher.status() {
            let status = self.watcher.status();
            if catch_unwind(AssertUnwindSafe(|| self.gateway.publish(status))).is_err() {
                tracing::error!("the gateway panicked when its status was published");
            }
        }
        if step.command == Some(Command::HoldRedial) || step.command == Some(Command::GoDormant) {
            self.woke(now, None);
        }
        self.report(&Observation::Step { now, event, from: phase, to: self.watcher.phase(), step });
    }

    /// Was the machine, or the process tree, frozen since the last event? Only meaningful after an accepted suspend: the watcher
    /// polls then, so a gap between two events is a sleep.
    fn notice_sleep(&mut self, now: Now) {
        if !matches!(self.watcher.phase(), Phase::Fenced { .. }) {
            return;
        }
        let jumped = now.parted_since(self.last);
        let late = self.watcher.deadline().map_or(0, |at| now.mono.since(at));
        let ms = jumped.max(late);
        if ms >= SHORTEST_SLEEP_MS.max(2 * self.signals.clock().timer_slack_ms()) {
            self.wake_is_unexplained = true;
            self.unhandled_since_sleep = true;
            self.report(&Observation::Slept { now, ms });
        }
    }

    /// Reports what woke the machine, once for each sleep: the first thing that came, or unknown when the next quiesce begins.
    fn woke(&mut self, now: Now, cause: Option<Cause>) {
        let known = cause.is_some() || !matches!(self.watcher.phase(), Phase::Fenced { .. });
        if known && std::mem::take(&mut self.wake_is_unexplained) {
            self.report(&Observation::Woke { now, cause: cause.unwrap_or(Cause::Unknown) });
        }
    }

    fn view(&mut self) -> View {
        // A lever that panics has not answered yet: there is none to pull now, and no mark so far.
        let asked = catch_unwind(AssertUnwindSafe(|| (self.lever.lever(), self.lever.wake_marker())));
        let panicked = asked.is_err();
        if panicked {
            tracing::error!("the lever panicked when it was asked for its kind");
        }
        let (lever, wake_marker) = asked.unwrap_or_default();
        if lever.is_none() && !panicked && !std::mem::replace(&mut self.logged_no_lever, true) {
            tracing::info!("no suspend lever on this platform: the gateway stays awake");
        }
        let gateway = &*self.gateway;
        let mut view = View::quiet();
        view.census = census(gateway);
        view.heartbeat =
            catch_unwind(AssertUnwindSafe(|| gateway.heartbeat())).unwrap_or(Heartbeat::Unreadable);
        view.relay_only = relay_only(gateway);
        view.lever = lever;
        view.wake_marker = wake_marker;
        view
    }

    fn report(&mut self, observation: &Observation<'_>) {
        for observer in &mut self.observers {
            observer.observe(observation);
        }
    }
}

/// The sources, added up by kind. A source that cannot be read makes its kind unreadable; a gateway that panics is busy.
fn census(gateway: &dyn Gateway) -> Census {
    let mut census = Census::QUIET;
    let counted = catch_unwind(AssertUnwindSafe(|| {
        gateway.sources(&mut |source| {
            let read = source.read();
            let sum = match source.kind() {
                WorkKind::Turn => &mut census.turns,
                WorkKind::Cron => &mut census.cron,
                WorkKind::Api => &mut census.api,
                WorkKind::Background => &mut census.background,
                WorkKind::Permanent => {
                    census.permanent = add(census.permanent, read.in_flight);
                    return;
                }
            };
            sum.in_flight = add(sum.in_flight, read.in_flight);
            sum.last_end = sum.last_end.max(read.last_end);
        });
    }));
    if counted.is_err() {
        tracing::error!("the gateway panicked when its work was counted: it counts as busy");
        census.turns = Source::UNREADABLE;
    }
    census
}

fn add(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    Some(a?.saturating_add(b?))
}

fn relay_only(gateway: &dyn Gateway) -> bool {
    let asked = catch_unwind(AssertUnwindSafe(|| {
        let mut only = true;
        gateway.channels(&mut |name| only &= leaves_gate_open(name));
        only
    }));
    asked.unwrap_or(false)
}
