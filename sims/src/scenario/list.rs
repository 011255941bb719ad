//! `sims scenario list`: one line per scenario.

use std::fmt::Write as _;

use dormouse_scenario::Scenario;

use crate::output;

/// Prints a line for each scenario: name, date, classes and title.
pub(super) fn list(scenarios: &[Scenario]) -> anyhow::Result<bool> {
    let width = scenarios.iter().map(|s| s.name().chars().count()).max().unwrap_or(0);
    let dates = scenarios.iter().map(|s| s.date.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for scenario in scenarios {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:width$}  {:dates$}  {}", scenario.name(), scenario.date, scenario.title);
    }
    output::print(&text)?;
    Ok(true)
}
