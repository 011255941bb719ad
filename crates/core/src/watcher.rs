//! The state machine: facts in, at most one command and the next deadline out.
//!
//! The caller owns everything that takes time. It carries out a [`Command`], reports what came of it as a [`Fact`], and
//! calls again with [`Fact::Deadline`] when [`Step::deadline`] is reached. Nobody sleeps in here.
//!
//! ```text
//!            idle, gate open                    granted                       acked
//!  Resting ------------------> Holding --------------------> Quiescing --------------> Closing
//!   ^  ^                       | HoldRedial                  | GoDormant               | CloseSocket
//!   |  |   refused, not acked, | busy again, lever refused   |                         | closed, still idle
//!   |  +--------- abandon -----+-----------------------------+-------------+-----------+
//!   |                                                                      |           v
//!   +------------------------------ Fenced <-------------------------- Suspending (Suspend)
//!      fence over (Release)                        lever accepted
//! ```
//!
//! Declined: a command queue (a body that may have several commands under way at once cannot be abandoned in one
//! place), and callbacks (they would have to be async in production and virtual in the simulator).

use crate::idle::{Census, Heartbeat, is_idle, total};
use crate::settings::Settings;
use crate::time::{Mono, Now, Wall};

/// What suspends the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lever {
    /// A call on the machine itself; the freeze follows within seconds.
    Direct,
    /// A call to a broker outside, which may take longer to stop the machine than any fence.
    Brokered,
}

/// What the gateway publishes about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// At work, or ready for it.
    Running,
    /// About to sleep, or asleep.
    Draining,
}

/// The gateway as the caller found it when it made the fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// What is in flight.
    pub census: Census,
    /// The client heartbeat.
    pub heartbeat: Heartbeat,
    /// Is nothing but the relay connected now?
    pub relay_only: bool,
    /// What would suspend this machine, if anything.
    pub lever: Option<Lever>,
    /// Has the platform left a mark of a resume since the last suspend was accepted?
    pub wake_marker: bool,
}

impl View {
    /// Nothing in flight, no client, relay only, a lever on the machine.
    #[must_use]
    pub const fn quiet() -> Self {
        Self {
            census: Census::QUIET,
            heartbeat: Heartbeat::Missing,
            relay_only: true,
            lever: Some(Lever::Direct),
            wake_marker: false,
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<'a> {
    /// The deadline was reached (a call before it is ignored).
    Deadline(&'a View),
    /// A message was handled. Completion and replay events are not messages.
    Inbound,
    /// The relay granted or refused to hold its re-dial.
    Held(bool),
    /// The connector answered `going_idle`, or cannot be asked.
    Acked(bool),
    /// The socket is closed.
    Closed(&'a View),
    /// The lever accepted or refused. A lever that does not answer is the watcher's own deadline.
    Lever(bool),
    /// The relay is connected again.
    Connected,
    /// The process is shutting down for good.
    Shutdown,
}

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Hold the relay's re-dial; answered by [`Fact::Held`].
    HoldRedial,
    /// Ask the connector to buffer; answered by [`Fact::Acked`], or by the deadline.
    GoDormant,
    /// Close the relay's socket; answered by [`Fact::Closed`].
    CloseSocket,
    /// Pull the lever; answered by [`Fact::Lever`], or by the deadline.
    Suspend,
    /// Release the hold; not answered.
    Release,
}

/// Why an attempt to sleep was abandoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abandoned {
    /// The relay did not grant the hold.
    HoldRefused,
    /// The connector did not ack.
    NotAcked,
    /// Something came up during the quiesce.
    BusyAgain,
    /// The lever refused.
    LeverRefused,
    /// The lever did not answer in time.
    LeverSilent,
}

/// What comes out of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The one thing to do now, if any.
    pub command: Option<Command>,
    /// Set if this fact ended the attempt under way.
    pub abandoned: Option<Abandoned>,
    /// When to call with [`Fact::Deadline`], if nothing happens before; `None`: never.
    pub deadline: Option<Mono>,
}

/// Where in its body the watcher is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What the caller knows will stay true until the next fact: the basis for skipping ticks that cannot matter.
///
/// The ends count whether they lie ahead or behind; [`Wall::ZERO`] stands for none, [`Wall::MAX`] for never-ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Latest end of the turns known so far.
    pub turns_until: Wall,
    /// Latest end of the cron jobs known so far.
    pub cron_until: Wall,
    /// Latest end of the API runs known so far.
    pub api_until: Wall,
    /// Latest end of the background work known so far.
    pub background_until: Wall,
    /// Are there permanent service tasks?
    pub permanent: bool,
    /// The last client heartbeat so far; [`Wall::ZERO`] for none.
    pub heartbeat: Wall,
    /// Is something other than the relay connected, for good?
    pub gate_shut: bool,
    /// Is there nothing that would suspend this machine?
    pub no_lever: bool,
}

