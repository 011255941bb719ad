//! Shrinks a failing trial to the smallest one that still shows a class.
//!
//! The search is greedy and in a fixed order, so the same trial always gives the same result. The steps: a
//! shorter run, fewer events, faults at fixed times instead of by chance, fewer faults, fewer changed
//! parameters, rounder and smaller numbers. They are repeated until none makes progress. No step leaves the
//! profile: a failure that breaks an assumption is a different failure.

use crate::Scenario;
use dormouse_core::Design;
use dormouse_sim::rows::Class;
use dormouse_sim::{Fault, LogEvent, Observer, Setup, Stamp, When};
use dormouse_trace::{Event, Events};

use crate::search::{Search, Trial};

/// The most trials played to shrink one failure.
const MOST_TRIES: u32 = 5000;
const MINUTE_MS: u64 = 60_000;

/// A shrunk failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Shrunk {
    /// The shrunk trial.
    pub trial: Trial,
    /// The class of missed work that it shows.
    pub class: Class,
    /// The seed of the original trial.
    pub seed: u64,
    /// Number of events in the original trial.
    pub events_before: usize,
    /// Number of trials played while shrinking.
    pub tries: u32,
    search: Search,
}

impl Shrunk {
    pub(crate) fn of(search: Search, trial: Trial, class: Class) -> Self {
        let (seed, events_before) = (trial.setup.seed, trial.events.len());
        let mut shrink = Shrink { search, class, best: trial, tries: 0 };
        while shrink.tries < MOST_TRIES {
            let before = shrink.best.clone();
            shrink.end_sooner();
            shrink.drop_events();
            shrink.name_the_times();
            shrink.drop_faults();
            shrink.drop_changes();
            shrink.round_numbers();
            if shrink.best == before {
                break;
            }
        }
        Self { trial: shrink.best, class, seed, events_before, tries: shrink.tries, search }
    }

    /// A file name for the scenario, without an extension.
    #[must_use]
    pub fn name(&self) -> String {
        let Search { design, profile } = self.search;
        format!("{design}-{}-{profile}-{}", self.class.name(), self.seed)
    }

    /// The scenario that replays the failure.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        let (Search { design, profile }, trial) = (self.search, &self.trial);
        Scenario {
            title: format!("{} under {design}, found by search", self.class.name()),
            story: format!(
                "Found by `sims fuzz --watcher {design} --profile {profile} --first {} --seeds 1`, with {} events, and made smaller in {} tries.",
                self.seed, self.events_before, self.tries
            ),
            ..Scenario::found(design, &trial.setup, trial.events.clone(), trial.horizon_ms)
        }
    }
}

struct Shrink {
    search: Search,
    class: Class,
    /// The smallest failure so far.
    best: Trial,
    tries: u32,
}

/// Records when the class first occurred, and when each fault struck.
struct Watch {
    class: Class,
    established_ms: Option<u64>,
    struck: Vec<(Fault, u64)>,
}

impl Observer for Watch {
    fn on(&mut self, stamp: Stamp, event: LogEvent) {
        if let LogEvent::Violation(violation) = event
            && violation.class == self.class
        {
            self.established_ms.get_or_insert(stamp.wall_ms);
        }
    }

    fn struck(&mut self, at_ms: u64, fault: Fault) {
        self.struck.push((fault, at_ms));
    }
}

impl Shrink {
    /// Takes `candidate` if it shows the class too. Returns false if it does not, or if it is no change.
    fn take(&mut self, candidate: Trial) -> bool {
        if candidate == self.best || self.tries == MOST_TRIES {
            return false;
        }
        if !self.search.profile.admits(&candidate.setup, &candidate.events) {
            return false;
        }
        self.tries += 1;
        let counts = candidate.play(&mut ());
        let shows = self.search.missed(&candidate, &counts).any(|class| class == self.class);
        if shows {
            self.best = candidate;
        }
        shows
    }

    fn take_events(&mut self, events: impl IntoIterator<Item = Event>) -> bool {
        let events: Events = events.into_iter().collect();
        self.take(Trial { events, ..self.best.clone() })
    }

