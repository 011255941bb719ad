//! The state machine: facts in, at most one command and the next deadline out.
//!
//! The caller owns everything that takes time. It carries out a [`Command`], reports what came of it as a [`Fact`], and
//! calls again with [`Fact::Deadline`] when [`Step::deadline`] is reached. Nobody sleeps in here.
//!
//! ```text
//!            idle, gate open                    granted                       acked
//!  Resting ------------------> Holding --------------------> Quiescing --------------> Closing
//!   ^  ^                       | HoldRedial                  | GoDormant               | CloseSocket
//!   |  |  refused, not acked,  | poked, busy, lever refused  |                         | closed, still idle
//!   |  +- abandon -------------+-----------------------------+-------------+-----------+
//!   |                                                                      |           v
//!   +------------------------------ Fenced <-------------------------- Suspending (Suspend)
//!      fence over (Release)                lever accepted (Wake, if somebody waits)
//! ```
//!
//! The protocol as a whole, with what it assumes of platform and connector, stands in `docs/watcher.md`.
//!
//! Declined: a command queue (a body that may have several commands under way at once cannot be abandoned in one
//! place), and callbacks (they would have to be async in production and virtual in the simulator).

mod facts;
mod forecast;
mod names;

pub use facts::{Abandoned, Command, Fact, Lever, Status, Step, View};
pub use forecast::Forecast;

use crate::idle::Activity;
use crate::settings::Settings;
use crate::time::{Mono, Now, Wall};

/// Where in its body the watcher is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Not armed, or shut down: never acts.
    Off,
    /// Between two bodies; looks again at `tick_at`.
    Resting {
        /// The next look.
        tick_at: Mono,
    },
    /// Waits for the relay's answer to the hold.
    Holding,
    /// Waits for the connector's ack until `until`.
    Quiescing {
        /// When the ack is given up.
        until: Mono,
    },
    /// Waits for the socket to close.
    Closing,
    /// Waits for the lever's answer until `until`.
    Suspending {
        /// When the lever is given up.
        until: Mono,
        /// Which lever was pulled.
        lever: Lever,
    },
    /// The lever accepted; the freeze lands on its own. Looks again at `poll_at`.
    Fenced {
        /// When the lever accepted.
        accepted: Wall,
        /// The next look.
        poll_at: Mono,
        /// Which lever was pulled.
        lever: Lever,
    },
}

/// The watcher of one gateway.
///
/// ```
/// use dormouse_core::{Command, Fact, Mono, Now, Settings, View, Wall, Watcher};
/// let at = |ms| Now { wall: Wall::from_ms(ms), mono: Mono::from_ms(ms) };
/// let mut watcher = Watcher::start(Settings::dormouse(), at(0), true);
/// watcher.step(at(210_000), Fact::Deadline(&View::quiet()));
/// watcher.step(at(210_000), Fact::Held(true));
/// // A message that arrives before the connector has flipped is handled, and seen by the second question.
/// watcher.step(at(210_040), Fact::Inbound);
/// watcher.step(at(210_100), Fact::Acked(true));
/// assert_eq!(watcher.step(at(210_110), Fact::Closed(&View::quiet())).command, Some(Command::Release));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Watcher {
    settings: Settings,
    phase: Phase,
    last_seen: Wall,
    cooldown_until: Wall,
    /// With `pace_sleeps`: no new attempt before this, whatever comes.
    paced_until: Wall,
    /// While the re-dial is held: the hold's ceiling.
    held_until: Option<Mono>,
    /// When the lever was pulled last.
    pulled: Now,
    /// Somebody outside has waited since this attempt began.
    poked: bool,
    /// The watcher had the socket closed, and the relay has not connected since.
    dormant: bool,
    status: Status,
}

impl Watcher {
    /// A watcher at process start, which counts as the last message seen, and as an attempt: what came before is forgotten, so
    /// the first attempt after it is paced like any other. Unless `armed` (see [`should_arm`](crate::should_arm)) it never acts.
    #[must_use]
    pub const fn start(settings: Settings, now: Now, armed: bool) -> Self {
        let tick_at = now.mono.plus(settings.settle_ms).plus(settings.tick_ms);
        Self {
            settings,
            phase: if armed { Phase::Resting { tick_at } } else { Phase::Off },
            last_seen: now.wall,
            cooldown_until: Wall::ZERO,
            paced_until: if settings.switches.pace_sleeps {
                now.wall.plus(settings.pace_ms)
            } else {
                Wall::ZERO
            },
            held_until: None,
            pulled: Now::ZERO,
            poked: false,
            dormant: false,
            status: Status::Running,
        }
    }

