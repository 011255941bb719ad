//! Connects the world with core's state machine: tells it facts, and carries out its commands.
//!
//! No decision is made here.

use dormouse_core::{
    Activity, Command, Fact, Forecast, Heartbeat, Lever, Mono, Phase, Source, View, Wall, Watcher,
    takes_for_relay_only,
};

use super::{Observer, Run, Ticks, TimeoutSource, Timer};
use crate::choice::LeverKind;
use crate::faults::Fault;
use crate::log::LogEvent;

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// The watcher's deadline has come.
    pub(super) fn look(&mut self) {
        self.overdue_since = None;
        if self.ticks == Ticks::ThatMatter && self.world.mono_stands_still {
            self.watcher.pass_over(self.clocks().mono);
        }
        let view = self.view();
        self.tell(Fact::Deadline(&view));
    }

    pub(super) fn tell_closed(&mut self) {
        let view = self.view();
        self.tell(Fact::Closed(&view));
    }

    /// A message was handled. Returns true if the watcher's timer may have changed.
    #[inline]
    pub(super) fn stamp_inbound(&mut self) -> bool {
        let now = self.clocks();
        let (was, wall) = (self.watcher.status(), now.wall);
        self.observer.told(now, self.watcher.phase(), &Fact::Inbound);
        let cooling_down = self.watcher.cooldown_until() > wall;
        self.watcher.inbound(wall);
        if was != self.watcher.status() {
            self.status_changed();
        }
        // A message ends the cooldown. This is the only way in which activity brings a look forward.
        if cooling_down {
            self.schedule_watcher();
        }
        cooling_down
    }

    /// Tells the watcher a fact, and carries out its commands until it waits again.
    pub(super) fn tell(&mut self, fact: Fact<'_>) {
        let mut fact = Some(fact);
        while let Some(told) = fact.take() {
            let was = self.watcher.status();
            let closing = self.watcher.phase() == Phase::Closing;
            let now = self.clocks();
            self.observer.told(now, self.watcher.phase(), &told);
            let step = self.watcher.step(now, told);
            if was != self.watcher.status() {
                self.status_changed();
            }
            if let Some(why) = step.abandoned {
                self.note(LogEvent::Abandoned(why));
                self.audit.aborted(self.now);
            } else if closing && matches!(self.watcher.phase(), Phase::Resting { .. }) {
                // The gateway is dormant but nothing will suspend it. This counts as a cycle too.
                self.audit.cycle(self.now);
            }
            let Some(command) = step.command else { break };
            self.note(LogEvent::Command(command));
            fact = self.carry_out(command);
        }
        if self.gateway.somebody_is_deferred() {
            self.handle_those_who_wait();
        }
        self.schedule_watcher();
    }

    /// Carries out a command. If its outcome is known at once, returns it as a fact.
    fn carry_out(&mut self, command: Command) -> Option<Fact<'static>> {
        match command {
            Command::HoldRedial => return Some(Fact::Held(self.hold())),
            Command::GoDormant => return (!self.go_dormant()).then_some(Fact::Acked(false)),
            Command::CloseSocket => self.close_socket(),
            Command::Suspend => self.pull_lever(),
            Command::Release => self.release(),
            Command::Renew => self.renew(),
            Command::Wake => self.wake_itself(),
        }
        None
    }

    fn status_changed(&mut self) {
        self.note(LogEvent::Status(self.watcher.status()));
        self.audit_status();
    }

    // ---- what the watcher sees ----

    pub(super) fn view(&mut self) -> View {
        let now = self.now;
        let unreadable = self.faults.holds(Fault::UnreadableSource, now, self.world.unreadable_ms);
        if unreadable {
            self.observer.struck(now, Fault::UnreadableSource);
        }
        let source = |until: u64| {
            if unreadable {
                Source::UNREADABLE
            } else {
                let last_end = (until > 0 && until <= now).then_some(Wall::from_ms(until));
                Source::new(Some(u32::from(until > now)), last_end)
            }
        };
        let [turns, cron, api, background] = self.gateway.until.map(source);
        let mut view = View::quiet();
        view.census.turns = turns;
        view.census.cron = cron;
        view.census.api = api;
        view.census.background = background;
        view.census.permanent = Some(self.world.permanent_tasks);
        view.heartbeat = self.last_heartbeat().map_or(Heartbeat::Missing, Heartbeat::At);
        view.relay_only = self.takes_for_relay_only();
        view.lever = match self.world.lever {
            LeverKind::Direct => Some(Lever::Direct),
            LeverKind::Brokered => Some(Lever::Brokered),
            LeverKind::None => None,
        };
        view.wake_marker = self.machine.was_resumed_since_accept();
        view
    }

    fn takes_for_relay_only(&self) -> bool {
        takes_for_relay_only(self.setup.settings.switches, self.direct, self.world.placeholders)
    }

    pub(super) fn forecast(&self) -> Forecast {
        let [turns, cron, api, background] = self.gateway.until.map(Wall::from_ms);
        Forecast {
            activity: Activity {
                inbound: self.watcher.last_seen(),
                heartbeat: self.last_heartbeat().unwrap_or(Wall::ZERO),
                turns,
                cron,
                api,
                background,
                permanent: self.world.permanent_tasks > 0,
            },
            gate_shut: !self.takes_for_relay_only(),
            no_lever: self.world.lever == LeverKind::None,
            wake_marker: self.machine.was_resumed_since_accept(),
        }
    }

    // ---- when it looks ----

    /// Has the watcher's timer set again before the next timer is chosen: once, however often this was called until then.
    #[inline]
    pub(super) const fn schedule_watcher(&mut self) {
        self.look_is_stale = true;
    }

    /// Sets the watcher's timer to its next deadline, or to the next deadline that can matter.
    pub(super) fn set_watcher_timer(&mut self) {
        self.look_is_stale = false;
        // During an attempt no deadline is skipped, except in a fence. If the monotonic clock runs on during a freeze, a late
        // look at the fence is evidence of the freeze, so it is not skipped there either.
        let may_skip = match self.watcher.phase() {
            Phase::Resting { .. } => true,
            Phase::Fenced { .. } => self.world.mono_stands_still,
            _ => false,
        };
        let deadline = if self.ticks == Ticks::Every || !may_skip {
            self.watcher.deadline()
        } else if let Some(frozen_at) = self.overdue_since {
            // The monotonic clock ran on during the freeze. The tick that fell due meanwhile is late and shifts all later
            // ticks, so it is played.
            self.watcher.next_tick(frozen_at)
        } else if self.machine.clock_lag(self.now) > 0 {
            // The wall clock will jump, which the forecast does not know.
            self.watcher.next_tick(self.clocks().mono)
        } else {
            self.watcher.next_deadline_that_matters(self.clocks(), &self.forecast())
        };
        match deadline {
            Some(mono) => self.timers.set(Timer::Watcher, mono.as_ms().saturating_add(self.mono_behind)),
            None => self.timers.clear(Timer::Watcher),
        }
    }

    /// Sets the watcher's timer again after a freeze that began at `since`.
    pub(super) fn schedule_watcher_after_freeze(&mut self, since: u64) {
        if !self.world.mono_stands_still {
            self.overdue_since.get_or_insert(Mono::from_ms(since - self.mono_behind));
        }
        self.schedule_watcher();
    }

    pub(super) fn watcher_starts_anew(&mut self) {
        let (armed, _) = super::armed(self.setup, self.direct);
        self.overdue_since = None;
        self.watcher = Watcher::start(*self.watcher.settings(), self.clocks(), armed);
        self.choose_again();
        self.note(LogEvent::Started { armed });
    }
}
