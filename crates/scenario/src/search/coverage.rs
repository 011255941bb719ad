//! What a search has covered, so that finding nothing is meaningful.

use std::fmt;

use dormouse_core::{Fact, Now, Phase};
use dormouse_sim::{Fault, LogEvent, Observer, Stamp};

/// A fault counts as recent for this long after it struck, in ms of the gateway's wall clock.
const FRESH_MS: u64 = 120_000;

const FACTS: [&str; 11] = [
    "deadline",
    "inbound",
    "hold granted",
    "hold refused",
    "acked",
    "not acked",
    "closed",
    "lever accepted",
    "lever refused",
    "connected",
    "poked",
];
const FAULTS: usize = Fault::ALL.len();

/// The index of a fact; `None` for a shutdown, which does not occur in the simulation.
const fn fact_index(fact: &Fact<'_>) -> Option<usize> {
    Some(match fact {
        Fact::Deadline(_) => 0,
        Fact::Inbound => 1,
        Fact::Held(true) => 2,
        Fact::Held(false) => 3,
        Fact::Acked(true) => 4,
        Fact::Acked(false) => 5,
        Fact::Closed(_) => 6,
        Fact::Lever(true) => 7,
        Fact::Lever(false) => 8,
        Fact::Connected => 9,
        Fact::Poked => 10,
        Fact::Shutdown => return None,
    })
}

/// Counts of the facts that reached the watcher, by phase and by recent fault.
///
/// Observes one run after another. A fact is attributed to the last fault within the two minutes before it.
#[derive(Default, Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Number of facts by phase and fact.
    told: [[u64; FACTS.len()]; Phase::NAMES.len()],
    /// Number of facts by fault, phase and fact.
    under: Box<[[[u64; FACTS.len()]; Phase::NAMES.len()]; FAULTS]>,
    /// The last fault of this run, and when it struck.
    fresh: Option<(u64, Fault)>,
}

impl Observer for Coverage {
    #[inline]
    fn on(&mut self, stamp: Stamp, event: LogEvent) {
        // A run begins at 0; later starts are restarts of the process.
        if matches!(event, LogEvent::Started { .. }) && stamp.wall_ms == 0 {
            self.fresh = None;
        }
    }

    #[inline]
    fn told(&mut self, now: Now, phase: Phase, fact: &Fact<'_>) {
        let (phase, Some(fact)) = (phase.index(), fact_index(fact)) else { return };
        self.told[phase][fact] += 1;
        if let Some((at, fault)) = self.fresh
            && now.wall.as_ms().saturating_sub(at) <= FRESH_MS
        {
            self.under[fault as usize][phase][fact] += 1;
        }
    }

    #[inline]
    fn struck(&mut self, at_ms: u64, fault: Fault) {
        self.fresh = Some((at_ms, fault));
    }
}

impl Coverage {
    /// Adds the coverage of other runs.
    pub fn merge(&mut self, other: &Self) {
        let mine = self.told.iter_mut().chain(self.under.iter_mut().flatten()).flatten();
        let theirs = other.told.iter().chain(other.under.iter().flatten()).flatten();
        mine.zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Pairs (phase, fact): how many were covered, and how many exist.
    #[must_use]
    pub fn facts(&self) -> (usize, usize) {
        reached(self.told.iter().flatten())
    }

    /// Pairs (fault, phase) with at least one fact while the fault was recent: how many were covered, and how many exist.
    #[must_use]
    pub fn faults(&self) -> (usize, usize) {
        let sums: Vec<u64> = self.under.iter().flatten().map(|facts| facts.iter().sum()).collect();
        reached(sums.iter())
    }

    /// Triples (phase, fact, fault): how many were covered, and how many exist.
    #[must_use]
    pub fn triples(&self) -> (usize, usize) {
        reached(self.under.iter().flatten().flatten())
    }

    /// The facts that never occurred, by phase: `(phase, facts)`.
    #[must_use]
    pub fn facts_never(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        never(Phase::NAMES.iter().zip(&self.told).map(|(&phase, row)| (phase, missing(&FACTS, row))))
    }

    /// The phases that were never reached while a fault was recent: `(fault, phases)`.
    #[must_use]
    pub fn faults_never(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        never(Fault::ALL.iter().zip(self.under.iter()).map(|(fault, phases)| {
            let sums: Vec<u64> = phases.iter().map(|facts| facts.iter().sum()).collect();
            (fault.name(), missing(&Phase::NAMES, &sums))
        }))
    }
}

fn reached<'a>(counts: impl Iterator<Item = &'a u64>) -> (usize, usize) {
    counts.fold((0, 0), |(some, all), &n| (some + usize::from(n > 0), all + 1))
}

fn missing(names: &[&'static str], counts: &[u64]) -> Vec<&'static str> {
    names.iter().zip(counts).filter(|&(_, &n)| n == 0).map(|(&name, _)| name).collect()
}

fn never(
    rows: impl Iterator<Item = (&'static str, Vec<&'static str>)>,
) -> Vec<(&'static str, Vec<&'static str>)> {
    rows.filter(|(_, missing)| !missing.is_empty()).collect()
}

impl fmt::Display for Coverage {
    /// The three counts, then a line for each phase and each fault with gaps in coverage.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((facts, all_facts), (faults, all_faults), (triples, all)) =
            (self.facts(), self.faults(), self.triples());
        writeln!(
            f,
            "reached: {facts} of {all_facts} (phase, fact), {faults} of {all_faults} (fault, phase), {triples} of {all} (phase, fact, fault)"
        )?;
        for (phase, facts) in self.facts_never() {
            writeln!(f, "  never in phase {phase}: {}", facts.join(", "))?;
        }
        for (fault, phases) in self.faults_never() {
            writeln!(f, "  never under {fault}: {}", phases.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::{Mono, Wall};

    use super::*;

    fn at(ms: u64) -> Now {
        Now { wall: Wall::from_ms(ms), mono: Mono::from_ms(ms) }
    }

    #[test]
    fn a_fact_counts_for_its_phase_and_for_the_fault_that_struck_last() {
        let mut seen = Coverage::default();
        seen.told(at(0), Phase::Closing, &Fact::Inbound);
        seen.struck(1000, Fault::LostAck);
        seen.told(at(1000), Phase::Off, &Fact::Connected);
        seen.told(at(1000 + FRESH_MS), Phase::Off, &Fact::Poked);
        seen.told(at(1001 + FRESH_MS), Phase::Off, &Fact::Inbound);
        assert_eq!((seen.facts().0, seen.faults().0, seen.triples().0), (4, 1, 2));
        assert_eq!(seen.facts_never()[4].0, "closing");
        assert!(!seen.facts_never()[4].1.contains(&"inbound"));
        assert_eq!(seen.faults_never().len(), FAULTS);

        let mut twice = seen.clone();
        twice.merge(&seen);
        assert_eq!(twice.told[0][9], 2);
        assert_eq!(twice.triples(), seen.triples());
    }

    #[test]
    fn a_new_run_has_no_fault_yet() {
        let mut seen = Coverage::default();
        seen.struck(1000, Fault::LostAck);
        seen.on(Stamp { wall_ms: 0, mono_ms: 0 }, LogEvent::Started { armed: true });
        seen.told(at(1500), Phase::Off, &Fact::Connected);
        assert_eq!(seen.triples().0, 0);
    }
}
