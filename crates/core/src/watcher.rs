//! The state machine: it takes facts, and returns at most one command and the next deadline.
//!
//! The caller does everything that takes time. It carries out a [`Command`], reports the result as a [`Fact`],
//! and calls again with [`Fact::Deadline`] when [`Step::deadline`] is reached. No function in this module waits.
//!
//! ```text
//!            idle, gate open                    granted                       acked
//!  Resting ------------------> Holding --------------------> Quiescing --------------> Closing
//!   ^  ^                       | HoldRedial                  | GoDormant               | CloseSocket
//!   |  |  refused, not acked,  | poked, busy, lever refused  |                         | closed, still idle
//!   |  +- abandon -------------+-----------------------------+-------------+-----------+
//!   |                                                                      |           v
//!   +------------------------------ Fenced <-------------------------- Suspending (Suspend)
//!      fence over (Release)                lever accepted (Wake, if work is waiting)
//! ```
//!
//! `docs/watcher.md` describes the whole protocol and what it assumes of platform and connector.
//!
//! Rejected alternatives: a command queue (an attempt with several commands in progress cannot be abandoned in
//! one place), and callbacks (they would have to be async in production and virtual in the simulator).

mod facts;
mod forecast;
mod names;

pub use facts::{Abandoned, Command, Fact, Lever, Status, Step, View};
pub use forecast::{Forecast, Looks};

use crate::settings::Settings;
use crate::time::{Mono, Now, Wall};

/// The watcher's state within an attempt to sleep (a *body*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Not armed, or shut down: it never acts.
    Off,
    /// Between two attempts; looks again at `tick_at`.
    Resting {
        /// The next look.
        tick_at: Mono,
    },
    /// Waits for the relay to grant or refuse the hold.
    Holding,
    /// Waits for the connector's ack until `until`.
    Quiescing {
        /// When to stop waiting for the ack.
        until: Mono,
    },
    /// Waits for the socket to close.
    Closing,
    /// Waits for the lever's answer until `until`.
    Suspending {
        /// When to stop waiting for the lever.
        until: Mono,
        /// Which lever was pulled.
        lever: Lever,
    },
    /// The lever has accepted and the freeze is coming. Looks again at `poll_at`.
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
/// // A message that arrives before the connector has flipped is handled, and the second idle check sees it.
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
    /// With `pace_sleeps`: the earliest time of the next attempt.
    paced_until: Wall,
    /// The hold's ceiling while the re-dial is held.
    held_until: Option<Mono>,
    /// When the lever was last called.
    pulled: Now,
    /// A poke has come since this attempt began: work is waiting outside.
    poked: bool,
    /// The watcher had the socket closed, and the relay has not reconnected since.
    dormant: bool,
    status: Status,
}

impl Watcher {
    /// A watcher at process start. The start counts as the last message seen and as an attempt: earlier events
    /// are unknown, so the first attempt is paced like any other. Unless `armed` (see
    /// [`should_arm`](crate::should_arm)) it never acts.
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

    /// Its settings, with the current idle timeout.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sets the idle timeout, in ms; 0 sleeps at the next tick, [`u64::MAX`] never. An attempt in progress
    /// continues, and its second idle check uses the new timeout. Query the
    /// [deadline](Self::next_deadline_that_matters) again: a shorter timeout brings it forward.
    pub const fn set_idle_timeout(&mut self, ms: u64) {
        self.settings.idle_timeout_ms = ms;
    }

    /// The same watcher on clocks that started `ms` later: every remembered time is earlier by that, saturating
    /// at the clock's zero. The watcher only uses differences of times, so its decisions do not change as long
    /// as none of its durations reaches back past the new zero. For comparing watchers at different times.
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

    /// The status to publish now.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The current phase.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The last message handled, or the start.
    #[must_use]
    pub const fn last_seen(&self) -> Wall {
        self.last_seen
    }

    /// The end of the cooldown: no new attempt before this.
    #[must_use]
    pub const fn cooldown_until(&self) -> Wall {
        self.cooldown_until
    }

    /// When to call with [`Fact::Deadline`]; `None`: the watcher waits for another fact or does nothing.
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

    /// Processes one fact. A fact that does not fit the phase (such as an ack after its timeout) changes nothing.
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
                // A shutdown is the only exit that must not publish `running`.
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

    /// A message was handled at `wall`: updates the last message, restores the status, clears the cooldown. The
    /// same as [`step`](Self::step) with [`Fact::Inbound`], but faster for callers that mostly report messages.
    #[inline]
    pub fn inbound(&mut self, wall: Wall) {
        self.last_seen = wall;
        self.cooldown_until = Wall::ZERO;
        self.restore_status();
    }

    /// Has the machine been frozen since the lever was called, according to the clocks?
    fn has_slept(&self, now: Now) -> bool {
        now.parted_since(self.pulled) >= self.settings.evidence_ms
    }

    /// May work begin now? If not, it must wait until this is true; if it came from outside, report it to the
    /// watcher as [`Fact::Poked`]. Before building the view of [`Fact::Closed`], the caller must behave as if
    /// the lever were already called: work that is not in that view must not begin.
    #[must_use]
    pub fn admits_work(&self, now: Now) -> bool {
        let on_its_way = matches!(self.phase, Phase::Suspending { .. } | Phase::Fenced { .. });
        !(self.settings.switches.defer_work && on_its_way) || self.has_slept(now)
    }

    /// Steps 1 to 3 of an attempt.
    fn look(&mut self, now: Now, view: &View) -> Option<Command> {
        let s = self.settings.switches;
        // An attempt sets this at most one pace ahead; a later time was computed before the wall clock was set back.
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

    /// Step 4, first half: asks the connector to buffer.
    fn go_dormant(&mut self, now: Now) -> Option<Command> {
        self.phase = Phase::Quiescing { until: now.mono.plus(self.settings.ack_timeout_ms) };
        Some(Command::GoDormant)
    }

    /// Step 4, second half: closes the socket.
    fn close_socket(&mut self) -> Option<Command> {
        self.phase = Phase::Closing;
        Some(Command::CloseSocket)
    }

    /// Step 6: calls the lever, if there is one.
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
            // No lever: stay dormant; something else may suspend the machine.
            None => self.end_body(now),
        }
    }

    /// The lever has accepted: step 7 begins.
    fn accepted(&mut self, now: Now, lever: Lever) -> Option<Command> {
        if !self.settings.switches.freeze_fence {
            return self.end_body(now);
        }
        self.phase =
            Phase::Fenced { accepted: now.wall, poll_at: now.mono.plus(self.settings.fence_slice_ms), lever };
        // If the poke came too late to stop the freeze, the machine must be woken for it.
        (self.poked && !self.has_slept(now)).then_some(Command::Wake)
    }

    /// Step 7. After a resume the wall clock has jumped, so the fence of a direct lever ends within one slice. A
    /// brokered stop may take longer than any fence, so there only the platform's mark of a resume ends it, or
    /// the hold's ceiling. With `fence_on_evidence` both kinds of lever need such evidence, and clocks that
    /// differ count as evidence.
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

    /// The `no` of step 5, and every other failure: the attempt ends and the gateway continues as if there had been none.
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

    /// The connector was asked to flip, and it is unknown whether it did.
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

    /// Is the gateway idle at `now`?
    fn idle(&self, now: Wall, view: &View) -> bool {
        self.longest_idle_timeout_ms(now, view)
            .is_some_and(|longest| self.settings.idle_timeout_ms <= longest)
    }
}
