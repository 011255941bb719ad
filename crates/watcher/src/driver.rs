//! The synchronous middle: one event in, at most one command out.
//!
//! Everything that happens to a watcher is an [`Event`]. [`Driver::handle`] reads both clocks and asks the gateway, tells
//! core the fact, and returns what core commands. It decides nothing, waits for nothing, and never panics when the gateway
//! does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dormouse_core::{
    Census, Command, Fact, Heartbeat, Mono, Now, Phase, Settings, Source, Status, Step, View, Watcher,
    gate::messaging_is_relay_only_or_absent, should_arm,
};

use crate::gateway::Gateway;
use crate::lever::Pull;
use crate::observer::{Observer, Seen};
use crate::signals::{Cause, Signals};
use crate::work::WorkKind;

/// Everything that can happen to a watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A message was handled.
    Inbound,
    /// The relay is connected.
    Connected,
    /// The relay's answer to a hold.
    Held(bool),
    /// The connector's answer to `going_idle`.
    Acked(bool),
    /// The socket is closed.
    Closed,
    /// The lever's answer.
    Lever(bool),
    /// The deadline is reached.
    Deadline,
    /// Somebody outside waits for this machine.
    Poked,
    /// The process shuts down.
    Shutdown,
}

/// What a watcher is told at its start.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Timings and switches; [`Settings::dormouse`] unless there is a reason.
    pub settings: Settings,
    /// Did the operator opt in? See [`dormouse_core::scale_to_zero_enabled`].
    pub opted_in: bool,
    /// The URL that wakes this machine. Without one there is no watcher; with it the machine wakes itself for somebody who
    /// came too late to stop its suspend.
    pub wake_url: Option<String>,
}

/// A sleep shorter than this is not told from a timer that was late.
const SHORTEST_SLEEP_MS: u64 = 1000;

/// One watcher between its gateway and core.
pub struct Driver {
    watcher: Watcher,
    gateway: Arc<dyn Gateway>,
    lever: Arc<dyn Pull>,
    signals: Signals,
    observers: Vec<Box<dyn Observer>>,
    /// Both clocks at the last event.
    last: Now,
    /// Slept, and what woke it is not known yet.
    woken_by: Option<Cause>,
    /// Slept, and no message has been handled since.
    unhandled_since_sleep: bool,
    said_abstains: bool,
}

impl Driver {
    /// Asks the arm gate, once, and starts.
    pub fn start(
        setup: &Setup,
        gateway: Arc<dyn Gateway>,
        lever: Arc<dyn Pull>,
        signals: Signals,
        observers: Vec<Box<dyn Observer>>,
    ) -> Self {
        let now = signals.clock().now();
        let armed = should_arm(setup.opted_in, relay_only(&*gateway), setup.wake_url.as_deref());
        let watcher = Watcher::start(setup.settings, now, armed);
        let mut driver = Self {
            watcher,
            gateway,
            lever,
            signals,
            observers,
            last: now,
            woken_by: None,
            unhandled_since_sleep: false,
            said_abstains: false,
        };
        driver.see(&Seen::Started { now, armed });
        driver
    }

