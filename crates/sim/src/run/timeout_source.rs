//! The source of a run's idle timeout: the setup, or a policy that learns from gap to gap.
//!
//! A run is generic over its source, so that a replay without a policy has no extra cost.

use crate::rows::Counts;
use dormouse_core::policy::{Asked, Ended, Gap, Plan, Policy};
use dormouse_core::{Phase, Wall};
use dormouse_trace::{GapEnd, IdleGap, Instance, Kind};

use super::{Borrowed, NEVER, Observer, Part, Run, Setup, Span, Take, Ticks};

/// The source of the idle timeout.
pub(super) trait TimeoutSource {
    /// The policy, and the progress of its current gap. `None` if the timeout of the setup is in force for the whole run.
    fn policy(&mut self) -> Option<(&mut dyn Policy, &mut GapProgress)>;
}

/// The timeout of the setup.
#[derive(Clone)]
pub(super) struct FixedTimeout;

impl TimeoutSource for FixedTimeout {
    #[inline(always)]
    fn policy(&mut self) -> Option<(&mut dyn Policy, &mut GapProgress)> {
        None
    }
}

/// The timeouts that a policy plans.
pub(super) struct PolicyTimeout<'p> {
    policy: &'p mut dyn Policy,
    progress: GapProgress,
}

impl TimeoutSource for PolicyTimeout<'_> {
    fn policy(&mut self) -> Option<(&mut dyn Policy, &mut GapProgress)> {
        Some((&mut *self.policy, &mut self.progress))
    }
}

/// The progress of a policy's current gap.
#[derive(Debug)]
pub(super) struct GapProgress {
    plan: Plan,
    /// Was an arrival taken since the last gap ended, so that the next arrival can end another gap?
    open: bool,
    /// The index of the first event that may be the next timer, which is a cron fire.
    timer: usize,
}

/// Replays like [`run`](super::run), but with the idle timeout that `policy` chooses for each gap instead of the setup's. The
/// auditor measures `never-sleeps` by the timeout in force, so staying awake as planned is not a violation.
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
    let progress = GapProgress { plan: Plan::NEVER, open: true, timer: 0 };
    let timeout_source = PolicyTimeout { policy, progress };
    let mut run =
        Run::new(&Part::new(instance, span), setup, Ticks::ThatMatter, Borrowed(observer), timeout_source);
    run.choose();
    run.play(|_, _, _| Take::All);
    run.counts()
}

/// The gap in the form for a policy, where a cron fire is a timer. `None` for a silence that no arrival ended.
#[must_use]
pub fn policy_gap(gap: IdleGap) -> Option<Gap> {
    let by = if gap.by? == Kind::Cron { Ended::Timer } else { Ended::Arrival };
    Some(Gap { began: Wall::from_ms(gap.began_ms), ended: Wall::from_ms(gap.ended_ms), by })
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// The event `i` arrives. It ends a gap if it wakes the machine, or if the machine runs. The run itself knows when the gap
    /// began, since delayed arrivals move work to later; so this does not search the events, but only applies the rule for which
    /// of them end a gap.
    #[inline]
    pub(super) fn end_gap(&mut self, i: usize) {
        let (began, running) = (self.gateway.occupied_until(), self.machine.is_running());
        let Some((policy, progress)) = self.timeout_source.policy() else { return };
        let kind = self.events.kinds()[i];
        let cron_wakes = self.world.cron_wakes;
        let ends = if running { GapEnd::Any } else { GapEnd::Wake { cron_wakes } };
        if !ends.ends(kind) {
            return;
        }
        let gap = IdleGap { began_ms: began.max(self.span.start_ms), ended_ms: self.now, by: Some(kind) };
        if std::mem::take(&mut progress.open)
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
        let Some((policy, progress)) = self.timeout_source.policy() else { return };
        let (at_ms, kinds) = (&self.events.at_ms()[..self.last], self.events.kinds());
        // Time only moves forward, so each event is passed once.
        progress.timer = progress.timer.max(self.next);
        while progress.timer < at_ms.len()
            && (at_ms[progress.timer] <= now || kinds[progress.timer] != Kind::Cron)
        {
            progress.timer += 1;
        }
        let next_timer = at_ms.get(progress.timer).map(|&at| Wall::from_ms(at));
        progress.plan = policy.plan(Asked::at(Wall::from_ms(now)).with_next_timer(next_timer));
        progress.open = true;
        let timeout_ms = progress.plan.idle_timeout_ms();
        self.put_in_force(timeout_ms);
    }

    /// The process started again, with the setup's timeout. The plan stays and is put in force again.
    pub(super) fn choose_again(&mut self) {
        if let Some((_, progress)) = self.timeout_source.policy() {
            let timeout_ms = progress.plan.idle_timeout_ms();
            self.put_in_force(timeout_ms);
        }
    }

    /// When the policy's prewarm is due; [`NEVER`] if there is none.
    #[inline]
    pub(super) fn comes_back_at(&mut self) -> u64 {
        let began = self.gateway.occupied_until().max(self.span.start_ms);
        let Some((_, progress)) = self.timeout_source.policy() else { return NEVER };
        let at = progress.plan.prewarm.map_or(NEVER, |wake| began.saturating_add(wake.after_ms));
        // There is no prewarm after the horizon.
        if progress.open && at < self.span.end_ms { at } else { NEVER }
    }

    /// The prewarm is due: the machine is woken, and stays awake as planned.
    pub(super) fn comes_back(&mut self) {
        let (now, seen) = (self.now, self.watcher.last_seen().as_ms());
        let Some((_, progress)) = self.timeout_source.policy() else { return };
        let Some(prewarm) = progress.plan.prewarm.take() else { return };
        // The idle clock still counts from the last message.
        let timeout_ms = now.saturating_add(prewarm.keep_alive_ms).saturating_sub(seen);
        progress.plan.keep_alive_ms = Some(timeout_ms);
        self.prewarm();
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
