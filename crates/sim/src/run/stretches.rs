//! Arrivals taken a stretch at a time.
//!
//! A gateway that is up, connected and resting serves an arrival at once, and the arrival leaves an [`Imprint`] and nothing
//! else. If the next one comes before the watcher could find the gateway idle, nothing can happen between the two. So a
//! stretch of such arrivals comes to the join of its imprints, however long it is. Everything else (the quiesce, the freeze,
//! the wake, the drain, faults, audits) is played by the one and only [`Run`].
//!
//! The imprint of a stretch is had from the imprint of *everything* before its end, which does not depend on where the run
//! enters the stretch: where the gateway [covers](Imprint::covers) what came before the stretch, as it does unless something
//! was lost, the two joins are the same.

use dormouse_core::{Phase, Status, Wall};
use dormouse_rows::Counts;
use dormouse_trace::Kind;

use super::{Chooser, Imprint, Observer, Part, Run, Setting, Ticks, Timer};
use crate::choice::WithoutSession;
use crate::setup::Setup;

/// Stretches shorter than this are cheaper to play than to take.
const WORTH_TAKING: usize = 4;

/// A stretch of arrivals up to a place in the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// One behind its last event.
    pub(crate) to: usize,
    /// What all replayed events before `to` leave behind.
    pub(crate) imprint: Imprint,
    /// How many replayed events before `to` are [user-visible](Kind::is_user_visible).
    pub(crate) users: u64,
}

/// Knows in which stretches of a part's arrivals no look of the watcher can matter.
pub(crate) trait Stretches {
    /// The stretch that begins with the event `from`, which leaves [only an imprint](Imprint::is_all_of). Asked in order.
    ///
    /// It holds no event that leaves more, and at each of its events but the first, as well as at every moment between two
    /// of them, a gateway that covers the imprint of the events before is not idle.
    fn stretch(&mut self, from: usize) -> Stretch;

    /// From which event on, to the end, there are only messages and what neither wakes nor is missed: background work and
    /// internal events.
    fn only_messages_from(&self) -> usize;

    /// How many of the part's events are [user-visible](Kind::is_user_visible).
    fn users(&self) -> u64;
}

/// Replays `part` and counts, as [`run`](super::run) does to the last integer, without playing what `stretches` knows.
pub(crate) fn run_in_stretches(part: &Part<'_>, setup: &Setup, stretches: &mut impl Stretches) -> Counts {
    let observer = &mut ();
    let mut run = Run::new(part, setup, Ticks::ThatMatter, observer, Setting);
    let mut taker =
        Taker { stretches, played: Stretch { to: part.first, imprint: Imprint::default(), users: 0 } };
    run.play(|run, due| taker.take(run, due));
    run.finish()
}

/// Takes what can be taken.
struct Taker<'a, S> {
    stretches: &'a mut S,
    /// Everything up to the next event, as if nothing had ever waited.
    played: Stretch,
}

impl<S: Stretches> Taker<'_, S> {
    /// Takes the next stretch if it can; then `None`. Else: up to which event arrivals are to be played one by one, unless
    /// `due` comes first.
    fn take<O: Observer, C: Chooser>(&mut self, run: &mut Run<'_, O, C>, due: u64) -> Option<usize> {
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
        if !Imprint::is_all_of(run.events.kinds()[next]) || !run.imprint().covers(&self.played.imprint) {
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

    /// Catches up with what was played.
    fn follow<O: Observer, C: Chooser>(&mut self, run: &Run<'_, O, C>) {
        for i in self.played.to..run.next {
            let event = run.events.get(i);
            self.played.imprint.add(event, run.world);
            self.played.users += u64::from(event.kind.is_user_visible());
        }
        self.played.to = run.next;
    }
}

impl<O: Observer, C: Chooser> Run<'_, O, C> {
    /// Would an arrival now leave an imprint and nothing else?
    fn only_serves(&self) -> bool {
        let watcher_rests = matches!(self.watcher.phase(), Phase::Resting { .. } | Phase::Off)
            && self.watcher.cooldown_until() <= Wall::from_ms(self.now)
            && self.overdue_since.is_none()
            && (self.watcher.status() == Status::Running || !self.setup.settings.switches.restore_status);
        let nobody_counts = !self.front.watches();
        let nobody_stays = self.gateway.attached_until() <= self.now;
        let takes_requests = !self.timers.pending(Timer::Ready) && !self.cron_job_is_dead();
        let no_freeze = !self.timers.pending(Timer::Freeze) && self.machine.clock_lag(self.now) == 0;
        let no_wake = !self.timers.pending(Timer::Poke)
            && !self.timers.pending(Timer::Wake)
            && self.audit.takes_imprints();
        self.delivers_live()
            && watcher_rests
            && nobody_counts
            && nobody_stays
            && takes_requests
            && no_freeze
            && no_wake
    }

    /// Will anything but a look of the watcher, or of the auditor for somebody who overstays, have happened by `at`?
    fn something_else_is_due(&self, at: u64) -> bool {
        self.timers.earliest_but_looks().min(self.audit.wrong_due()) <= at
    }

    /// What the arrivals so far have left behind.
    fn imprint(&self) -> Imprint {
        Imprint {
            seen_ms: self.watcher.last_seen().as_ms(),
            until_ms: self.gateway.until,
            active_ms: self.audit.active_at(),
            http_ms: self.machine.last_http(),
        }
    }

    /// Will a machine that only messages come to never wake again? Its connector still delivers live, into a session that is
    /// dead, and will not buffer when it notices; or it buffers, but the one poke that the first message was worth has been spent.
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

    /// All that is left are `messages` that nobody will ever read. Those in the buffer lie there for too long, unless the
    /// horizon comes first.
    fn lose_the_rest(&mut self, messages: u64) {
        let stranded = if self.buffers() { messages - self.messages_at_the_end() } else { 0 };
        self.audit.never_served(messages, stranded);
        self.next = self.last;
    }

    /// How many of the messages still to come are too close to the horizon to be stranded before it.
    fn messages_at_the_end(&self) -> u64 {
        let strands =
            |&at: &u64| at.saturating_add(self.world.stranded_ms).saturating_add(1) < self.span.end_ms;
        let first = self.events.at_ms()[..self.last].partition_point(strands).max(self.next);
        self.events.kinds()[first..self.last].iter().filter(|&&kind| kind == Kind::Inbound).count() as u64
    }

    /// Serves a stretch at once, `users` of its arrivals being user-visible.
    fn serve(&mut self, stretch: &Stretch, users: u64) {
        let Imprint { seen_ms, until_ms, active_ms, http_ms } = self.imprint().join(&stretch.imprint);
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
