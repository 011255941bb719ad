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

use crate::rows::Counts;
use dormouse_core::{Phase, Status, Wall};
use dormouse_trace::Kind;

use super::{FixedTimeout, Observer, Part, Run, Ticks, TimeoutSource, Timer, Watermarks};
use crate::choice::WithoutSession;
use crate::log::{LogEvent, Stamp};
use crate::setup::Setup;

/// The least number of events in a stretch that is served at once. Shorter ones are cheaper to play.
const WORTH_TAKING: usize = 4;

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

/// Knows in which stretches of a part's arrivals no look of the watcher can matter.
pub(crate) trait Stretches {
    /// The stretch that begins with the event `from`, which changes [only watermarks](Watermarks::is_all_of). Calls are in
    /// ascending order of `from`.
    ///
    /// All events of the stretch change only watermarks. At each of its events but the first, and at every moment between
    /// two of them, a gateway that dominates the watermarks of the events before is not idle.
    fn stretch(&mut self, from: usize) -> Stretch;

    /// The event from which on, to the end, there are only messages, background work and internal events. The latter two
    /// neither wake the machine nor can be missed.
    fn only_messages_from(&self) -> usize;

    /// The number of the part's events that are [user-visible](Kind::is_user_visible).
    fn users(&self) -> u64;
}

/// Replays `part` and returns the same counts as [`run`](super::run), to the last integer, but serves the `stretches` at once.
pub(crate) fn run_in_stretches(part: &Part<'_>, setup: &Setup, stretches: &mut impl Stretches) -> Counts {
    let observer = &mut Unobserved;
    let mut run = Run::new(part, setup, Ticks::ThatMatter, observer, FixedTimeout);
    let mut taker =
        Taker { stretches, played: Stretch { to: part.first, watermarks: Watermarks::default(), users: 0 } };
    run.play(|run, due| taker.take(run, due));
    run.finish()
}

/// Ignores everything, as `()` does. Being a type of its own, it gives the sweep its own copy of the run, which the compiler
/// can inline into one loop. With `()` the copy is shared with plain replays, and costs 12 % more instructions.
struct Unobserved;

impl Observer for Unobserved {
    #[inline]
    fn on(&mut self, _: Stamp, _: LogEvent) {}
}

/// Serves stretches at once where that is possible.
struct Taker<'a, S> {
    stretches: &'a mut S,
    /// Everything up to the next event, as if every arrival had been served at once.
    played: Stretch,
}

impl<S: Stretches> Taker<'_, S> {
    /// Serves the next stretch if possible and returns `None`. Otherwise returns the event up to which arrivals are to be
    /// played one by one, unless `due` comes first.
    fn take<O: Observer, C: TimeoutSource>(&mut self, run: &mut Run<'_, O, C>, due: u64) -> Option<usize> {
        let (at_ms, next) = (run.events.at_ms(), run.next);
        if next == run.last {
            return Some(run.last);
        }
        if next >= self.stretches.only_messages_from() && run.sleeps_for_good() {
            self.follow(run);
            run.lose_the_rest(self.stretches.users() - self.played.users);
            return None;
        }
        if at_ms[next] >= due || !run.only_serves() {
            return Some(run.last);
        }
        self.follow(run);
        if !Watermarks::is_all_of(run.events.kinds()[next])
            || !run.watermarks().dominates(&self.played.watermarks)
        {
            return Some(next + 1);
        }
        let stretch = self.stretches.stretch(next);
        if stretch.to < next + WORTH_TAKING || run.something_else_is_due(at_ms[stretch.to - 1]) {
            return Some(stretch.to);
        }
        run.serve(&stretch, stretch.users - self.played.users);
        self.played = stretch;
        None
    }

    /// Adds the events that the run has played since.
    fn follow<O: Observer, C: TimeoutSource>(&mut self, run: &Run<'_, O, C>) {
        for i in self.played.to..run.next {
            let event = run.events.get(i);
            self.played.watermarks.add(event, run.world);
            self.played.users += u64::from(event.kind.is_user_visible());
        }
        self.played.to = run.next;
    }
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// Would an arrival now change only watermarks?
    fn only_serves(&self) -> bool {
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
    fn something_else_is_due(&self, at: u64) -> bool {
        self.timers.earliest_but_looks().min(self.audit.wrong_due()) <= at
    }

    /// The watermarks of the arrivals so far.
    fn watermarks(&self) -> Watermarks {
        Watermarks {
            seen_ms: self.watcher.last_seen().as_ms(),
            until_ms: self.gateway.until,
            active_ms: self.audit.active_at(),
            http_ms: self.machine.last_http(),
        }
    }

    /// If only messages come from now on, will the machine never wake again? This is so if the connector delivers into a dead
    /// session and will drop messages once it notices, or if it buffers but the only poke, for the first message, is spent.
    fn sleeps_for_good(&self) -> bool {
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
    fn lose_the_rest(&mut self, messages: u64) {
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
    fn serve(&mut self, stretch: &Stretch, users: u64) {
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
