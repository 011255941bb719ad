//! The state of the model.

use std::hash::{Hash, Hasher};

use dormouse_core::{Census, Mono, Now, Settings, Source, View, Wall, Watcher};

use super::bounds::{FaultCounts, UNIT_MS};
use super::wrong::ModelAuditor;

/// A message in transit: it arrives by this time (in units) or is lost.
pub(super) type OnItsWay = Option<u64>;

/// The gateway's process, without its watcher.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ModelGateway {
    /// Mono time by which the work in flight ends.
    pub(super) work: Option<u64>,
    /// Wall time of the last end of work.
    pub(super) last_end: Option<u64>,
    /// Number of waiting requests and background jobs.
    pub(super) waiting: u8,
    /// Messages that it remembers as handled, one bit each.
    pub(super) handled: u8,
}

/// The connection on the gateway's side.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ModelRelay {
    /// Is the socket open?
    pub(super) connected: bool,
    /// The hold's ceiling, in mono time.
    pub(super) held_until: Option<u64>,
    /// Mono time by which the socket is closed.
    pub(super) closing: Option<u64>,
    /// Mono time of the next dial.
    pub(super) redial_at: Option<u64>,
    /// Mono time by which the dial is complete.
    pub(super) dialing: Option<u64>,
}

/// Messages in transit between gateway, connector and platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct ModelWire {
    /// To the connector.
    pub(super) going_idle: OnItsWay,
    /// To the gateway.
    pub(super) ack: OnItsWay,
    /// To the connector, after `going_idle`.
    pub(super) hello: OnItsWay,
    /// From the connector to the platform.
    pub(super) poke: OnItsWay,
    /// From the gateway to the platform.
    pub(super) own_poke: OnItsWay,
}

/// The connector.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ModelConnector {
    /// Buffers all messages.
    pub(super) flipped: bool,
    /// Believes that a gateway is connected.
    pub(super) session: bool,
    /// Messages in the buffer, one bit each.
    pub(super) buffer: u8,
    /// Time of the last poke.
    pub(super) poked_at: Option<u64>,
    /// Time of the next poke while the buffer is not empty.
    pub(super) repoke_at: Option<u64>,
}

/// The state of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ModelMachine {
    /// It runs.
    Running,
    /// Frozen since this time.
    Frozen(u64),
    /// Runs again at this time.
    Resuming(u64),
}

/// The machine and its lever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ModelPlatform {
    /// The state of the machine.
    pub(super) machine: ModelMachine,
    /// Mono time by which the lever answers, if it does.
    pub(super) lever: Option<u64>,
    /// Time by which the freeze lands.
    pub(super) freeze: Option<u64>,
    /// A request came while the machine was suspending.
    pub(super) wake_after_freeze: bool,
}

/// How much of the bounds has been used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SoFar {
    /// The next message's number.
    pub(super) next_message: u8,
    /// Requests and background work so far.
    pub(super) requests: u8,
    /// Background work so far.
    pub(super) background: u8,
    /// Freezes so far.
    pub(super) sleeps: u8,
    /// Faults so far.
    pub(super) faults: FaultCounts,
}

/// The complete state.
///
/// The hash uses times relative to now instead of absolute times. States that differ only in absolute time
/// behave alike and are explored once. So the search terminates by itself, and no horizon hides late violations.
#[derive(Debug, Clone)]
pub(super) struct ModelState {
    /// Wall time, in units.
    pub(super) wall: u64,
    /// Mono time, in units.
    pub(super) mono: u64,
    /// The real watcher.
    pub(super) watcher: Watcher,
    /// The gateway's process.
    pub(super) gateway: ModelGateway,
    /// The connection on the gateway's side.
    pub(super) relay: ModelRelay,
    /// Messages in transit.
    pub(super) wire: ModelWire,
    /// The connector.
    pub(super) connector: ModelConnector,
    /// The machine and its lever.
    pub(super) platform: ModelPlatform,
    /// How much of the bounds has been used.
    pub(super) so_far: SoFar,
    /// What the auditor remembers.
    pub(super) auditor: ModelAuditor,
}

/// Times further back than this, in units, make no difference. The clocks start here.
pub(super) const BACK: u64 = 24;

/// A state with relative times: every moment in units since [`BACK`] before now, on its own clock.
#[derive(PartialEq, Eq, Hash)]
struct Form<'a> {
    watcher: Watcher,
    on_wall: [Option<u64>; 14],
    on_mono: [Option<u64>; 6],
    machine: u8,
    flags: [bool; 8],
    masks: [u8; 4],
    so_far: &'a SoFar,
}

