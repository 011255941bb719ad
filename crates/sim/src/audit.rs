//! The auditor sees the true world and counts violations. It shares no code with the watcher.
//!
//! Some bounds ("for longer than 30 s") pass without an event. [`Audit::next_due`] tells the run when to call [`Audit::look`]
//! to check them. Activity only moves such a moment to later, and that is not recorded at once: the auditor looks at the old
//! moment, finds that there was activity since, and sets the new one. So an arrival costs two stores.

use std::collections::VecDeque;
use std::ops::Range;

use dormouse_core::Settings;
use dormouse_text::HOUR_MS;

use crate::rows::{Class, Counts, Violation, WakeCause};
use crate::setup::Setup;
use crate::world::World;

const NEVER: u64 = u64::MAX;
/// A sleep of less than this is a short one.
const SHORT_SLEEP_MS: u64 = 60_000;

/// The bounds, in ms, and the horizon.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    end: u64,
    late_ms: u64,
    stranded_ms: u64,
    wrong_status_ms: u64,
    /// An idle stretch of this length is too long: the timeout in force, plus what is allowed beyond it.
    overstay_ms: u64,
    overstay_beyond_ms: u64,
    flapping_cycles: usize,
}

/// The sleep cycles of the last hour.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cycles {
    /// When they ended.
    ended: VecDeque<u64>,
}

impl Cycles {
    /// A cycle ended. If there were more than `limit` within an hour, returns how long they took together, in ms, and counts
    /// anew.
    #[inline]
    pub(crate) fn end(&mut self, now: u64, limit: usize) -> Option<u64> {
        while self.ended.front().is_some_and(|&at| now - at >= HOUR_MS) {
            self.ended.pop_front();
        }
        self.ended.push_back(now);
        let held = (self.ended.len() > limit).then(|| now - self.ended[0]);
        if held.is_some() {
            self.ended.clear();
        }
        held
    }
}

/// What an audit that stands for several idle timeouts has counted.
pub(crate) struct Shared<'a> {
    /// The counts of all of them.
    pub(crate) counts: &'a mut Counts,
    /// The ends of sleep cycles. Whether they are flapping depends on the cycles before, which differ.
    pub(crate) cycles: &'a mut Vec<u64>,
    /// More cycles than this in an hour are flapping.
    pub(crate) flapping_cycles: usize,
    /// Timeouts that had one short sleep more (true) or less than the counts say.
    pub(crate) otherwise_short: &'a mut Vec<(Range<usize>, bool)>,
}

/// The counts of one instance, and the state needed to count.
#[derive(Debug, Clone)]
pub(crate) struct Audit {
    bounds: Bounds,
    pub(crate) counts: Counts,
    /// Violations that the run has not yet taken to log them, in order.
    found: VecDeque<Violation>,
    cycles: Cycles,
    /// If the run stands for several idle timeouts, whose cycles differ: the ends of cycles that were not yet taken.
    cycles_to_take: Option<Vec<u64>>,
    /// When the machine froze, until the resume begins.
    frozen: Option<u64>,
    /// When real work was frozen, if any was.
    work_stands_still: Option<u64>,
    /// The timeouts whose machines did not freeze at [`frozen`](Self::frozen), and when; only those for which that matters.
    frozen_apart: Vec<(Range<usize>, u64)>,
    /// Timeouts for which a sleep was a short one that was not for the others (true), or the reverse.
    otherwise_short: Vec<(Range<usize>, bool)>,
    /// Since when no wake is under way; `None` while one is.
    no_wake_since: Option<u64>,
    /// Arrival times of the buffer's entries that are not yet stranded, oldest first.
    lying: VecDeque<u64>,
    /// May this machine sleep at all?
    may_sleep: bool,
    /// Is a direct channel connected, which forbids sleeping for now?
    direct: bool,
    /// The time of the last activity on this gateway.
    active_at: u64,
    overstay_due: u64,
    overstaying: Option<u64>,
    wrong_since: Option<u64>,
    wrong_reported: bool,
}

