//! Who chooses the idle timeout of a run: the setup, or a policy that learns from gap to gap.
//!
//! A run is generic over it, so that the plain replay pays nothing for the question.

use dormouse_core::policy::{Asked, Ended, Gap, Plan, Policy};
use dormouse_core::{Phase, Wall};
use dormouse_rows::Counts;
use dormouse_trace::{GapEnd, IdleGap, Instance, Kind};

use super::{NEVER, Observer, Part, Run, Setup, Span, Ticks};

/// Chooses idle timeouts, or does not.
pub(super) trait Chooser {
    /// The policy, and where its gap stands; `None`: the timeout of the setup is in force from beginning to end.
    fn policy(&mut self) -> Option<(&mut dyn Policy, &mut Course)>;
}

/// The timeout of the setup.
pub(super) struct Setting;

impl Chooser for Setting {
    #[inline(always)]
    fn policy(&mut self) -> Option<(&mut dyn Policy, &mut Course)> {
        None
    }
}

/// Whatever a policy plans.
pub(super) struct Chosen<'p> {
    policy: &'p mut dyn Policy,
    course: Course,
}

impl Chooser for Chosen<'_> {
    fn policy(&mut self) -> Option<(&mut dyn Policy, &mut Course)> {
        Some((&mut *self.policy, &mut self.course))
    }
}

/// Where a policy's gap stands.
#[derive(Debug)]
pub(super) struct Course {
    plan: Plan,
    /// Has something been taken since the last gap ended, so that the next arrival can end another?
    open: bool,
    /// The first event that may be the next timer.
    timer: usize,
}

/// Replays as [`run`](super::run) does, with the idle timeout that `policy` chooses for each gap in the place of the setup's. The
/// auditor measures `never-sleeps` by the timeout in force, so that not to sleep where that is the plan is no violation.
///
/// # Panics
/// If the span ends before it starts.
pub fn run_with_policy<O: Observer>(
    instance: &Instance,
    span: Span,
    setup: &Setup,
    policy: &mut dyn Policy,
    observer: &mut O,
) -> Counts {
    let course = Course { plan: Plan::NEVER, open: true, timer: 0 };
    let chooser = Chosen { policy, course };
    let mut run = Run::new(&Part::new(instance, span), setup, Ticks::ThatMatter, observer, chooser);
    run.choose();
    run.play(|run, _| Some(run.last));
    run.finish()
}

/// The gap as a policy is told it: a cron fire is a timer. `None` of a silence that nothing ended.
#[must_use]
pub fn policy_gap(gap: IdleGap) -> Option<Gap> {
    let by = if gap.by? == Kind::Cron { Ended::Timer } else { Ended::Arrival };
    Some(Gap { began: Wall::from_ms(gap.began_ms), ended: Wall::from_ms(gap.ended_ms), by })
}

impl<O: Observer, C: Chooser> Run<'_, O, C> {
    /// The event `i` arrives: it ends a gap if it wakes the machine, or comes to one that runs. Where the gap began is the run's
    /// own to say, since late arrivals push work back; so there is no walk over events here, only the rule of which end one.
    #[inline]
    pub(super) fn end_gap(&mut self, i: usize) {
        let (began, running) = (self.gateway.occupied_until(), self.machine.is_running());
        let Some((policy, course)) = self.chooser.policy() else { return };
        let kind = self.events.kinds()[i];
        let cron_wakes = self.world.cron_wakes;
        let ends = if running { GapEnd::Any } else { GapEnd::Wake { cron_wakes } };
        if !ends.ends(kind) {
            return;
        }
        let gap = IdleGap { began_ms: began.max(self.span.start_ms), ended_ms: self.now, by: Some(kind) };
        if std::mem::take(&mut course.open)
            && gap.began_ms < gap.ended_ms
            && let Some(gap) = policy_gap(gap)
        {
            policy.gap(gap);
        }
    }

    /// An arrival was taken, or the run begins: the policy says what to do in the coming gap.
    #[inline]
    pub(super) fn choose(&mut self) {
        let now = self.now;
        let Some((policy, course)) = self.chooser.policy() else { return };
        let (at_ms, kinds) = (&self.events.at_ms()[..self.last], self.events.kinds());
        // Time only goes on, so each event is passed once.
        course.timer = course.timer.max(self.next);
        while course.timer < at_ms.len() && (at_ms[course.timer] <= now || kinds[course.timer] != Kind::Cron)
        {
            course.timer += 1;
        }
        let next_timer = at_ms.get(course.timer).map(|&at| Wall::from_ms(at));
        course.plan = policy.plan(Asked::at(Wall::from_ms(now)).with_next_timer(next_timer));
        course.open = true;
        let timeout_ms = course.plan.idle_timeout_ms();
        self.put_in_force(timeout_ms);
    }

    /// The process began anew, with the setup's timeout: the plan stays.
    pub(super) fn choose_again(&mut self) {
        if let Some((_, course)) = self.chooser.policy() {
            let timeout_ms = course.plan.idle_timeout_ms();
            self.put_in_force(timeout_ms);
        }
    }

    /// When the machine is to wake by itself.
    #[inline]
    pub(super) fn comes_back_at(&mut self) -> u64 {
        let began = self.gateway.occupied_until().max(self.span.start_ms);
        let Some((_, course)) = self.chooser.policy() else { return NEVER };
        let at = course.plan.prewarm.map_or(NEVER, |wake| began.saturating_add(wake.after_ms));
        // Behind the horizon nobody wakes.
        if course.open && at < self.span.end_ms { at } else { NEVER }
    }

    /// The machine wakes by itself, and stays as planned.
    pub(super) fn comes_back(&mut self) {
        let (now, seen) = (self.now, self.watcher.last_seen().as_ms());
        let Some((_, course)) = self.chooser.policy() else { return };
        let Some(prewarm) = course.plan.prewarm.take() else { return };
        // The idle clock still counts from the last message.
        let timeout_ms = now.saturating_add(prewarm.keep_alive_ms).saturating_sub(seen);
        course.plan.keep_alive_ms = Some(timeout_ms);
        self.wake_for_nobody();
        self.put_in_force(timeout_ms);
    }

    fn put_in_force(&mut self, timeout_ms: u64) {
        if self.watcher.settings().idle_timeout_ms == timeout_ms {
            return;
        }
        self.watcher.set_idle_timeout(timeout_ms);
        self.audit.timeout_is(timeout_ms, self.gateway.occupied_until());
        self.platform_timeout_changed();
        if self.watcher.phase() != Phase::Off {
            self.schedule_watcher();
        }
    }
}