impl ModelState {
    fn form(&self) -> Form<'_> {
        // Every field is listed, so that a new one cannot be forgotten.
        let Self { wall, mono, watcher, gateway, relay, wire, connector, platform, so_far, auditor } = self;
        let ModelGateway { work, last_end, waiting, handled: remembered } = gateway;
        let ModelRelay { connected, held_until, closing, redial_at, dialing } = relay;
        let ModelWire { going_idle, ack, hello, poke, own_poke } = wire;
        let ModelConnector { flipped, session, buffer, poked_at, repoke_at } = connector;
        let ModelPlatform { machine, lever, freeze, wake_after_freeze } = platform;
        let ModelAuditor { froze_work, froze_unflipped, lost, duplicate, handled, .. } = auditor;
        let ModelAuditor { lies_since, wrong_since, waits_since, idle_since, .. } = auditor;
        let (machine, since) = match *machine {
            ModelMachine::Running => (0, None),
            ModelMachine::Frozen(since) => (1, Some(since)),
            ModelMachine::Resuming(at) => (2, Some(at)),
        };
        let relative = |at: Option<u64>, now: u64| at.map(|at| (at + BACK).saturating_sub(now));
        let on_wall = [
            last_end,
            going_idle,
            ack,
            hello,
            poke,
            own_poke,
            poked_at,
            repoke_at,
            &since,
            freeze,
            lies_since,
            wrong_since,
            waits_since,
            idle_since,
        ];
        let on_mono = [work, held_until, closing, redial_at, dialing, lever];
        Form {
            watcher: watcher.rebased((wall - BACK) * UNIT_MS, (mono - BACK) * UNIT_MS),
            on_wall: on_wall.map(|at| relative(*at, *wall)),
            on_mono: on_mono.map(|at| relative(*at, *mono)),
            machine,
            flags: [
                *connected,
                *flipped,
                *session,
                *wake_after_freeze,
                *froze_work,
                *froze_unflipped,
                *lost,
                *duplicate,
            ],
            masks: [*waiting, *remembered, *buffer, *handled],
            so_far,
        }
    }
}

impl Hash for ModelState {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.form().hash(hasher);
    }
}

impl PartialEq for ModelState {
    fn eq(&self, other: &Self) -> bool {
        self.form() == other.form()
    }
}

impl Eq for ModelState {}

impl ModelState {
    /// A gateway that has just started, connected, with nothing to do.
    pub(super) fn start(settings: Settings) -> Self {
        let at = |units| units * UNIT_MS;
        let now = Now { wall: Wall::from_ms(at(BACK)), mono: Mono::from_ms(at(BACK)) };
        Self {
            wall: BACK,
            mono: BACK,
            watcher: Watcher::start(settings, now, true),
            gateway: ModelGateway { work: None, last_end: None, waiting: 0, handled: 0 },
            relay: ModelRelay {
                connected: true,
                held_until: None,
                closing: None,
                redial_at: None,
                dialing: None,
            },
            wire: ModelWire::default(),
            connector: ModelConnector {
                flipped: false,
                session: true,
                buffer: 0,
                poked_at: None,
                repoke_at: None,
            },
            platform: ModelPlatform {
                machine: ModelMachine::Running,
                lever: None,
                freeze: None,
                wake_after_freeze: false,
            },
            so_far: SoFar {
                next_message: 0,
                requests: 0,
                background: 0,
                sleeps: 0,
                faults: FaultCounts::default(),
            },
            auditor: ModelAuditor::default(),
        }
    }

    /// Is the machine running?
    pub(super) fn runs(&self) -> bool {
        self.platform.machine == ModelMachine::Running
    }

    /// Both clocks as the gateway reads them.
    pub(super) fn now(&self) -> Now {
        Now { wall: Wall::from_ms(self.wall * UNIT_MS), mono: Mono::from_ms(self.mono * UNIT_MS) }
    }

    /// The watcher's deadline in units of mono time.
    pub(super) fn look_at(&self) -> Option<u64> {
        self.watcher.deadline().map(|at| at.as_ms() / UNIT_MS)
    }

    /// The watcher's view of the gateway.
    pub(super) fn view(&self) -> View {
        let mut census = Census::QUIET;
        census.api = Source::new(
            Some(u32::from(self.gateway.work.is_some())),
            self.gateway.last_end.map(|at| Wall::from_ms(at * UNIT_MS)),
        );
        census.permanent = Some(1);
        View::quiet().with_census(census)
    }

    /// Is a wake in progress or imminent?
    pub(super) fn a_wake_is_under_way(&self) -> bool {
        self.wire.poke.is_some()
            || self.wire.own_poke.is_some()
            || self.platform.wake_after_freeze
            || matches!(self.platform.machine, ModelMachine::Resuming(_))
    }
}
