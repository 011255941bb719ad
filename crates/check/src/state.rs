//! The world at one moment.

use std::hash::{Hash, Hasher};

use dormouse_core::{Census, Mono, Now, Settings, Source, View, Wall, Watcher};

use crate::bounds::{Faults, UNIT_MS};
use crate::wrong::Watch;

/// A message on its way: it arrives by this time, in units, or is lost.
pub type OnItsWay = Option<u64>;

/// The gateway's process, but for its watcher.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gateway {
    /// Work in flight ends by this mono time.
    pub work: Option<u64>,
    /// Wall time of the last end of work.
    pub last_end: Option<u64>,
    /// Requests and background work that wait.
    pub waiting: u8,
    /// Messages that it remembers to have handled, one bit each.
    pub handled: u8,
}

/// The connection on the gateway's side.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Relay {
    /// Is the socket open?
    pub connected: bool,
    /// The hold's ceiling, in mono time.
    pub held_until: Option<u64>,
    /// The socket is closed by this mono time.
    pub closing: Option<u64>,
    /// The next dial, in mono time.
    pub redial_at: Option<u64>,
    /// The dial is through by this mono time.
    pub dialing: Option<u64>,
}

/// What is between the three.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Wire {
    /// To the connector.
    pub going_idle: OnItsWay,
    /// To the gateway.
    pub ack: OnItsWay,
    /// To the connector, behind `going_idle`.
    pub hello: OnItsWay,
    /// From the connector to the platform.
    pub poke: OnItsWay,
    /// From the gateway to the platform.
    pub own_poke: OnItsWay,
}

/// The other side of the relay.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Connector {
    /// Buffers whatever comes.
    pub flipped: bool,
    /// Believes that somebody is at the other end.
    pub session: bool,
    /// Messages in the buffer, one bit each.
    pub buffer: u8,
    /// The last poke.
    pub poked_at: Option<u64>,
    /// The next poke while something waits.
    pub repoke_at: Option<u64>,
}

/// What the machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Machine {
    /// It runs.
    Running,
    /// Frozen since then.
    Frozen(u64),
    /// Runs again at that time.
    Resuming(u64),
}

/// The machine, and what may suspend it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Platform {
    /// What it does.
    pub machine: Machine,
    /// The lever answers by this mono time, if it does.
    pub lever: Option<u64>,
    /// The freeze lands by this time.
    pub freeze: Option<u64>,
    /// Somebody has called while it was suspending.
    pub wake_after_freeze: bool,
}

/// What may still happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Left {
    /// The next message's number.
    pub next_message: u8,
    /// Requests and background work so far.
    pub requests: u8,
    /// Background work so far.
    pub background: u8,
    /// Freezes so far.
    pub sleeps: u8,
    /// Faults so far.
    pub faults: Faults,
}

/// Everything.
///
/// Its hash does not know when it is, only how long ago or ahead everything else lies: what differs in nothing but the time
/// behaves alike, and is searched once. So the search ends by itself, and no horizon hides what comes late.
#[derive(Debug, Clone)]
pub struct State {
    /// Wall time, in units.
    pub wall: u64,
    /// Mono time, in units.
    pub mono: u64,
    /// The real one.
    pub watcher: Watcher,
    /// See there.
    pub gateway: Gateway,
    /// See there.
    pub relay: Relay,
    /// See there.
    pub wire: Wire,
    /// See there.
    pub connector: Connector,
    /// See there.
    pub platform: Platform,
    /// See there.
    pub so_far: Left,
    /// What the auditor remembers.
    pub watch: Watch,
}

/// Nothing that lies further back than this, in units, makes a difference. The clocks begin here.
pub const BACK: u64 = 24;

/// A state without its time: every moment as the units from [`BACK`] before now, on its own clock.
#[derive(PartialEq, Eq, Hash)]
struct Form<'a> {
    watcher: Watcher,
    on_wall: [Option<u64>; 14],
    on_mono: [Option<u64>; 6],
    machine: u8,
    flags: [bool; 8],
    masks: [u8; 4],
    so_far: &'a Left,
}

impl State {
    fn form(&self) -> Form<'_> {
        // Every field by name, so that a new one cannot be forgotten.
        let Self { wall, mono, watcher, gateway, relay, wire, connector, platform, so_far, watch } = self;
        let Gateway { work, last_end, waiting, handled: remembered } = gateway;
        let Relay { connected, held_until, closing, redial_at, dialing } = relay;
        let Wire { going_idle, ack, hello, poke, own_poke } = wire;
        let Connector { flipped, session, buffer, poked_at, repoke_at } = connector;
        let Platform { machine, lever, freeze, wake_after_freeze } = platform;
        let Watch { froze_work, froze_unflipped, lost, duplicate, handled, .. } = watch;
        let Watch { lies_since, wrong_since, waits_since, idle_since, .. } = watch;
        let (machine, since) = match *machine {
            Machine::Running => (0, None),
            Machine::Frozen(since) => (1, Some(since)),
            Machine::Resuming(at) => (2, Some(at)),
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

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.form().hash(hasher);
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.form() == other.form()
    }
}

impl Eq for State {}

impl State {
    /// A gateway that has just started, connected, with nothing to do.
    #[must_use]
    pub fn start(settings: Settings) -> Self {
        let at = |units| units * UNIT_MS;
        let now = Now { wall: Wall::from_ms(at(BACK)), mono: Mono::from_ms(at(BACK)) };
        Self {
            wall: BACK,
            mono: BACK,
            watcher: Watcher::start(settings, now, true),
            gateway: Gateway { work: None, last_end: None, waiting: 0, handled: 0 },
            relay: Relay { connected: true, held_until: None, closing: None, redial_at: None, dialing: None },
            wire: Wire::default(),
            connector: Connector {
                flipped: false,
                session: true,
                buffer: 0,
                poked_at: None,
                repoke_at: None,
            },
            platform: Platform {
                machine: Machine::Running,
                lever: None,
                freeze: None,
                wake_after_freeze: false,
            },
            so_far: Left {
                next_message: 0,
                requests: 0,
                background: 0,
                sleeps: 0,
                faults: Faults::default(),
            },
            watch: Watch::default(),
        }
    }

    /// Does the machine run?
    #[must_use]
    pub fn runs(&self) -> bool {
        self.platform.machine == Machine::Running
    }

    /// Both clocks as the gateway reads them.
    #[must_use]
    pub fn now(&self) -> Now {
        Now { wall: Wall::from_ms(self.wall * UNIT_MS), mono: Mono::from_ms(self.mono * UNIT_MS) }
    }

    /// The watcher's deadline in units of mono time.
    #[must_use]
    pub fn look_at(&self) -> Option<u64> {
        self.watcher.deadline().map(|at| at.as_ms() / UNIT_MS)
    }

    /// What the watcher sees.
    #[must_use]
    pub fn view(&self) -> View {
        let mut census = Census::QUIET;
        census.api = Source::new(
            Some(u32::from(self.gateway.work.is_some())),
            self.gateway.last_end.map(|at| Wall::from_ms(at * UNIT_MS)),
        );
        census.permanent = Some(1);
        View::quiet().with_census(census)
    }

    /// Is a wake under way, or about to be?
    #[must_use]
    pub fn a_wake_is_under_way(&self) -> bool {
        self.wire.poke.is_some()
            || self.wire.own_poke.is_some()
            || self.platform.wake_after_freeze
            || matches!(self.platform.machine, Machine::Resuming(_))
    }
}
