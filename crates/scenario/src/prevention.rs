//! Which switch would have prevented the missed work, found by trial.

use std::fmt;

use dormouse_core::Switches;

use crate::{Scenario, ScenarioCase, ScenarioError};

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
    /// The case with the change; `None` if the value is invalid.
    fn applied(&self, case: &ScenarioCase) -> Option<ScenarioCase> {
        let mut case = case.clone();
        case.setup.set_all(&toml::Table::from_iter([(self.name.clone(), self.value.clone())])).ok()?;
        Some(case)
    }
}

/// The smallest changes after which no work is missed, neither of the classes that the run with the defect shows
/// nor of any other. If the story has no missed work but waits or wakes: the smallest changes after which its
/// verdict is no longer true.
///
/// Each switch that is off, and each parameter that the cure sets, is tried alone; every change that suffices is
/// an answer of its own. If none does, all are made at once and then reverted one by one as long as no work is
/// missed. What remains is one answer, of which no part can be left out. The result is empty if no change
/// prevents it, or if there is nothing to prevent.
///
/// # Errors
/// The same as [`Scenario::defect`].
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

/// The switches that are off, and the parameters of the cure.
fn candidates(scenario: &Scenario, case: &ScenarioCase) -> Vec<Change> {
    let switches = &case.setup.settings.switches;
    let off = Switches::NAMES.iter().filter(|name| switches.get(name) == Some(false));
    let off = off.map(|&name| Change { name: name.to_owned(), value: true.into() });
    let cure = scenario.cure.iter().flat_map(|cure| &cure.set);
    let parameters = cure
        .filter(|(name, _)| !Switches::NAMES.contains(&name.as_str()))
        .map(|(name, value)| Change { name: name.clone(), value: value.clone() });
    off.chain(parameters).collect()
}