    /// What it was told at its start, with the idle timeout that is in force.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The idle timeout that is in force from now on, in ms; 0 sleeps at the next tick, [`u64::MAX`] never. An attempt under way
    /// goes on, and its second question is asked with the new one. Ask for the [deadline](Self::next_deadline_that_matters)
    /// anew: a shorter timeout brings it forward.
    pub const fn set_idle_timeout(&mut self, ms: u64) {
        self.settings.idle_timeout_ms = ms;
    }

    /// The same watcher on clocks that began so many ms later: everything it remembers is earlier by that, or as early as can
    /// be. It decides by differences of times only, so it goes on as before, as long as none of its durations reaches back
    /// behind the new beginning. For whoever compares watchers at different times.
    #[must_use]
    pub fn rebased(mut self, wall_ms: u64, mono_ms: u64) -> Self {
        let wall =
            |at: Wall| if at == Wall::MAX { at } else { Wall::from_ms(at.as_ms().saturating_sub(wall_ms)) };
        let mono =
            |at: Mono| if at == Mono::MAX { at } else { Mono::from_ms(at.as_ms().saturating_sub(mono_ms)) };
        self.last_seen = wall(self.last_seen);
        self.cooldown_until = wall(self.cooldown_until);
        self.paced_until = wall(self.paced_until);
        self.held_until = self.held_until.map(mono);
        self.pulled = Now { wall: wall(self.pulled.wall), mono: mono(self.pulled.mono) };
        self.phase = match self.phase {
            Phase::Resting { tick_at } => Phase::Resting { tick_at: mono(tick_at) },
            Phase::Quiescing { until } => Phase::Quiescing { until: mono(until) },
            Phase::Suspending { until, lever } => Phase::Suspending { until: mono(until), lever },
            Phase::Fenced { accepted, poll_at, lever } => {
                Phase::Fenced { accepted: wall(accepted), poll_at: mono(poll_at), lever }
            }
            phase @ (Phase::Off | Phase::Holding | Phase::Closing) => phase,
        };
        self
    }

    /// What to publish now.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Where in its body the watcher is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The last message handled, or the start.
    #[must_use]
    pub const fn last_seen(&self) -> Wall {
        self.last_seen
    }

    /// No new attempt before this.
    #[must_use]
    pub const fn cooldown_until(&self) -> Wall {
        self.cooldown_until
    }

    /// When to call with [`Fact::Deadline`]; `None`: the watcher waits for another fact, or for nothing.
    #[must_use]
    pub const fn deadline(&self) -> Option<Mono> {
        match self.phase {
            Phase::Off | Phase::Holding | Phase::Closing => None,
            Phase::Resting { tick_at: at }
            | Phase::Quiescing { until: at }
            | Phase::Suspending { until: at, .. }
            | Phase::Fenced { poll_at: at, .. } => Some(at),
        }
    }

