//! `sims scenario check`: plays every scenario with the defect and with the cure.

use std::fmt::Write as _;

use dormouse_scenario::{Expect, Outcome, Scenario, ScenarioError};
use rayon::prelude::*;

use crate::output;
use crate::run::listed;

/// The result of one scenario.
struct Checked {
    name: String,
    /// What each of the two runs shows.
    defect: String,
    cure: String,
    /// Differences from the expected verdict, one per line.
    mismatches: Vec<String>,
}

/// Plays all scenarios on all threads, prints a table, and returns whether every verdict came out as expected.
pub(super) fn check(scenarios: &[Scenario]) -> anyhow::Result<bool> {
    let checked: Vec<Checked> = scenarios.par_iter().map(one).collect::<Result<_, _>>()?;
    let heading = Checked {
        name: "scenario".into(),
        defect: "with the defect".into(),
        cure: "with the cure".into(),
        mismatches: Vec::new(),
    };
    let rows = || std::iter::once(&heading).chain(&checked);
    let width = |of: fn(&Checked) -> &str| rows().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let (name, defect) = (width(|row| &row.name), width(|row| &row.defect));
    let mut text = String::new();
    for row in rows() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:name$}  {:defect$}  {}", row.name, row.defect, row.cure);
        for mismatch in &row.mismatches {
            let _ = writeln!(text, "{:name$}  DIFFERS  {mismatch}", "");
        }
    }
    let wrong = checked.iter().filter(|row| !row.mismatches.is_empty()).count();
    let _ = match wrong {
        0 => writeln!(text, "\n{} scenarios, every verdict as expected", checked.len()),
        _ => writeln!(text, "\n{} scenarios, {wrong} with a verdict that differs", checked.len()),
    };
    output::print(&text)?;
    Ok(wrong == 0)
}

/// The classes of missed work in an outcome. If the scenario expects none: the measures that it names.
pub(super) fn shows(story: &Expect, outcome: &Outcome) -> String {
    let missed = listed(outcome.missed().map(|(class, n)| (class.name(), n)));
    if story.missed.is_empty() {
        let measures: Vec<String> =
            story.named(&outcome.counts).map(|(name, n)| format!("{name} {n}")).collect();
        return format!("{missed}; {}", measures.join(", "));
    }
    missed
}

fn one(scenario: &Scenario) -> Result<Checked, ScenarioError> {
    let defect = scenario.defect()?.play();
    let shows = |outcome: &Outcome| shows(&scenario.expect, outcome);
    let mut mismatches: Vec<String> =
        defect.mismatches.iter().map(|line| format!("with the defect: {line}")).collect();
    let cure = match scenario.cured()? {
        None => "-".to_owned(),
        Some(case) => {
            let cure = case.play();
            mismatches.extend(cure.mismatches.iter().map(|line| format!("with the cure: {line}")));
            if scenario.expect.mismatches(&cure.counts).is_empty() {
                mismatches.push(
                    "with the cure: what is expected of the defect too, which proves nothing".to_owned(),
                );
            }
            shows(&cure)
        }
    };
    if let Some(design) = scenario.of_the_day {
        let then = scenario.under(design)?.play();
        let missing = scenario.expect.classes().filter(|&class| then.counts.violations[class as usize] == 0);
        mismatches.extend(missing.map(|class| format!("under {design}: no {}", class.name())));
    }
    Ok(Checked { name: scenario.name(), defect: shows(&defect), cure, mismatches })
}