    /// When to call with [`Event::Deadline`], if nothing happens before; `None`: never.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        self.watcher.deadline()
    }

    /// Where core is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.watcher.phase()
    }

    /// What is published.
    #[must_use]
    pub fn status(&self) -> Status {
        self.watcher.status()
    }

    /// Tells core what happened, and returns what to do. A message that was handled before this event is told first, also if
    /// its own event has not come yet: an arrival at the deadline wins.
    pub fn handle(&mut self, event: Event) -> Option<Command> {
        let mut now = self.signals.clock().now();
        self.notice_sleep(now);
        self.last = now;
        if let Some(handled) = self.signals.take_handled() {
            let first = std::mem::take(&mut self.unhandled_since_sleep);
            if let Some(delay_ms) = handled.first_delay_ms {
                self.see(&Seen::Handled { now, delay_ms, first });
            }
            self.woke(now, Some(Cause::Inbound));
            self.tell(Now { wall: handled.wall, ..now }, Event::Inbound);
        }
        self.woke(now, self.signals.take_request());
        let signals = self.signals.clone();
        for (cause, times) in signals.take_requests() {
            self.see(&Seen::Requested { now, cause, times });
        }
        match event {
            Event::Inbound => None,
            Event::Deadline => {
                now = self.on_time(now);
                self.tell(now, event)
            }
            _ => self.tell(now, event),
        }
    }

    /// A timer fires a little late. What is within the clock's slack counts as on time, or the ticks would drift by it.
    fn on_time(&self, now: Now) -> Now {
        let late = self.watcher.deadline().map_or(0, |at| now.mono.since(at));
        if late > self.signals.clock().timer_slack_ms() {
            return now;
        }
        let back = |ms: u64| ms.saturating_sub(late);
        Now {
            wall: dormouse_core::Wall::from_ms(back(now.wall.as_ms())),
            mono: Mono::from_ms(back(now.mono.as_ms())),
        }
    }

    fn tell(&mut self, now: Now, event: Event) -> Option<Command> {
        let (phase, status) = (self.watcher.phase(), self.watcher.status());
        let step = match event {
            Event::Inbound => self.watcher.step(now, Fact::Inbound),
            Event::Connected => self.watcher.step(now, Fact::Connected),
            Event::Held(granted) => self.watcher.step(now, Fact::Held(granted)),
            Event::Acked(acked) => self.watcher.step(now, Fact::Acked(acked)),
            Event::Lever(accepted) => self.watcher.step(now, Fact::Lever(accepted)),
            Event::Poked => self.watcher.step(now, Fact::Poked),
            Event::Shutdown => self.watcher.step(now, Fact::Shutdown),
            Event::Closed => {
                // What the second question does not see must not begin.
                self.signals.admit(!self.watcher.settings().switches.defer_work);
                let view = self.view();
                self.watcher.step(now, Fact::Closed(&view))
            }
            Event::Deadline => {
                let view = self.view();
                let (heartbeat, last_seen) = (view.heartbeat, self.watcher.last_seen());
                self.see(&Seen::Looked { now, census: &view.census, heartbeat, last_seen });
                self.watcher.step(now, Fact::Deadline(&view))
            }
        };
        self.signals.admit(self.watcher.admits_work(now));
        self.after(now, event, phase, status, step);
        step.command
    }

    fn after(&mut self, now: Now, event: Event, phase: Phase, status: Status, step: Step) {
        if status != self.watcher.status() {
            let status = self.watcher.status();
            if catch_unwind(AssertUnwindSafe(|| self.gateway.publish(status))).is_err() {
                tracing::error!("the gateway panicked while its status was published");
            }
        }
        if step.command == Some(Command::HoldRedial) || step.command == Some(Command::GoDormant) {
            self.woke(now, None);
        }
        self.see(&Seen::Step { now, event, from: phase, to: self.watcher.phase(), step });
    }

    /// Was the machine, or the process tree, frozen since the last event? Only an accepted suspend is looked at: there the
    /// watcher polls, so that a gap is a sleep.
    fn notice_sleep(&mut self, now: Now) {
        if !matches!(self.watcher.phase(), Phase::Fenced { .. }) {
            return;
        }
        let jumped = now.wall.since(self.last.wall).saturating_sub(now.mono.since(self.last.mono));
        let late = self.watcher.deadline().map_or(0, |at| now.mono.since(at));
        let ms = jumped.max(late);
        if ms >= SHORTEST_SLEEP_MS.max(2 * self.signals.clock().timer_slack_ms()) {
            self.woken_by = Some(Cause::Unknown);
            self.unhandled_since_sleep = true;
            self.see(&Seen::Slept { now, ms });
        }
    }

    /// Says what woke the machine, once a sleep: the first thing that came, or unknown when the next quiesce begins.
    fn woke(&mut self, now: Now, cause: Option<Cause>) {
        let known = cause.is_some() || !matches!(self.watcher.phase(), Phase::Fenced { .. });
        if known && self.woken_by.take().is_some() {
            self.see(&Seen::Woke { now, cause: cause.unwrap_or(Cause::Unknown) });
        }
    }

    fn view(&mut self) -> View {
        // A lever that panics has not answered yet: none to pull now, no mark so far.
        let asked = catch_unwind(AssertUnwindSafe(|| (self.lever.lever(), self.lever.wake_marker())));
        let panicked = asked.is_err();
        if panicked {
            tracing::error!("the lever panicked while it was looked at");
        }
        let (lever, wake_marker) = asked.unwrap_or_default();
        if lever.is_none() && !panicked && !std::mem::replace(&mut self.said_abstains, true) {
            tracing::info!("no suspend lever on this platform: the gateway stays awake");
        }
        let gateway = &*self.gateway;
        View {
            census: census(gateway),
            heartbeat: catch_unwind(AssertUnwindSafe(|| gateway.heartbeat()))
                .unwrap_or(Heartbeat::Unreadable),
            relay_only: relay_only(gateway),
            lever,
            wake_marker,
        }
    }

    fn see(&mut self, seen: &Seen<'_>) {
        for observer in &mut self.observers {
            observer.on(seen);
        }
    }
}

/// Sums the sources by kind. One that cannot be read makes its kind unreadable; a gateway that panics is busy.
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
        tracing::error!("the gateway panicked while its work was counted: it counts as busy");
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
        gateway.platforms(&mut |name| only &= messaging_is_relay_only_or_absent([name]));
        only
    }));
    asked.unwrap_or(false)
}