    /// Takes one fact. A fact that does not belong to the phase (an ack that comes after it was given up) changes nothing.
    pub fn step(&mut self, now: Now, fact: Fact<'_>) -> Step {
        let mut abandoned = None;
        let mut abandon = |watcher: &mut Self, why| {
            abandoned = Some(why);
            watcher.abandon(now)
        };
        let command = match (fact, self.phase) {
            (Fact::Inbound, _) => {
                self.inbound(now.wall);
                None
            }
            (Fact::Connected, _) => {
                self.dormant = false;
                self.restore_status();
                None
            }
            (Fact::Poked, _) if !self.settings.switches.heed_pokes => None,
            (Fact::Poked, Phase::Quiescing { .. }) => {
                let release = abandon(self, Abandoned::Poked);
                self.renew_or(release)
            }
            (Fact::Poked, Phase::Closing | Phase::Suspending { .. }) => {
                self.poked = true;
                None
            }
            (Fact::Poked, Phase::Fenced { .. }) => {
                let pass_on = !core::mem::replace(&mut self.poked, true) && !self.has_slept(now);
                pass_on.then_some(Command::Wake)
            }
            (Fact::Shutdown, _) => {
                // A shutdown is the one way out that must not publish `running`.
                self.phase = Phase::Off;
                self.release()
            }
            (Fact::Deadline(_), _) if self.deadline().is_none_or(|at| now.mono < at) => None,
            (Fact::Deadline(view), Phase::Resting { .. }) => self.look(now, view),
            (Fact::Held(true), Phase::Holding) => {
                self.held_until = Some(now.mono.plus(self.settings.hold_max_ms));
                self.go_dormant(now)
            }
            (Fact::Held(false), Phase::Holding) => abandon(self, Abandoned::HoldRefused),
            (Fact::Acked(true), Phase::Quiescing { .. }) => self.close_socket(),
            (Fact::Acked(false) | Fact::Deadline(_), Phase::Quiescing { .. })
                if !self.settings.switches.require_ack =>
            {
                self.close_socket()
            }
            (Fact::Acked(false), Phase::Quiescing { .. }) => abandon(self, Abandoned::NotAcked),
            (Fact::Deadline(_), Phase::Quiescing { .. }) => {
                let release = abandon(self, Abandoned::NotAcked);
                self.renew_or(release)
            }
            (Fact::Closed(view), Phase::Closing) => {
                self.dormant = true;
                self.cooldown_until = now.wall.plus(self.settings.cooldown_ms);
                let s = self.settings.switches;
                if self.poked {
                    abandon(self, Abandoned::Poked)
                } else if s.recheck_after_quiesce && !self.idle(now.wall, view) {
                    abandon(self, Abandoned::BusyAgain)
                } else if s.regate_after_quiesce && !view.relay_only {
                    abandon(self, Abandoned::GateShut)
                } else {
                    self.suspend(now, view)
                }
            }
            (Fact::Lever(true), Phase::Suspending { lever, .. }) => self.accepted(now, lever),
            (Fact::Lever(false), Phase::Suspending { .. }) => abandon(self, Abandoned::LeverRefused),
            (Fact::Deadline(_), Phase::Suspending { .. }) => abandon(self, Abandoned::LeverSilent),
            (Fact::Deadline(view), Phase::Fenced { accepted, poll_at, lever }) => {
                self.watch_fence(now, view, accepted, poll_at, lever)
            }
            _ => None,
        };
        Step { command, abandoned, deadline: self.deadline() }
    }

    /// A message was handled at `wall`: stamps the clock, restores the status, clears the cooldown. The same as
    /// [`step`](Self::step) with [`Fact::Inbound`], for callers to whom messages are most of what happens.
    #[inline]
    pub fn inbound(&mut self, wall: Wall) {
        self.last_seen = wall;
        self.cooldown_until = Wall::ZERO;
        self.restore_status();
    }

    /// Has the machine been frozen since the lever was pulled, as far as the clocks show?
    fn has_slept(&self, now: Now) -> bool {
        now.parted_since(self.pulled) >= self.settings.evidence_ms
    }

    /// May work begin now? If not, it waits until this is true again, and whoever brought it from outside is told to the
    /// watcher as [`Fact::Poked`]. The caller asks before the view of [`Fact::Closed`] is made as if the lever were pulled
    /// already: what that view does not hold must not begin.
    #[must_use]
    pub fn admits_work(&self, now: Now) -> bool {
        let on_its_way = matches!(self.phase, Phase::Suspending { .. } | Phase::Fenced { .. });
        !(self.settings.switches.defer_work && on_its_way) || self.has_slept(now)
    }

    /// The body's steps 1 to 3.
    fn look(&mut self, now: Now, view: &View) -> Option<Command> {
        let s = self.settings.switches;
        // No attempt moves it further than a pace ahead: what lies beyond was reckoned before the wall clock was set back.
        self.paced_until = self.paced_until.min(now.wall.plus(self.settings.pace_ms));
        let done = now.wall < self.cooldown_until.max(self.paced_until)
            || s.pace_sleeps && self.dormant
            || !self.idle(now.wall, view)
            || s.regate_each_tick && !view.relay_only
            || s.abstain_without_lever && view.lever.is_none();
        if done {
            self.rest(now);
            return None;
        }
        self.status = Status::Draining;
        self.poked = false;
        if s.hold_redial {
            self.phase = Phase::Holding;
            return Some(Command::HoldRedial);
        }
        self.go_dormant(now)
    }

    /// Step 4, first half.
    fn go_dormant(&mut self, now: Now) -> Option<Command> {
        self.phase = Phase::Quiescing { until: now.mono.plus(self.settings.ack_timeout_ms) };
        Some(Command::GoDormant)
    }