    fn take_setup(&mut self, change: impl FnOnce(&mut Setup)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate.setup);
        self.take(candidate)
    }

    fn watch(&self) -> Watch {
        let mut watch = Watch { class: self.class, established_ms: None, struck: Vec::new() };
        self.best.play(&mut watch);
        watch
    }

    /// Reduces the horizon to the violation, to the last event, or to half.
    fn end_sooner(&mut self) {
        let last = self.best.events.at_ms().last().copied().unwrap_or(0);
        let established = self.watch().established_ms.unwrap_or(u64::MAX - MINUTE_MS);
        for end in [last, established, self.best.horizon_ms / 2] {
            let horizon_ms = (end + 1).next_multiple_of(MINUTE_MS);
            if horizon_ms < self.best.horizon_ms {
                let events: Vec<Event> =
                    self.best.events.iter().filter(|event| event.at_ms <= horizon_ms).collect();
                let events = events.into_iter().collect();
                self.take(Trial { events, horizon_ms, ..self.best.clone() });
            }
        }
    }

    /// Removes events: halves, quarters, … down to single events.
    fn drop_events(&mut self) {
        let mut size = self.best.events.len();
        while size > 0 {
            let mut from = 0;
            while from < self.best.events.len() {
                let all: Vec<Event> = self.best.events.iter().collect();
                let to = all.len().min(from + size);
                if !self.take_events(all[..from].iter().chain(&all[to..]).copied()) {
                    from = to;
                }
            }
            size /= 2;
        }
    }

    /// Replaces random faults by faults at the times at which they struck.
    fn name_the_times(&mut self) {
        let struck = self.watch().struck;
        for &fault in Fault::ALL {
            if matches!(self.best.setup.world.faults.when(fault), When::Probability(_)) {
                let mut times: Vec<u64> =
                    struck.iter().filter(|&&(which, _)| which == fault).map(|&(_, at)| at).collect();
                times.dedup();
                self.take_setup(|setup| *setup.world.faults.when_mut(fault) = When::At(times));
            }
        }
    }

    /// Removes a kind of fault, or some of its times.
    fn drop_faults(&mut self) {
        for &fault in Fault::ALL {
            self.take_setup(|setup| *setup.world.faults.when_mut(fault) = When::Never);
            let mut size = self.times(fault).len();
            while size > 0 {
                let mut from = 0;
                while from < self.times(fault).len() {
                    let mut times = self.times(fault);
                    let to = times.len().min(from + size);
                    times.drain(from..to);
                    let when = if times.is_empty() { When::Never } else { When::At(times) };
                    if !self.take_setup(|setup| *setup.world.faults.when_mut(fault) = when) {
                        from = to;
                    }
                }
                size /= 2;
            }
        }
    }

    fn times(&self, fault: Fault) -> Vec<u64> {
        match self.best.setup.world.faults.when(fault) {
            When::At(times) => times.clone(),
            _ => Vec::new(),
        }
    }

    /// Resets parameters to the design's, one by one; also the idle timeout and the seed of the draws.
    fn drop_changes(&mut self) {
        let design: Design = self.search.design;
        let own = Setup::new(design);
        self.take_setup(|setup| setup.settings.idle_timeout_ms = own.settings.idle_timeout_ms);
        self.take_setup(|setup| setup.seed = own.seed);
        let mut changes = self.best.setup.changes_from(design);
        changes.remove("faults");
        for name in changes.keys() {
            let mut fewer = self.best.setup.changes_from(design);
            fewer.remove(name);
            let settings = own.settings.with_idle_timeout_ms(self.best.setup.settings.idle_timeout_ms);
            let mut setup = Setup { settings, seed: self.best.setup.seed, ..own.clone() };
            if setup.set_all(&fewer).is_ok() {
                self.take(Trial { setup, ..self.best.clone() });
            }
        }
    }

    /// Reduces work, gaps (later events move along) and fault times; rounder numbers first.
    fn round_numbers(&mut self) {
        for i in 0..self.best.events.len() {
            for rounder in rounder(self.best.events.work_ms()[i]) {
                let mut all: Vec<Event> = self.best.events.iter().collect();
                all[i].work_ms = rounder;
                if self.take_events(all) {
                    break;
                }
            }
            let at = self.best.events.at_ms();
            let before = if i == 0 { 0 } else { at[i - 1] };
            let (at, gap) = (at[i], at[i] - before);
            let gaps = rounder(gap).into_iter().map(|rounder| before + rounder);
            for to in gaps.chain(rounder(at).into_iter().filter(|&to| to >= before)) {
                if self.take(moved(&self.best, at, at - to)) {
                    break;
                }
            }
        }
        for &fault in Fault::ALL {
            for i in 0..self.times(fault).len() {
                for rounder in rounder(self.times(fault)[i]) {
                    let mut times = self.times(fault);
                    times[i] = rounder;
                    times.sort_unstable();
                    if self.take_setup(|setup| *setup.world.faults.when_mut(fault) = When::At(times)) {
                        break;
                    }
                }
            }
        }
    }
}

/// The trial with everything from `from` on moved `by` ms earlier.
fn moved(trial: &Trial, from: u64, by: u64) -> Trial {
    let mut trial = trial.clone();
    let earlier = |at: u64| if at >= from { at - by } else { at };
    trial.events = trial.events.iter().map(|event| Event { at_ms: earlier(event.at_ms), ..event }).collect();
    trial.horizon_ms = earlier(trial.horizon_ms);
    for &fault in Fault::ALL {
        if let When::At(times) = trial.setup.world.faults.when_mut(fault) {
            times.iter_mut().for_each(|at| *at = earlier(*at));
            times.sort_unstable();
        }
    }
    trial
}

/// Smaller and rounder numbers than `ms`, in ascending order.
fn rounder(ms: u64) -> Vec<u64> {
    let round = [3_600_000, 600_000, MINUTE_MS, 10_000, 1000, 100, 10].map(|unit| ms - ms % unit);
    let mut all: Vec<u64> = [0, 1000].into_iter().chain(round).filter(|&rounder| rounder < ms).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounder_numbers_are_smaller_and_come_in_order() {
        assert_eq!(rounder(0), [0; 0]);
        assert_eq!(rounder(61_234), [0, 1000, 60_000, 61_000, 61_200, 61_230]);
    }

    #[test]
    fn later_events_move_along_with_the_event() {
        let mut setup = Setup::new(Design::Current);
        *setup.world.faults.when_mut(Fault::LostAck) = When::At(vec![10, 90]);
        let arrival = |at_ms| Event { at_ms, kind: dormouse_trace::Kind::Inbound, work_ms: 0 };
        let trial = Trial { setup, events: [5, 50, 70].map(arrival).into_iter().collect(), horizon_ms: 100 };
        let moved = moved(&trial, 50, 30);
        assert_eq!((moved.events.at_ms(), moved.horizon_ms), (&[5, 20, 40][..], 70));
        assert_eq!(moved.setup.world.faults.lost_ack, When::At(vec![10, 60]));
    }
}