/// What an idle stretch may last beyond the idle timeout, in ms.
pub(crate) const fn overstay_beyond_ms(settings: &Settings, world: &World) -> u64 {
    let looks = settings.cooldown_ms.saturating_add(2 * settings.tick_ms);
    looks.saturating_add(world.never_sleeps_slack_ms)
}

impl Audit {
    pub(crate) fn new(setup: &Setup, start: u64, end: u64, may_sleep: bool, direct: bool) -> Self {
        let (settings, world) = (&setup.settings, &setup.world);
        let overstay_beyond_ms = overstay_beyond_ms(settings, world);
        Self {
            bounds: Bounds {
                end,
                late_ms: world.late_ms,
                stranded_ms: world.stranded_ms,
                wrong_status_ms: world.wrong_status_ms,
                overstay_ms: settings.idle_timeout_ms.saturating_add(overstay_beyond_ms),
                overstay_beyond_ms,
                flapping_cycles: usize::try_from(world.flapping_cycles).unwrap_or(usize::MAX),
            },
            counts: Counts { instances: 1, horizon_ms: end - start, ..Counts::default() },
            found: VecDeque::new(),
            cycles: Cycles::default(),
            cycles_to_take: None,
            frozen: None,
            work_stands_still: None,
            frozen_apart: Vec::new(),
            otherwise_short: Vec::new(),
            no_wake_since: Some(start),
            lying: VecDeque::new(),
            may_sleep,
            direct,
            active_at: start,
            overstay_due: if may_sleep && !direct {
                start.saturating_add(settings.idle_timeout_ms.saturating_add(overstay_beyond_ms))
            } else {
                NEVER
            },
            overstaying: None,
            wrong_since: None,
            wrong_reported: false,
        }
    }

    /// Counts a violation that was established at `at`. Violations after the horizon are not counted, except that an
    /// arrival from before the horizon was lost ([`Audit::lost`]).
    fn found(&mut self, at: u64, class: Class, held_ms: u64, cause: &'static str) {
        if at < self.bounds.end {
            self.count(at, class, held_ms, cause);
        }
    }

    fn count(&mut self, at_ms: u64, class: Class, held_ms: u64, cause: &'static str) {
        self.counts.violations[class as usize] += 1;
        self.found.push_back(Violation { at_ms, class, held_ms, cause });
    }

    /// Is there a violation that was not yet taken?
    #[inline]
    pub(crate) fn has_found(&self) -> bool {
        !self.found.is_empty()
    }