    /// Step 4, second half.
    fn close_socket(&mut self) -> Option<Command> {
        self.phase = Phase::Closing;
        Some(Command::CloseSocket)
    }

    /// Step 6: pulls the lever, if there is one to pull.
    fn suspend(&mut self, now: Now, view: &View) -> Option<Command> {
        let s = &self.settings;
        match view.lever.filter(|_| s.switches.own_suspend) {
            Some(lever) => {
                let limit = match lever {
                    Lever::Direct => s.direct_lever_timeout_ms,
                    Lever::Brokered => s.brokered_lever_timeout_ms,
                };
                self.pulled = now;
                self.phase = Phase::Suspending { until: now.mono.plus(limit), lever };
                Some(Command::Suspend)
            }
            // Dormant, and left to whatever else may suspend the machine.
            None => self.end_body(now),
        }
    }

    /// The lever accepted: step 7 begins.
    fn accepted(&mut self, now: Now, lever: Lever) -> Option<Command> {
        if !self.settings.switches.freeze_fence {
            return self.end_body(now);
        }
        self.phase =
            Phase::Fenced { accepted: now.wall, poll_at: now.mono.plus(self.settings.fence_slice_ms), lever };
        // Who waits for an answer that came too late to stop the freeze waits for the machine now.
        (self.poked && !self.has_slept(now)).then_some(Command::Wake)
    }

    /// Step 7. After a resume the wall clock has jumped, so a direct lever's fence ends within one slice. A brokered stop
    /// may take longer than any fence: there only the platform's mark of a resume ends it, or the hold's ceiling. With
    /// `fence_on_evidence` that goes for both, and clocks that parted are such a mark.
    fn watch_fence(
        &mut self,
        now: Now,
        view: &View,
        accepted: Wall,
        poll_at: Mono,
        lever: Lever,
    ) -> Option<Command> {
        let Settings { switches: s, fence_ms, late_look_ms, .. } = self.settings;
        let slept = s.fence_on_evidence && (self.has_slept(now) || now.mono.since(poll_at) >= late_look_ms)
            || s.wake_marker && view.wake_marker && lever == Lever::Brokered;
        let over = if s.fence_on_evidence || lever == Lever::Brokered {
            slept || self.held_until.is_none_or(|until| now.mono >= until)
        } else {
            now.wall >= accepted.plus(fence_ms)
        };
        if over {
            return self.end_body(now);
        }
        self.phase = Phase::Fenced { accepted, poll_at: now.mono.plus(self.settings.fence_slice_ms), lever };
        None
    }

    /// Step 5's `no`, and every other way to fail awake: the attempt is over and the gateway goes on as if it had not been.
    fn abandon(&mut self, now: Now) -> Option<Command> {
        self.status = Status::Running;
        let cooldown = now.wall.plus(self.settings.cooldown_ms);
        self.cooldown_until = if self.settings.switches.abort_cooldown {
            self.cooldown_until.max(cooldown)
        } else {
            Wall::ZERO
        };
        self.end_body(now)
    }

    /// The connector was asked to flip, and nobody knows whether it did.
    fn renew_or(&mut self, release: Option<Command>) -> Option<Command> {
        if !self.settings.switches.renew_unacked {
            return release;
        }
        self.dormant = true;
        Some(Command::Renew)
    }

    fn end_body(&mut self, now: Now) -> Option<Command> {
        if self.settings.switches.pace_sleeps {
            self.paced_until = self.paced_until.plus(self.settings.pace_ms).max(now.wall);
        }
        self.rest(now);
        self.release()
    }

    fn rest(&mut self, now: Now) {
        self.phase = Phase::Resting { tick_at: now.mono.plus(self.settings.tick_ms) };
    }

    fn release(&mut self) -> Option<Command> {
        self.held_until.take().map(|_| Command::Release)
    }

    #[inline]
    fn restore_status(&mut self) {
        if self.settings.switches.restore_status && !matches!(self.phase, Phase::Off) {
            self.status = Status::Running;
        }
    }

    /// Has the moment come from which the gateway is idle?
    fn idle(&self, now: Wall, view: &View) -> bool {
        let found = Activity::found(now, self.last_seen, &view.census, view.heartbeat);
        now >= self.settings.idle_from(&found).at_timeout(self.settings.idle_timeout_ms)
    }
}
