//! One run for several idle timeouts, as long as they do the same.
//!
//! Between two attempts to sleep, the idle timeout has no effect. It decides at three moments only: at a *look* of a resting
//! watcher (idle for long enough?), at the *second check* after the quiesce, and where the auditor finds an idle stretch *too
//! long*. So a run can stand for any number of timeouts, its cohort, until such a moment. If they disagree there, the run is
//! copied, and the cohort [divides](Stop::Divides) into the shorter timeouts and the longer ones. This is exact for every
//! design, world and fault, since it is the same simulator on the same state.
//!
//! Cohorts also come together again:
//!
//! - **Asleep.** In a quiet gap an attempt is the same trajectory at whatever time it begins. So timeouts that fall asleep later
//!   in the gap are not played, but [join](Cohort::take_in_sleepers) the one that did, each with its own time of freezing.
//! - **Awake.** After the same event has woken two cohorts, they differ only in what no longer matters, and
//!   [unite](Cohort::is_like).
//!
//! Both are conditions on the state, in [`alike`](super::alike). Where they do not hold, every timeout is played.

use std::ops::Range;

use dormouse_core::Phase;

use super::alike::Attempt;
use super::stretches::WORTH_SERVING;
use super::{FixedTimeout, Observer, Part, Run, Stretch, Take, Ticks, Timer, Watermarks};
use crate::audit::Shared;
use crate::log::{LogEvent, Stamp};
use crate::setup::Setup;

/// Ignores everything, as `()` does. Being a type of its own, it gives cohorts their own copy of the run, which the compiler
/// can inline into one loop. With `()` the copy is shared with plain replays, and costs 12 % more instructions.
#[derive(Clone)]
pub(super) struct Unobserved;

impl Observer for Unobserved {
    #[inline]
    fn on(&mut self, _: Stamp, _: LogEvent) {}
}

/// The run of a cohort.
pub(super) type SharedRun<'a> = Run<'a, Unobserved, FixedTimeout>;

/// Several idle timeouts that have a run in common.
pub(crate) struct Cohort<'a> {
    run: SharedRun<'a>,
    /// Everything up to the next event, as if every arrival had been served at once.
    played: Stretch,
    /// The timeouts, as ascending ranges of indices into the ascending timeouts. Never empty.
    lanes: Vec<Range<usize>>,
    /// When the next timer is due, as of the last stop.
    due_ms: u64,
    /// Has the run reached its end? Then nothing is played any more.
    ended: bool,
}

/// What the timeouts of a cohort have counted in common.
pub(crate) struct Counted<'c> {
    /// The timeouts, as ascending ranges of indices.
    pub(crate) lanes: &'c [Range<usize>],
    /// The end of the span, in ms.
    pub(crate) end_ms: u64,
    /// The counts.
    pub(crate) shared: Shared<'c>,
}

/// Where a cohort stops.
pub(crate) enum Stop {
    /// Before the event asked for, or at the end of the run.
    Arrived,
    /// At the beginning of the gap before the event asked for, where the gateway rests.
    Rests,
    /// Where shorter timeouts do something else than longer ones.
    Divides {
        /// The index of the first of the longer timeouts.
        at: usize,
        /// Do the shorter ones begin an attempt to sleep?
        to_sleep: bool,
    },
}

/// How far to play.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    /// All timeouts in ms, ascending.
    pub(crate) timeouts_ms: &'a [u64],
    /// The stretch before the event asked for.
    pub(crate) stretch: &'a Stretch,
    /// From this event on there are only messages, and events that neither wake the machine nor can be missed.
    pub(crate) only_messages_from: usize,
    /// The number of user-visible events of the part.
    pub(crate) users: u64,
    /// Whether to stop where the gateway rests.
    pub(crate) at_rest: bool,
}

impl<'a> Cohort<'a> {
    /// The timeouts `lanes` at the start of `part`. The timeout of `setup` is the shortest of them.
    pub(crate) fn new(part: &Part<'a>, setup: &'a Setup, lanes: Range<usize>) -> Self {
        let mut run = Run::new(part, setup, Ticks::ThatMatter, Unobserved, FixedTimeout);
        run.audit.keep_cycles();
        let played = Stretch { to: part.first, watermarks: Watermarks::default(), users: 0 };
        Self { run, played, lanes: vec![lanes], due_ms: 0, ended: false }
    }

    /// Can timeouts have a run in common in this world? They cannot where the platform's own timer suspends after the timeout.
    pub(crate) const fn can_share(setup: &Setup) -> bool {
        let platform_timer = setup.world.platform_timer || !setup.settings.switches.own_suspend;
        !platform_timer || setup.world.platform_timeout_ms > 0
    }

