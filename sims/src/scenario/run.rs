//! `sims scenario run`: the verdict of a few scenarios, in words.

use std::fmt::Write as _;

use dormouse_report::numbers::counted;
use dormouse_scenario::{Outcome, Scenario, ScenarioCase};
use dormouse_sim::rows::WakeCause;

use crate::output;
use crate::run::listed;

/// Plays each scenario with the defect and with the cure, and prints the results.
pub(super) fn run(scenarios: &[Scenario]) -> anyhow::Result<bool> {
    let mut stands = true;
    for scenario in scenarios {
        let mut text = format!("{}: {}\n", scenario.name(), scenario.title);
        for (side, case) in [("defect", Some(scenario.defect()?)), ("cure", scenario.cured()?)] {
            let Some(case) = case else { continue };
            let outcome = case.play();
            stands &= outcome.stands();
            text += &verdict(side, &case, &outcome);
        }
        output::print(&text)?;
    }
    Ok(stands)
}

fn verdict(side: &str, case: &ScenarioCase, outcome: &Outcome) -> String {
    let counts = &outcome.counts;
    let missed = listed(outcome.missed().map(|(class, n)| (class.name(), n)));
    let causes = WakeCause::ALL.iter().map(|&cause| (cause.name(), counts.wakes[cause as usize]));
    let mut text = format!(
        "  {side:6}  missed: {missed}\n          asleep {} of {} ms, {}, {} aborted, wakes: {}; {} of {} delayed, longest {} ms\n",
        counts.suspended_ms,
        counts.horizon_ms,
        counted(counts.suspends, "suspend", "suspends"),
        counts.aborted,
        listed(causes),
        counts.delays.delayed(),
        counts.user_arrivals,
        counts.delays.quantile(1000),
    );
    // Writing to a String cannot fail.
    for mismatch in &outcome.mismatches {
        let _ = writeln!(text, "          DIFFERS  {mismatch}");
    }
    if outcome.stands() {
        let _ = writeln!(
            text,
            "          as expected, at a timeout of {} ms",
            case.setup.settings.idle_timeout_ms
        );
    }
    text
}
