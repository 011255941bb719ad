//! Which switch would have prevented it: found by trying.

use std::fmt;

use dormouse_core::Switches;

use crate::{Case, Scenario, ScenarioError};

/// A change to the run with the defect.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The switch or parameter.
    pub name: String,
    /// Its new value.
    pub value: toml::Value,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.value)
    }
}

impl Change {
    /// The case with the change; `None` where the value does not fit.
    fn applied(&self, case: &Case) -> Option<Case> {
        let mut case = case.clone();
        case.setup.set_all(&toml::Table::from_iter([(self.name.clone(), self.value.clone())])).ok()?;
        Some(case)
    }
}

/// The smallest changes that leave no missed work, of the classes which the run with the defect shows or of any other. Where
/// the story tells of none, but of waits or wakes: those that the verdict is not true of any more.
///
/// Each switch that is off, and each parameter that the cure sets, is tried alone; every change that suffices is an answer
/// of its own. Where none does, all are made at once and taken back one by one as long as the work stays safe: what remains
/// is one answer, of which no part can be left out. Empty: nothing that could be tried prevents it, or there is nothing to
/// prevent.
///
/// # Errors
/// As [`Scenario::defect`].
pub fn prevention(scenario: &Scenario) -> Result<Vec<Vec<Change>>, ScenarioError> {
    let case = scenario.defect()?;
    let safe = |changes: &[Change]| {
        let changed = changes.iter().try_fold(case.clone(), |case, change| change.applied(&case));
        changed.is_some_and(|case| {
            let outcome = case.play();
            outcome.counts.violations_total() == 0 && !outcome.stands()
        })
    };
    if safe(&[]) {
        return Ok(Vec::new());
    }
    let candidates = candidates(scenario, &case);
    let alone: Vec<Vec<Change>> =
        candidates.iter().map(|change| vec![change.clone()]).filter(|one| safe(one)).collect();
    if !alone.is_empty() || !safe(&candidates) {
        return Ok(alone);
    }
    let mut needed = candidates;
    let mut i = 0;
    while i < needed.len() {
        let change = needed.remove(i);
        if !safe(&needed) {
            needed.insert(i, change);
            i += 1;
        }
    }
    Ok(vec![needed])
}

/// Switches that are off, and the cure's parameters.
fn candidates(scenario: &Scenario, case: &Case) -> Vec<Change> {
    let switches = &case.setup.settings.switches;
    let off = Switches::NAMES.iter().filter(|name| switches.get(name) == Some(false));
    let off = off.map(|&name| Change { name: name.to_owned(), value: true.into() });
    let cure = scenario.cure.iter().flat_map(|cure| &cure.set);
    let parameters = cure
        .filter(|(name, _)| !Switches::NAMES.contains(&name.as_str()))
        .map(|(name, value)| Change { name: name.clone(), value: value.clone() });
    off.chain(parameters).collect()
}