    /// The index of the shortest timeout.
    pub(crate) fn shortest(&self) -> usize {
        self.lanes[0].start
    }

    /// What the timeouts have counted in common since it was last taken. The caller takes it out.
    pub(crate) fn counted(&mut self) -> Counted<'_> {
        Counted { lanes: &self.lanes, end_ms: self.run.span.end_ms, shared: self.run.audit.shared() }
    }

    /// Ends the run.
    pub(crate) fn finish(&mut self) {
        self.run.finish();
    }

    /// Plays up to the event after `target.stretch`, without that event itself, or to the end.
    pub(crate) fn play(&mut self, target: Target<'_>) -> Stop {
        let mut stop = Stop::Arrived;
        if self.ended {
            return stop;
        }
        let Self { run, played, lanes, due_ms, .. } = self;
        self.ended = run.play(|run, due, timer| {
            *due_ms = due;
            let (next, to) = (run.next, target.stretch.to);
            if next < run.last && next >= target.only_messages_from && run.sleeps_for_good() {
                played.follow(run);
                run.lose_the_rest(target.users - played.users);
                return Take::Served;
            }
            if target.at_rest && next >= to && run.only_serves() {
                stop = Stop::Rests;
                return Take::Pause;
            }
            let at_ms = if next < run.last { run.events.at_ms()[next] } else { u64::MAX };
            if at_ms > due || at_ms == due && (timer.is_platform() || next == run.last) {
                if run.is_over(due) {
                    return Take::All;
                }
                return match run.divides(timer, due, lanes, target.timeouts_ms) {
                    Some(at) => {
                        stop = Stop::Divides { at, to_sleep: timer == Timer::Watcher };
                        Take::Pause
                    }
                    None => Take::All,
                };
            }
            if next >= to {
                return Take::Pause;
            }
            if at_ms == due || !run.only_serves() {
                return Take::UpTo(to);
            }
            played.follow(run);
            if !Watermarks::is_all_of(run.events.kinds()[next])
                || !run.watermarks().dominates(&played.watermarks)
            {
                return Take::UpTo(next + 1);
            }
            let last_ms = run.events.at_ms()[to - 1];
            if to < next + WORTH_SERVING || run.something_else_is_due(last_ms) {
                return Take::UpTo(to);
            }
            run.serve(target.stretch, target.stretch.users - played.users);
            *played = *target.stretch;
            Take::Served
        });
        stop
    }

    /// Divides the cohort: the timeouts from the index `at` on become another one. It is written to `spare`, if there is one.
    pub(crate) fn divide(&mut self, at: usize, timeouts_ms: &[u64], spare: Option<Box<Self>>) -> Box<Self> {
        let lanes = split_off(&mut self.lanes, at);
        let longer = Self { run: self.run.clone(), lanes, ..*self };
        let mut longer = match spare {
            Some(mut spare) => {
                *spare = longer;
                spare
            }
            None => Box::new(longer),
        };
        longer.timeout_is(timeouts_ms);
        longer
    }

    /// The shortest timeout is another one.
    fn timeout_is(&mut self, timeouts_ms: &[u64]) {
        if let Some(shortest) = self.lanes.first() {
            self.run.timeout_is(timeouts_ms[shortest.start]);
        }
    }

    /// This cohort was divided from `awake` for an attempt to sleep, and has been played on since. If it can be a
    /// [pattern](Self::take_in_sleepers) for other timeouts, returns it.
    pub(crate) fn attempt(&self, awake: &Self) -> Option<Attempt> {
        self.run.attempt(&awake.run, awake.due_ms)
    }

    /// The timeouts of `other`, which rests, that will fall asleep as in `attempt` join this cohort. `attempt` began from the
    /// state of `awake`, or of `other` itself if that is `None`. What `other` has counted must have been taken. `later` is called
    /// with those that freeze together, and by how many ms later than this cohort, or earlier if negative.
    pub(crate) fn take_in_sleepers(
        &mut self,
        attempt: &Attempt,
        awake: Option<&Self>,
        other: &mut Self,
        timeouts_ms: &[u64],
        mut later: impl FnMut(Range<usize>, i64),
    ) {
        let Some(sleepers) = other.run.sleepers(attempt, awake.map_or(&other.run, |awake| &awake.run)) else {
            return;
        };
        let mut going = 0;
        while let Some(lanes) = other.lanes.get(going).cloned() {
            let mut to = lanes.start;
            while let Some((ms, count)) = sleepers.next(&timeouts_ms[to..lanes.end]) {
                later(to..to + count, ms);
                self.run.audit.freeze_later(to..to + count, ms, attempt.until);
                to += count;
            }
            add_lanes(&mut self.lanes, lanes.start..to);
            if to < lanes.end {
                other.lanes[going].start = to;
                break;
            }
            going += 1;
        }
        other.lanes.drain(..going);
        other.timeout_is(timeouts_ms);
        self.timeout_is(timeouts_ms);
    }

    /// Has every timeout gone to another cohort?
    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Will both count the same from now on, apart from their timeouts? Only for cohorts that [rest](Stop::Rests).
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let now = self.run.now.max(other.run.now);
        now <= self.due_ms.min(other.due_ms) && self.run.rests_like(&other.run, now)
    }

    /// Takes in the timeouts of a cohort that [is like](Self::is_like) this one.
    pub(crate) fn unite(&mut self, other: &Self, timeouts_ms: &[u64]) {
        for lanes in &other.lanes {
            add_lanes(&mut self.lanes, lanes.clone());
        }
        self.run.now = self.run.now.max(other.run.now);
        self.timeout_is(timeouts_ms);
    }
}

