//! Serves whole stretches of arrivals at once.
//!
//! A gateway that is up, connected and resting serves an arrival at once, and the arrival changes only the [`Watermarks`]. If the
//! next arrival comes before the watcher could find the gateway idle, nothing can happen between the two. So the effect of a
//! stretch of such arrivals, however long, is the join of their watermarks. Everything else (the quiesce, the freeze, the wake,
//! the drain, faults, audits) is played by [`Run`].
//!
//! A stretch holds the watermarks of *everything* before its end, which do not depend on where the run enters the stretch. This
//! gives the same join if the gateway's own watermarks [dominate](Watermarks::dominates) those of everything before the stretch,
//! which is so unless something was lost.

use dormouse_core::{Phase, Status, Wall};
use dormouse_trace::Kind;

use super::{Observer, Run, TimeoutSource, Timer, Watermarks};
use crate::choice::WithoutSession;

/// The least number of events in a stretch that is served at once. Shorter ones are cheaper to play.
pub(super) const WORTH_SERVING: usize = 4;

/// A stretch of arrivals up to some event of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The index after its last event.
    pub(crate) to: usize,
    /// The watermarks of all replayed events before `to`.
    pub(crate) watermarks: Watermarks,
    /// The number of replayed events before `to` that are [user-visible](Kind::is_user_visible).
    pub(crate) users: u64,
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// Would an arrival now change only watermarks?
    pub(super) fn only_serves(&self) -> bool {
        let watcher_rests = matches!(self.watcher.phase(), Phase::Resting { .. } | Phase::Off)
            && self.watcher.cooldown_until() <= Wall::from_ms(self.now)
            && self.overdue_since.is_none()
            && (self.watcher.status() == Status::Running || !self.setup.settings.switches.restore_status);
        let no_platform_timer = !self.platform_timer.watches();
        let no_client_stays = self.gateway.attached_until() <= self.now;
        let takes_requests = !self.timers.pending(Timer::Ready) && !self.cron_job_is_dead();
        let no_freeze = !self.timers.pending(Timer::Freeze) && self.machine.clock_lag(self.now) == 0;
        let no_wake = !self.timers.pending(Timer::Poke)
            && !self.timers.pending(Timer::Wake)
            && self.audit.takes_watermarks();
        self.delivers_live()
            && watcher_rests
            && no_platform_timer
            && no_client_stays
            && takes_requests
            && no_freeze
            && no_wake
    }

    /// Is anything due by `at`, other than a look of the watcher or a look of the auditor at an idle stretch?
    pub(super) fn something_else_is_due(&self, at: u64) -> bool {
        self.timers.earliest_but_looks().min(self.audit.wrong_due()) <= at
    }

    /// The watermarks of the arrivals so far.
    pub(super) fn watermarks(&self) -> Watermarks {
        Watermarks {
            seen_ms: self.watcher.last_seen().as_ms(),
            until_ms: self.gateway.until,
            active_ms: self.audit.active_at(),
            http_ms: self.machine.last_http(),
        }
    }

    /// If only messages come from now on, will the machine never wake again? This is so if the connector delivers into a dead
    /// session and will drop messages once it notices, or if it buffers but the only poke, for the first message, is spent.
    pub(super) fn sleeps_for_good(&self) -> bool {
        if !self.machine.is_frozen() || self.messages_over_http() {
            return false;
        }
        let spent = !self.connector.is_empty() && (self.world.repoke_ms, self.world.buffer_limit) == (0, 0);
        let dead = !self.connector.is_flipped() && self.world.without_session == WithoutSession::Drops;
        let wakers = [
            Timer::Running,
            Timer::PlatformCheck,
            Timer::Reconnect,
            Timer::Flip,
            Timer::Poke,
            Timer::Wake,
            Timer::Repoke,
        ];
        (spent || dead) && !wakers.into_iter().any(|timer| self.timers.pending(timer))
    }

    /// Counts the remaining `messages` messages as lost. Those that are buffered are stranded too, unless the horizon comes first.
    pub(super) fn lose_the_rest(&mut self, messages: u64) {
        let stranded = if self.buffers() { messages - self.messages_at_the_end() } else { 0 };
        self.audit.never_served(messages, stranded);
        self.next = self.last;
    }

    /// The number of remaining messages that are too close to the horizon to be stranded before it.
    fn messages_at_the_end(&self) -> u64 {
        let strands =
            |&at: &u64| at.saturating_add(self.world.stranded_ms).saturating_add(1) < self.span.end_ms;
        let first = self.events.at_ms()[..self.last].partition_point(strands).max(self.next);
        self.events.kinds()[first..self.last].iter().filter(|&&kind| kind == Kind::Inbound).count() as u64
    }

    /// Serves a stretch at once. `users` of its arrivals are user-visible.
    pub(super) fn serve(&mut self, stretch: &Stretch, users: u64) {
        let Watermarks { seen_ms, until_ms, active_ms, http_ms } =
            self.watermarks().join(&stretch.watermarks);
        self.next = stretch.to;
        self.now = self.events.at_ms()[stretch.to - 1];
        if seen_ms > self.watcher.last_seen().as_ms() {
            self.watcher.inbound(Wall::from_ms(seen_ms));
        }
        self.gateway.until = until_ms;
        self.machine.set_last_http(http_ms);
        self.audit.served(users, active_ms, self.gateway.occupied_until());
        self.schedule_watcher();
    }
}
