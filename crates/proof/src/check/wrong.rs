//! The classes of missed work, as conditions on one state.
//!
//! The simulator's auditor measures the same classes in milliseconds. Here, waiting that nothing will ever end
//! is wrong at once, and "eventually" means within a bounded time. So no horizon ends a run too early.

use dormouse_core::{Phase, Status};

use super::bounds::{A_FAULT, ASLEEP, FaultCounts, HANDLED, STRANDED, WRONG_STATUS};
use super::state::{ModelMachine, ModelState};

/// A class of missed work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wrong {
    /// The machine is frozen, messages are in the buffer, and no wake is in progress.
    StrandedAsleep,
    /// The machine is up and connected, messages are in the buffer, and nothing is in progress that would drain it.
    StrandedAwake,
    /// Frozen with work in flight.
    FrozenWork,
    /// Frozen while the connector delivers at once.
    BlackHole,
    /// A message was delivered while no gateway could receive it.
    LostInbound,
    /// A message was handled twice.
    Duplicate,
    /// The gateway works but publishes that it does not.
    WrongStatus,
    /// A message or a request is never handled.
    NeverHandled,
    /// An idle machine never sleeps.
    NeverSleeps,
}

impl Wrong {
    /// All classes.
    pub const ALL: [Self; 9] = [
        Self::StrandedAsleep,
        Self::StrandedAwake,
        Self::FrozenWork,
        Self::BlackHole,
        Self::LostInbound,
        Self::Duplicate,
        Self::WrongStatus,
        Self::NeverHandled,
        Self::NeverSleeps,
    ];

    /// The name of the class and of the checker's property.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StrandedAsleep => "stranded-inbound, asleep",
            Self::StrandedAwake => "stranded-inbound, awake and deaf",
            Self::FrozenWork => "frozen-work",
            Self::BlackHole => "black-hole",
            Self::LostInbound => "lost-inbound",
            Self::Duplicate => "duplicate",
            Self::WrongStatus => "wrong-status",
            Self::NeverHandled => "never handled",
            Self::NeverSleeps => "never-sleeps",
        }
    }

    /// Does `state` show this class of missed work?
    pub(super) fn holds(self, state: &ModelState) -> bool {
        let ModelState { wall, connector, auditor, .. } = state;
        let longer = |since: Option<u64>, than: u64| since.is_some_and(|since| wall - since > than);
        let patience = |least: u64| least + A_FAULT * total(&state.so_far.faults);
        match self {
            Self::StrandedAsleep => {
                let asleep = matches!(state.platform.machine, ModelMachine::Frozen(_));
                let no_wake = !state.a_wake_is_under_way() && connector.repoke_at.is_none();
                asleep && connector.buffer != 0 && no_wake
            }
            Self::StrandedAwake => {
                let rests = matches!(state.watcher.phase(), Phase::Resting { .. });
                let deaf = state.runs() && rests && state.relay.connected && connector.flipped;
                let no_wake = !state.a_wake_is_under_way() && state.wire.hello.is_none();
                deaf && connector.buffer != 0 && no_wake && connector.repoke_at.is_none()
                    || longer(auditor.lies_since, patience(STRANDED))
            }
            Self::FrozenWork => auditor.froze_work,
            Self::BlackHole => auditor.froze_unflipped,
            Self::LostInbound => auditor.lost,
            Self::Duplicate => auditor.duplicate,
            Self::WrongStatus => longer(auditor.wrong_since, patience(WRONG_STATUS)),
            Self::NeverHandled => longer(auditor.waits_since, patience(HANDLED)),
            Self::NeverSleeps => longer(auditor.idle_since, patience(ASLEEP)),
        }
    }
}

fn total(faults: &FaultCounts) -> u64 {
    let FaultCounts { going_idle, ack, refusal, silence, slow_freeze, poke, dial, snapshot } = *faults;
    [going_idle, ack, refusal, silence, slow_freeze, poke, dial, snapshot].into_iter().map(u64::from).sum()
}

/// The auditor's memory of past events.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct ModelAuditor {
    /// Was work in flight at a freeze?
    pub(super) froze_work: bool,
    /// Did the connector deliver at once (not buffer) at a freeze?
    pub(super) froze_unflipped: bool,
    /// Was a message delivered while no gateway could receive it?
    pub(super) lost: bool,
    /// Was a message handled twice?
    pub(super) duplicate: bool,
    /// All messages handled so far, even if the gateway has forgotten them.
    pub(super) handled: u8,
    /// Since when the buffer has not been empty while the machine was up and no wake was in progress.
    pub(super) lies_since: Option<u64>,
    /// Since when the status has been wrong.
    pub(super) wrong_since: Option<u64>,
    /// Since when a message or request has been waiting.
    pub(super) waits_since: Option<u64>,
    /// Since when the machine has been up without work.
    pub(super) idle_since: Option<u64>,
}

/// Updates the auditor from `state`.
pub(super) fn notice(state: &mut ModelState) {
    let (runs, wall) = (state.runs(), state.wall);
    let lies = runs && state.connector.buffer != 0 && !state.a_wake_is_under_way();
    let wrong = runs
        && state.relay.connected
        && !state.connector.flipped
        && state.watcher.status() == Status::Draining;
    let waits = state.connector.buffer != 0 || state.gateway.waiting != 0;
    let idle = runs && state.gateway.work.is_none() && !waits;
    let auditor = &mut state.auditor;
    for (since, so) in [
        (&mut auditor.lies_since, lies),
        (&mut auditor.wrong_since, wrong),
        (&mut auditor.waits_since, waits),
        (&mut auditor.idle_since, idle),
    ] {
        *since = if so { since.or(Some(wall)) } else { None };
    }
}
