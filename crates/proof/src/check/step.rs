//! The effect of an action.

use dormouse_core::{Command, Fact, Phase, Watcher};

use super::action::Action;
use super::bounds::{
    Bounds, DIAL, FREEZE, LEVER, POKE_COOLDOWN, REPOKE, RESUME, SLOW_FREEZE, UNIT_MS, WIRE, WORK,
};
use super::state::{ModelConnector, ModelGateway, ModelMachine, ModelRelay, ModelState};
use super::wrong::notice;

/// The commands that resulted from a fact, for a timeline.
pub(super) type Commands = Vec<Command>;

/// Reports a fact to the watcher.
type Tell<'a> = &'a mut dyn FnMut(&mut ModelState, Fact<'_>);

impl ModelState {
    /// All actions that are possible now.
    pub(super) fn can(&self, bounds: &Bounds) -> Vec<Action> {
        let mut can = Vec::new();
        let mut may = |action: Action, so: bool| {
            if so {
                can.push(action);
            }
        };
        let (so_far, faults, most) = (&self.so_far, &self.so_far.faults, &bounds.faults);
        let runs = self.runs();
        // People and schedulers. If a request fails at a suspending machine, its caller has to repeat it.
        may(Action::Message, so_far.next_message < bounds.arrivals);
        let served = bounds.http_resumes || self.platform.freeze.is_none();
        may(Action::Request, so_far.requests < bounds.requests && served);
        may(Action::Background, so_far.background < bounds.background && runs);
        may(Action::WorkEnds, runs && self.gateway.work.is_some());
        // The wire. `hello` uses the same connection as `going_idle` and comes after it.
        let going_idle = self.wire.going_idle.is_some();
        may(Action::GoingIdle, going_idle);
        may(Action::GoingIdleLost, going_idle && faults.going_idle < most.going_idle);
        let ack = self.wire.ack.is_some();
        may(Action::Ack, ack && runs);
        may(Action::AckLost, ack && faults.ack < most.ack);
        may(Action::Hello, self.wire.hello.is_some() && !going_idle);
        let poke = self.wire.poke.is_some();
        may(Action::Poke, poke);
        may(Action::PokeLost, poke && faults.poke < most.poke);
        may(Action::OwnPoke, self.wire.own_poke.is_some());
        may(Action::Repoke, self.connector.repoke_at.is_some_and(|at| at <= self.wall));
        // The platform.
        let lever = self.platform.lever.is_some() && runs;
        may(Action::Accept, lever);
        may(Action::AcceptSlow, lever && faults.slow_freeze < most.slow_freeze);
        may(Action::Refuse, lever && faults.refusal < most.refusal);
        may(Action::Silent, lever && faults.silence < most.silence);
        may(Action::Freeze, self.platform.freeze.is_some() && so_far.sleeps < bounds.sleeps);
        let resumed = matches!(self.platform.machine, ModelMachine::Resuming(at) if at <= self.wall);
        may(Action::Runs, resumed);
        may(Action::RunsCold, resumed && faults.snapshot < most.snapshot);
        // The relay.
        let due = |at: Option<u64>| runs && at.is_some_and(|at| at <= self.mono);
        may(Action::Closed, runs && self.relay.closing.is_some());
        may(Action::HoldExpires, due(self.relay.held_until));
        may(Action::Dial, due(self.relay.redial_at) && self.relay.held_until.is_none());
        let dialing = runs && self.relay.dialing.is_some();
        may(Action::Connected, dialing);
        may(Action::DialFails, dialing && faults.dial < most.dial);
        // The watcher.
        may(Action::Look, due(self.look_at()));
        may(Action::TimePasses, self.time_may_pass());
        can
    }

    /// Has everything that is due happened, and can later time make any difference?
    fn time_may_pass(&self) -> bool {
        let later = |at: Option<u64>, now: u64| at.is_none_or(|at| at > now);
        let Self { wall, mono, wire, relay, platform, .. } = self;
        let on_wall = [wire.going_idle, wire.hello, wire.poke, wire.own_poke, platform.freeze];
        let resumes = matches!(platform.machine, ModelMachine::Resuming(at) if at <= *wall);
        let repokes = self.connector.repoke_at.is_some_and(|at| at <= *wall);
        let redials = if relay.held_until.is_some() { None } else { relay.redial_at };
        let on_mono = [
            relay.closing,
            relay.held_until,
            redials,
            relay.dialing,
            platform.lever,
            self.look_at(),
            self.gateway.work,
        ];
        let gateway_waits =
            !self.runs() || on_mono.into_iter().all(|at| later(at, *mono)) && later(wire.ack, *wall);
        let long_asleep = matches!(platform.machine, ModelMachine::Frozen(since) if wall - since >= super::bounds::LONG_SLEEP)
            && self.connector.repoke_at.is_none();
        !long_asleep
            && on_wall.into_iter().all(|at| later(at, *wall))
            && !resumes
            && !repokes
            && gateway_waits
    }

    /// Performs `action`; the watcher's commands are added to `commands`.
    pub(super) fn happen(&mut self, action: Action, bounds: &Bounds, commands: &mut Commands) {
        let mut tell = |state: &mut Self, fact: Fact<'_>| state.tell(fact, commands);
        match action {
            Action::TimePasses => {
                self.wall += 1;
                self.mono += u64::from(self.runs());
            }
            Action::Look => {
                let view = self.view();
                tell(self, Fact::Deadline(&view));
            }
            Action::Message => self.message(bounds, &mut tell),
            Action::Request => self.request(&mut tell),
            Action::Background => {
                self.so_far.background += 1;
                self.gateway.waiting += 1;
            }
            Action::WorkEnds => {
                self.gateway.work = None;
                self.gateway.last_end = Some(self.wall);
            }
            Action::GoingIdle => {
                self.wire.going_idle = None;
                if self.connector.session {
                    self.connector.flipped = true;
                    self.wire.ack = Some(self.wall + WIRE);
                }
            }
            Action::GoingIdleLost => {
                self.so_far.faults.going_idle += 1;
                self.wire.going_idle = None;
            }
            Action::Ack => {
                self.wire.ack = None;
                tell(self, Fact::Acked(true));
            }
            Action::AckLost => {
                self.so_far.faults.ack += 1;
                self.wire.ack = None;
            }
            Action::Hello => {
                self.wire.hello = None;
                self.welcome(&mut tell);
            }
            Action::Closed => {
                self.relay.closing = None;
                if self.relay.connected {
                    self.relay.connected = false;
                    self.connector.session = false;
                    self.wire.hello = None;
                    self.relay.redial_at = Some(self.mono + DIAL);
                }
                let view = self.view();
                tell(self, Fact::Closed(&view));
            }
            Action::Accept => self.accept(FREEZE, &mut tell),
            Action::AcceptSlow => {
                self.so_far.faults.slow_freeze += 1;
                self.accept(SLOW_FREEZE, &mut tell);
            }
            Action::Refuse => {
                self.so_far.faults.refusal += 1;
                self.platform.lever = None;
                tell(self, Fact::Lever(false));
            }
            Action::Silent => {
                self.so_far.faults.silence += 1;
                self.platform.lever = None;
            }
            Action::Freeze => self.freeze(),
            Action::Runs => self.platform.machine = ModelMachine::Running,
            Action::RunsCold => self.start_anew(),
            Action::HoldExpires => self.relay.held_until = None,
            Action::Dial => self.dial(),
            Action::Connected => {
                self.relay.dialing = None;
                self.relay.connected = true;
                self.welcome(&mut tell);
            }
            Action::DialFails => {
                self.so_far.faults.dial += 1;
                self.relay.dialing = None;
                self.relay.redial_at = Some(self.mono + DIAL);
            }
            Action::Poke => {
                self.wire.poke = None;
                self.poke_arrives(bounds, Some(&mut tell));
            }
            Action::PokeLost => {
                self.so_far.faults.poke += 1;
                self.wire.poke = None;
            }
            Action::OwnPoke => {
                self.wire.own_poke = None;
                self.poke_arrives(bounds, None);
            }
            Action::Repoke => {
                self.wire.poke = Some(self.wall + WIRE);
                self.connector.repoke_at = Some(self.wall + REPOKE);
            }
        }
        self.begin_what_waits();
        notice(self);
    }

    // ---- the watcher ----

    fn tell(&mut self, fact: Fact<'_>, commands: &mut Commands) {
        let mut next = self.watcher.step(self.now(), fact).command;
        while let Some(command) = next.take() {
            commands.push(command);
            next = self.carry_out(command).and_then(|fact| self.watcher.step(self.now(), fact).command);
        }
        // The lever no longer answers once the watcher has stopped waiting.
        if !matches!(self.watcher.phase(), Phase::Suspending { .. }) {
            self.platform.lever = None;
        }
    }

    fn carry_out(&mut self, command: Command) -> Option<Fact<'static>> {
        match command {
            Command::HoldRedial => {
                let granted = self.relay.connected;
                let ceiling = self.mono + settings_hold(&self.watcher);
                self.relay.held_until = granted.then_some(ceiling);
                return Some(Fact::Held(granted));
            }
            Command::GoDormant if self.relay.connected => self.wire.going_idle = Some(self.wall + WIRE),
            Command::GoDormant => return Some(Fact::Acked(false)),
            Command::CloseSocket => self.relay.closing = Some(self.mono + WIRE),
            Command::Suspend => self.platform.lever = Some(self.mono + LEVER),
            Command::Release => self.relay.held_until = None,
            Command::Renew => {
                self.relay.held_until = None;
                if self.relay.connected {
                    self.wire.hello = Some(self.wall + WIRE);
                }
            }
            Command::Wake => self.wire.own_poke = Some(self.wall + WIRE),
        }
        None
    }

    // ---- the gateway ----

    fn handle(&mut self, messages: u8, tell: Tell<'_>) {
        let new = messages & !self.gateway.handled;
        self.auditor.duplicate |= new & self.auditor.handled != 0;
        self.gateway.handled |= messages;
        self.auditor.handled |= messages;
        if new != 0 {
            self.auditor.idle_since = None;
            tell(self, Fact::Inbound);
        }
    }

    fn request(&mut self, tell: Tell<'_>) {
        self.so_far.requests += 1;
        self.gateway.waiting += 1;
        match self.platform.machine {
            ModelMachine::Running if self.platform.freeze.is_some() => self.platform.wake_after_freeze = true,
            ModelMachine::Running if !self.watcher.admits_work(self.now()) => tell(self, Fact::Poked),
            ModelMachine::Running | ModelMachine::Resuming(_) => {}
            ModelMachine::Frozen(_) => self.resume(),
        }
    }

    fn begin_what_waits(&mut self) {
        if self.gateway.waiting > 0 && self.runs() && self.watcher.admits_work(self.now()) {
            self.gateway.waiting = 0;
            self.gateway.work = Some(self.mono + WORK);
            self.auditor.idle_since = None;
        }
    }

    // ---- the relay and the connector ----

    fn message(&mut self, bounds: &Bounds, tell: Tell<'_>) {
        let message = 1 << self.so_far.next_message;
        self.so_far.next_message += 1;
        if self.connector.flipped {
            let was_empty = self.connector.buffer == 0;
            self.connector.buffer |= message;
            let cools_down = self.connector.poked_at.is_some_and(|at| self.wall - at < POKE_COOLDOWN);
            if was_empty && (bounds.repokes || !cools_down) {
                self.connector.poked_at = Some(self.wall);
                self.wire.poke = Some(self.wall + WIRE);
                self.connector.repoke_at = bounds.repokes.then_some(self.wall + REPOKE);
            }
        } else if self.connector.session && self.relay.connected && self.runs() {
            self.handle(message, tell);
        } else {
            self.auditor.lost = true;
        }
    }

    fn dial(&mut self) {
        self.relay.redial_at = None;
        self.relay.dialing = Some(self.mono + DIAL);
    }

    /// A hello has arrived: the buffer is drained, and from now on messages are delivered at once.
    fn welcome(&mut self, tell: Tell<'_>) {
        let backlog = self.connector.buffer;
        let poked_at = self.connector.poked_at;
        self.connector =
            ModelConnector { flipped: false, session: true, buffer: 0, poked_at, repoke_at: None };
        self.handle(backlog, tell);
        tell(self, Fact::Connected);
    }

    fn poke_arrives(&mut self, bounds: &Bounds, tell: Option<Tell<'_>>) {
        match self.platform.machine {
            ModelMachine::Frozen(_) => self.resume(),
            ModelMachine::Resuming(_) => {}
            ModelMachine::Running if self.platform.freeze.is_some() => {
                self.platform.wake_after_freeze |= bounds.http_resumes;
            }
            ModelMachine::Running => {
                if let Some(tell) = tell {
                    tell(self, Fact::Poked);
                }
            }
        }
    }

    // ---- the platform ----

    fn accept(&mut self, within: u64, tell: Tell<'_>) {
        self.platform.lever = None;
        self.platform.freeze = Some(self.wall + within);
        tell(self, Fact::Lever(true));
    }

    fn freeze(&mut self) {
        self.so_far.sleeps += 1;
        self.auditor.froze_work |= self.gateway.work.is_some();
        self.auditor.froze_unflipped |= !self.connector.flipped;
        self.platform.freeze = None;
        self.platform.machine = ModelMachine::Frozen(self.wall);
        if std::mem::take(&mut self.platform.wake_after_freeze) {
            self.resume();
        }
    }

    fn resume(&mut self) {
        self.platform.machine = ModelMachine::Resuming(self.wall + RESUME);
    }

    /// A new process, which dials at once. The handled messages are in a file, so it remembers them.
    fn start_anew(&mut self) {
        self.so_far.faults.snapshot += 1;
        self.platform.machine = ModelMachine::Running;
        self.platform.lever = None;
        self.wire.ack = None;
        self.wire.hello = None;
        self.watcher = Watcher::start(*self.watcher.settings(), self.now(), true);
        self.gateway = ModelGateway { work: None, last_end: None, ..self.gateway.clone() };
        self.connector.session = false;
        self.relay =
            ModelRelay { connected: false, held_until: None, closing: None, redial_at: None, dialing: None };
        self.dial();
    }
}

/// The hold's ceiling in units.
fn settings_hold(watcher: &Watcher) -> u64 {
    watcher.settings().hold_max_ms / UNIT_MS
}