impl Stretch {
    /// Adds the events that the run has played since.
    fn follow(&mut self, run: &SharedRun<'_>) {
        for i in self.to..run.next {
            let event = run.events.get(i);
            self.watermarks.add(event, run.world);
            self.users += u64::from(event.kind.is_user_visible());
        }
        self.to = run.next;
    }
}

impl SharedRun<'_> {
    /// The index of the first timeout that does something else than the shorter ones when `timer` fires at `due`.
    fn divides(
        &mut self,
        timer: Timer,
        due: u64,
        lanes: &[Range<usize>],
        timeouts_ms: &[u64],
    ) -> Option<usize> {
        let (first, last) = (lanes.first()?.start, lanes.last()?.end - 1);
        if first == last {
            return None;
        }
        let longest_ms = match (timer, self.watcher.phase()) {
            (Timer::Watcher, Phase::Resting { .. }) | (Timer::Closed, Phase::Closing) => {
                self.longest_idle_timeout_ms(due)
            }
            (Timer::Audit, _) => self.audit.longest_overstay_ms(due, self.gateway.occupied_until()),
            _ => None,
        }?;
        (timeouts_ms[first] <= longest_ms && longest_ms < timeouts_ms[last])
            .then(|| timeouts_ms.partition_point(|&timeout| timeout <= longest_ms))
    }

    /// Puts another idle timeout in force.
    fn timeout_is(&mut self, timeout_ms: u64) {
        self.watcher.set_idle_timeout(timeout_ms);
        self.audit.timeout_is(timeout_ms, self.gateway.occupied_until());
        self.schedule_watcher();
    }
}

/// Adds `more` to ascending ranges, which it does not overlap.
fn add_lanes(lanes: &mut Vec<Range<usize>>, more: Range<usize>) {
    if more.is_empty() {
        return;
    }
    let at = lanes.partition_point(|range| range.start < more.start);
    lanes.insert(at, more);
    lanes.dedup_by(|next, range| {
        let touches = range.end == next.start;
        if touches {
            range.end = next.end;
        }
        touches
    });
}

/// Removes the lanes from `at` on and returns them.
fn split_off(lanes: &mut Vec<Range<usize>>, at: usize) -> Vec<Range<usize>> {
    let first = lanes.partition_point(|range| range.end <= at);
    let mut longer = lanes.split_off(first);
    if let Some(range) = longer.first_mut().filter(|range| range.start < at) {
        lanes.push(range.start..at);
        range.start = at;
    }
    longer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(lanes: &[Range<usize>]) -> Vec<(usize, usize)> {
        lanes.iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn lanes_are_ranges_that_do_not_touch() {
        let mut lanes = vec![0..2, 5..6];
        add_lanes(&mut lanes, 3..3);
        add_lanes(&mut lanes, 3..5);
        assert_eq!(pairs(&lanes), [(0, 2), (3, 6)]);
        add_lanes(&mut lanes, 2..3);
        assert_eq!(pairs(&lanes), [(0, 6)]);
        let longer = split_off(&mut lanes, 4);
        assert_eq!((pairs(&longer), pairs(&lanes)), (vec![(4, 6)], vec![(0, 4)]));
        let mut lanes = vec![0..2, 5..6];
        let longer = split_off(&mut lanes, 3);
        assert_eq!((pairs(&longer), pairs(&lanes)), (vec![(5, 6)], vec![(0, 2)]));
    }
}