/// The watcher of one gateway.
///
/// ```
/// use dormouse_core::{Command, Fact, Mono, Now, Settings, View, Wall, Watcher};
/// let at = |ms| Now { wall: Wall::from_ms(ms), mono: Mono::from_ms(ms) };
/// let mut watcher = Watcher::start(Settings::dormouse(), at(0), true);
/// watcher.step(at(120_000), Fact::Deadline(&View::quiet()));
/// watcher.step(at(120_000), Fact::Held(true));
/// // A message that arrives before the connector has flipped is handled, and seen by the second question.
/// watcher.step(at(120_040), Fact::Inbound);
/// watcher.step(at(120_100), Fact::Acked(true));
/// assert_eq!(watcher.step(at(120_110), Fact::Closed(&View::quiet())).command, Some(Command::Release));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watcher {
    settings: Settings,
    phase: Phase,
    last_seen: Wall,
    cooldown_until: Wall,
    /// While the re-dial is held: the hold's ceiling.
    held_until: Option<Mono>,
    status: Status,
}

impl Watcher {
    /// A watcher at process start, which counts as the last message seen. Unless `armed` (see
    /// [`should_arm`](crate::should_arm)) it never acts.
    #[must_use]
    pub const fn start(settings: Settings, now: Now, armed: bool) -> Self {
        let tick_at = now.mono.plus(settings.settle_ms).plus(settings.tick_ms);
        Self {
            settings,
            phase: if armed { Phase::Resting { tick_at } } else { Phase::Off },
            last_seen: now.wall,
            cooldown_until: Wall::ZERO,
            held_until: None,
            status: Status::Running,
        }
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
                self.restore_status();
                None
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
            (Fact::Acked(false) | Fact::Deadline(_), Phase::Quiescing { .. }) => {
                if self.settings.switches.require_ack {
                    abandon(self, Abandoned::NotAcked)
                } else {
                    self.close_socket()
                }
            }
            (Fact::Closed(view), Phase::Closing) => {
                self.cooldown_until = now.wall.plus(self.settings.cooldown_ms);
                if self.settings.switches.recheck_after_quiesce && !self.idle(now.wall, view) {
                    abandon(self, Abandoned::BusyAgain)
                } else {
                    self.suspend(now, view)
                }
            }
            (Fact::Lever(true), Phase::Suspending { lever, .. }) => self.accepted(now, lever),
            (Fact::Lever(false), Phase::Suspending { .. }) => abandon(self, Abandoned::LeverRefused),
            (Fact::Deadline(_), Phase::Suspending { .. }) => abandon(self, Abandoned::LeverSilent),
            (Fact::Deadline(view), Phase::Fenced { accepted, lever, .. }) => {
                self.watch_fence(now, view, accepted, lever)
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

    /// The next deadline that can matter if `forecast` holds: between two bodies the first tick, on the grid of ticks, at
    /// which the body would not end at once; in a direct lever's fence the first slice, on their grid, at which it is over;
    /// otherwise [`deadline`](Self::deadline). `None`: none ever will.
    ///
    /// Calling at that tick, and at none before it, comes to the same as calling at every tick: a tick that is passed over
    /// changes nothing, and the grid stays where it was. More work or heartbeats than forecast only make more ticks quiet,
    /// so the answer stays safe. Ask anew after a freeze, which parts the clocks, and after a message that ends a cooldown.
    #[must_use]
    pub fn next_deadline_that_matters(&self, now: Now, forecast: &Forecast) -> Option<Mono> {
        let (quiet_until, tick_ms) = match self.phase {
            Phase::Resting { .. } => (self.quiet_until(forecast), self.settings.tick_ms),
            Phase::Fenced { accepted, lever: Lever::Direct, .. } => {
                (accepted.plus(self.settings.fence_ms), self.settings.fence_slice_ms)
            }
            _ => return self.deadline(),
        };
        let first = self.next_tick(now.mono).filter(|_| quiet_until != Wall::MAX)?;
        let ticks = quiet_until.since(now.wall.plus(first.since(now.mono))).div_ceil(tick_ms);
        Some(first.plus(ticks.saturating_mul(tick_ms)))
    }

    /// The first tick at or after `from` on the grid of ticks, or in the fence on the grid of its slices; in all other phases
    /// [`deadline`](Self::deadline).
    #[must_use]
    pub const fn next_tick(&self, from: Mono) -> Option<Mono> {
        let (at, every) = match self.phase {
            Phase::Resting { tick_at } => (tick_at, self.settings.tick_ms),
            Phase::Fenced { poll_at, .. } => (poll_at, self.settings.fence_slice_ms),
            _ => return self.deadline(),
        };
        Some(at.plus(from.since(at).next_multiple_of(every)))
    }

    /// The first wall time at which a body could do anything if `forecast` holds: neither cooling down nor busy.
    fn quiet_until(&self, forecast: &Forecast) -> Wall {
        let s = self.settings.switches;
        if forecast.gate_shut && s.regate_each_tick
            || forecast.no_lever && s.abstain_without_lever
            || forecast.permanent && s.count_background && !s.ignore_permanent_tasks
        {
            return Wall::MAX;
        }
        let counted = |on: bool, until: Wall| if on { until } else { Wall::ZERO };
        let work_until = forecast
            .turns_until
            .max(counted(s.count_cron, forecast.cron_until))
            .max(counted(s.count_api, forecast.api_until))
            .max(counted(s.count_background, forecast.background_until));
        let seen = self
            .last_seen
            .max(counted(s.count_clients, forecast.heartbeat))
            .max(counted(s.idle_since_activity, work_until));
        self.cooldown_until.max(work_until).max(seen.plus(self.settings.idle_timeout_ms))
    }

    /// The body's steps 1 to 3.
    fn look(&mut self, now: Now, view: &View) -> Option<Command> {
        let s = self.settings.switches;
        let done = now.wall < self.cooldown_until
            || !self.idle(now.wall, view)
            || s.regate_each_tick && !view.relay_only
            || s.abstain_without_lever && view.lever.is_none();
        if done {
            self.rest(now);
            return None;
        }
        self.status = Status::Draining;
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
        None
    }

    /// Step 7. After a resume the wall clock has jumped, so a direct lever's fence ends within one slice. A brokered stop
    /// may take longer than any fence: there only the platform's mark of a resume ends it, or the hold's ceiling.
    fn watch_fence(&mut self, now: Now, view: &View, accepted: Wall, lever: Lever) -> Option<Command> {
        let over = match lever {
            Lever::Direct => now.wall >= accepted.plus(self.settings.fence_ms),
            Lever::Brokered => {
                self.settings.switches.wake_marker && view.wake_marker
                    || self.held_until.is_none_or(|until| now.mono >= until)
            }
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

    fn end_body(&mut self, now: Now) -> Option<Command> {
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

    /// The predicate over what this design counts.
    fn idle(&self, now: Wall, view: &View) -> bool {
        let s = self.settings.switches;
        let Census { turns, cron, api, background, permanent } = view.census;
        let mut seen = self.last_seen;
        if s.count_clients
            && let Some(client) = view.heartbeat.last_seen(now)
        {
            seen = seen.max(client);
        }
        if s.idle_since_activity {
            let ends =
                [(true, turns), (s.count_cron, cron), (s.count_api, api), (s.count_background, background)];
            for (counted, source) in ends {
                seen = seen.max(source.last_end.filter(|_| counted).unwrap_or(Wall::ZERO));
            }
        }
        let quiet = Some(0);
        let in_flight = total([
            turns.in_flight,
            if s.count_cron { cron.in_flight } else { quiet },
            if s.count_api { api.in_flight } else { quiet },
        ]);
        let background = total([
            if s.count_background { background.in_flight } else { quiet },
            if s.count_background && !s.ignore_permanent_tasks { permanent } else { quiet },
        ]);
        is_idle(in_flight, background, now, seen, self.settings.idle_timeout_ms)
    }
}