    /// Takes the oldest violation that was not yet taken.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Violation> {
        self.found.pop_front()
    }

    // ---- arrivals ----

    /// A user-visible arrival came in.
    #[inline]
    pub(crate) fn user_arrived(&mut self) {
        self.counts.user_arrivals += 1;
    }

    /// A user-visible arrival from time `at` is handled `now`.
    #[inline]
    pub(crate) fn user_handled(&mut self, at: u64, now: u64) {
        let delay = now - at;
        self.counts.delays.push(delay);
        self.counts.late += u64::from(delay > self.bounds.late_ms);
    }

    /// An arrival from before the horizon will never be handled.
    pub(crate) fn lost(&mut self, now: u64, cause: &'static str) {
        self.count(now, Class::LostInbound, 0, cause);
    }

    /// A cron fire will never run.
    pub(crate) fn cron_missed(&mut self, now: u64, cause: &'static str) {
        self.count(now, Class::MissedCron, 0, cause);
    }

    /// A cron fire from time `at` starts `now`. It is late if it took longer than `grace` ms.
    pub(crate) fn cron_started(&mut self, at: u64, now: u64, grace: u64) {
        if now - at > grace {
            self.count(now, Class::LateCron, now - at, "the fire waited for the machine");
        }
    }

    /// An entry was handled a second time.
    pub(crate) fn duplicate(&mut self, now: u64, cause: &'static str) {
        self.found(now, Class::Duplicate, 0, cause);
    }

    // ---- the idle stretch ----

    /// There was activity, which ends the idle stretch, if there was one.
    #[inline]
    pub(crate) fn active(&mut self, now: u64) {
        self.active_at = now;
        if self.overstaying.is_some() {
            self.end_overstay(now);
        }
    }

    fn end_overstay(&mut self, now: u64) {
        if let Some(since) = self.overstaying.take() {
            let held = now.min(self.bounds.end).saturating_sub(since);
            self.found(since, Class::NeverSleeps, held, "idle, allowed to sleep, and awake");
        }
    }

    /// From now on the machine may not sleep: a direct channel is connected.
    pub(crate) fn may_not_sleep(&mut self, now: u64) {
        self.end_overstay(now);
        self.direct = true;
        self.overstay_due = NEVER;
    }

    /// The direct channel is gone, so an idle stretch can begin.
    pub(crate) fn may_sleep_again(&mut self, now: u64) {
        self.direct = false;
        self.active_at = now;
        if self.frozen.is_none() {
            self.await_overstay(now);
        }
    }

    /// Sets the moment at which an idle stretch that begins now is too long.
    fn await_overstay(&mut self, now: u64) {
        if self.may_sleep && !self.direct {
            self.overstay_due = now.saturating_add(self.bounds.overstay_ms);
        }
    }

    /// From now on this idle timeout is in force, and the bound on idle stretches changes with it. `occupied_until` is the
    /// latest end of real work and of attached clients.
    pub(crate) fn timeout_is(&mut self, timeout_ms: u64, occupied_until: u64) {
        self.bounds.overstay_ms = timeout_ms.saturating_add(self.bounds.overstay_beyond_ms);
        if self.may_sleep && !self.direct && self.frozen.is_none() {
            self.overstay_due = self.active_at.max(occupied_until).saturating_add(self.bounds.overstay_ms);
        }
    }

    /// The time of the last activity.
    pub(crate) const fn active_at(&self) -> u64 {
        self.active_at
    }

    /// Would arrivals that are served at once change nothing but [`active_at`](Self::active_at)?
    pub(crate) fn takes_watermarks(&self) -> bool {
        self.overstaying.is_none() && self.no_wake_since.is_some() && !self.has_found()
    }

    /// Arrivals were served at once, `users` of them user-visible. The last activity was at `active_at`, and no idle
    /// stretch between them was too long.
    pub(crate) fn served(&mut self, users: u64, active_at: u64, occupied_until: u64) {
        self.counts.user_arrivals += users;
        self.counts.delays.push_zeros(users);
        self.active_at = active_at;
        if self.may_sleep && !self.direct {
            self.overstay_due =
                self.overstay_due.max(active_at.max(occupied_until).saturating_add(self.bounds.overstay_ms));
        }
    }

    /// `messages` messages were never handled, and `stranded` of them were in the buffer for too long before the horizon.
    pub(crate) fn never_served(&mut self, messages: u64, stranded: u64) {
        self.counts.user_arrivals += messages;
        self.counts.violations[Class::LostInbound as usize] += messages;
        self.counts.violations[Class::StrandedInbound as usize] += stranded;
    }

    // ---- the machine ----

    /// The machine freezes. `busy`: real work is in flight. `black_hole`: why no arrival would wake it, if so.
    pub(crate) fn frozen(&mut self, now: u64, busy: bool, black_hole: Option<&'static str>) {
        self.end_overstay(now);
        self.overstay_due = NEVER;
        self.frozen = Some(now);
        self.work_stands_still = busy.then_some(now);
        self.counts.suspends += u64::from(now < self.bounds.end);
        if let Some(cause) = black_hole {
            self.found(now, Class::BlackHole, 0, cause);
        }
    }

    /// A resume begins.
    pub(crate) fn resuming(&mut self, now: u64, cause: WakeCause) {
        let Some(since) = self.frozen.take() else { return };
        self.counts.suspended_ms += now.min(self.bounds.end) - since.min(self.bounds.end);
        if now < self.bounds.end {
            self.counts.wakes[cause as usize] += 1;
            let is_short = |since: u64| now - since < SHORT_SLEEP_MS;
            self.counts.short_sleeps += u64::from(is_short(since));
            for (lanes, apart) in self.frozen_apart.drain(..) {
                if is_short(apart) != is_short(since) {
                    self.otherwise_short.push((lanes, is_short(apart)));
                }
            }
            self.cycle(now);
        }
    }

    /// The machine runs again.
    pub(crate) fn running(&mut self, now: u64) {
        if let Some(since) = self.work_stands_still.take() {
            self.work_stood_still(since, now);
        }
        self.active_at = now;
        self.await_overstay(now);
    }

    fn work_stood_still(&mut self, since: u64, now: u64) {
        if since < self.bounds.end {
            let held = now.min(self.bounds.end) - since;
            self.counts.frozen_work_ms += held;
            self.found(since, Class::FrozenWork, held, "frozen with work in flight");
        }
    }

    /// The watcher abandoned a quiesce.
    pub(crate) fn aborted(&mut self, now: u64) {
        if now < self.bounds.end {
            self.counts.aborted += 1;
            self.cycle(now);
        }
    }

    /// A cycle ended: a sleep, a quiesce that was abandoned, or a quiesce without a suspend after it.
    pub(crate) fn cycle(&mut self, now: u64) {
        if let Some(ended) = &mut self.cycles_to_take {
            ended.push(now);
        } else if let Some(held) = self.cycles.end(now, self.bounds.flapping_cycles) {
            self.found(now, Class::Flapping, held, "too many sleep cycles in an hour");
        }
    }

    // ---- the buffer ----

    /// An entry from time `at` is in the buffer.
    pub(crate) fn buffered(&mut self, at: u64) {
        self.lying.push_back(at);
    }

    /// The buffer was emptied.
    pub(crate) fn drained(&mut self) {
        self.lying.clear();
    }

    /// Records whether a wake is under way.
    pub(crate) fn wake_under_way(&mut self, now: u64, under_way: bool) {
        match (under_way, self.no_wake_since) {
            (true, Some(_)) => self.no_wake_since = None,
            (false, None) => self.no_wake_since = Some(now),
            _ => {}
        }
    }

    // ---- the status ----

    /// Records whether the published status is wrong: the gateway serves but publishes that it does not.
    pub(crate) fn status_is_wrong(&mut self, now: u64, wrong: bool) {
        match (wrong, self.wrong_since) {
            (true, None) => self.wrong_since = Some(now),
            (false, Some(_)) => {
                self.wrong_since = None;
                self.wrong_reported = false;
            }
            _ => {}
        }
    }

    // ---- bounds that pass without an event ----

    fn stranded_due(&self) -> u64 {
        match (self.no_wake_since, self.lying.front()) {
            (Some(since), Some(&at)) => since.max(at) + self.bounds.stranded_ms + 1,
            _ => NEVER,
        }
    }

    /// When a wrong status will have been wrong for too long.
    pub(crate) fn wrong_due(&self) -> u64 {
        match self.wrong_since {
            Some(since) if !self.wrong_reported => since + self.bounds.wrong_status_ms + 1,
            _ => NEVER,
        }
    }

    /// When to [`look`](Self::look) next.
    pub(crate) fn next_due(&self) -> u64 {
        self.stranded_due().min(self.wrong_due()).min(self.overstay_due)
    }

    /// Checks whether a bound has passed by `now`. `occupied_until` is the latest end of real work and of attached clients.
    pub(crate) fn look(&mut self, now: u64, occupied_until: u64) {
        while self.stranded_due() <= now {
            self.lying.pop_front();
            self.found(
                now,
                Class::StrandedInbound,
                self.bounds.stranded_ms,
                "lies in the buffer and no wake is under way",
            );
        }
        if self.wrong_due() <= now {
            self.wrong_reported = true;
            self.found(
                now,
                Class::WrongStatus,
                self.bounds.wrong_status_ms,
                "serves, yet publishes draining",
            );
        }
        if self.overstay_due <= now {
            let mut due = self.active_at.max(occupied_until).saturating_add(self.bounds.overstay_ms);
            if due <= now {
                self.overstaying.get_or_insert(now);
                // The activity that ends this stretch comes after now, and the next stretch begins then at the earliest. So it is
                // early enough to look again after one bound.
                due = now.saturating_add(self.bounds.overstay_ms);
            }
            self.overstay_due = due;
        }
    }

    /// The run is over. Violations that are still open end at the horizon.
    pub(crate) fn close(&mut self) {
        let end = self.bounds.end;
        self.end_overstay(end);
        if let Some(since) = self.work_stands_still.take() {
            self.work_stood_still(since, end);
        }
        if let Some(since) = self.frozen.take() {
            self.counts.suspended_ms += end - since.min(end);
        }
    }

    // ---- for several idle timeouts at once ----

    /// From now on the ends of cycles are kept, to be taken and counted for each idle timeout.
    pub(crate) fn keep_cycles(&mut self) {
        self.cycles_to_take = Some(Vec::new());
    }

    /// The timeouts `lanes` froze `ms` later than the others did. No resume begins before `until`.
    #[inline]
    pub(crate) fn freeze_later(&mut self, lanes: Range<usize>, ms: i64, until: u64) {
        let Some(since) = self.frozen else { return };
        let at = since.saturating_add_signed(ms);
        if until.saturating_sub(at.max(since)) < SHORT_SLEEP_MS {
            self.frozen_apart.push((lanes, at));
        }
    }

    /// What was counted since it was last taken. The caller takes it out.
    pub(crate) fn shared(&mut self) -> Shared<'_> {
        Shared {
            counts: &mut self.counts,
            cycles: self.cycles_to_take.get_or_insert_default(),
            flapping_cycles: self.bounds.flapping_cycles,
            otherwise_short: &mut self.otherwise_short,
        }
    }

    /// The longest idle timeout with which an idle stretch becomes too long at the auditor's look of `now`.
    pub(crate) fn longest_overstay_ms(&self, now: u64, occupied_until: u64) -> Option<u64> {
        if self.overstay_due <= now { now.checked_sub(self.allowed_until(occupied_until)) } else { None }
    }

    /// The present idle stretch is too long one idle timeout after this; [`NEVER`] if it has no bound.
    pub(crate) fn allowed_until(&self, occupied_until: u64) -> u64 {
        if self.overstay_due == NEVER {
            return NEVER;
        }
        self.active_at.max(occupied_until).saturating_add(self.bounds.overstay_beyond_ms)
    }

    /// Was nothing counted but one freeze since the counts were last taken?
    pub(crate) fn only_fell_asleep(&self) -> bool {
        let freeze = Counts { suspends: 1, ..Counts::default() };
        self.counts.integers() == freeze.integers()
            && self.counts.delays.delayed() == 0
            && self.frozen_apart.is_empty()
            && self.cycles_to_take.as_ref().is_none_or(Vec::is_empty)
    }

    /// Is nothing under way that must be counted: no violation that was not taken, no message that waits, no stretch that is
    /// already too long, no status that is wrong?
    pub(crate) fn rests(&self) -> bool {
        self.takes_watermarks()
            && self.lying.is_empty()
            && self.wrong_since.is_none()
            && self.work_stands_still.is_none()
    }

    /// Do both count alike from now on, apart from cycles, and from idle stretches, whose bound depends on the timeout? Only
    /// for two that [rest](Self::rests).
    pub(crate) fn rests_like(&self, other: &Self) -> bool {
        let live = |audit: &Self| {
            let Self {
                // The same, but for the timeout.
                bounds: _,
                // For each timeout.
                counts: _,
                cycles: _,
                cycles_to_take: _,
                otherwise_short: _,
                // Nothing, in one that rests.
                found: _,
                work_stands_still: _,
                lying: _,
                overstaying: _,
                wrong_since: _,
                // The time of a wake that is over.
                no_wake_since: _,
                frozen,
                frozen_apart,
                may_sleep,
                direct,
                active_at,
                overstay_due,
                wrong_reported,
            } = audit;
            let has_bound = *overstay_due != NEVER;
            (*frozen, frozen_apart.len(), *may_sleep, *direct, *active_at, has_bound, *wrong_reported)
        };
        live(self) == live(other)
    }
}
