//! `sims scenario explain`: what happened around each case of missed work, and what would have prevented it.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use dormouse_report::timeline_plot;
use dormouse_scenario::{Change, Scenario, ScenarioCase, prevention};
use dormouse_sim::Line;
use dormouse_trace::regular;

use super::strip::strip;
use super::watched::watch;
use crate::output;

/// Arguments of `sims scenario explain`.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The scenario file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How many lines of the log to print before each case of missed work.
    #[arg(long, value_name = "N", default_value_t = 12)]
    context: usize,
    /// Draw the run into this file, an .svg or a .png.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

/// Explains the run with the defect.
pub(super) fn explain(args: &ExplainArgs) -> anyhow::Result<bool> {
    let scenario = Scenario::load(&args.file)?;
    let case = scenario.defect()?;
    let watched = watch(&scenario, &case);
    let mut text = format!("{}: {}\n\n{}\n", scenario.name(), scenario.title, scenario.story.trim());
    if !scenario.foreseen.trim().is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(text, "\nWhat would have shown it: {}\n", scenario.foreseen.trim());
    }
    let _ = write!(text, "\n{}\n", strip(&watched.timeline));
    if watched.outcome.violations.is_empty() {
        text += "No missed work.\n";
    } else {
        let _ = writeln!(text, "{}\n{}", Line::HEADING, watched.around(args.context).join("\n"));
    }
    let _ = write!(text, "\nPrevented by: {}\n{}", prevented(&scenario)?, heartbeats(&case));
    for mismatch in &watched.outcome.mismatches {
        let _ = writeln!(text, "DIFFERS from what is expected: {mismatch}");
    }
    if let Some(path) = &args.plot {
        let end = path.extension().unwrap_or_default();
        let files = timeline_plot(&scenario.title, &watched.timeline).context("plot")?;
        let Some(file) = files.iter().find(|file| PathBuf::from(&file.name).extension() == Some(end)) else {
            bail!("--plot {}: draws .svg and .png; end the name so", path.display());
        };
        output::write_whole(path, &file.bytes)?;
    }
    output::print(&text)?;
    Ok(watched.outcome.stands())
}

/// What would have prevented it, in words.
pub(super) fn prevented(scenario: &Scenario) -> anyhow::Result<String> {
    let answers = prevention(scenario)?;
    let list = |changes: &[Change], and: &str| {
        changes.iter().map(|change| format!("`{change}`")).collect::<Vec<_>>().join(and)
    };
    let cure = scenario.cure.as_ref();
    Ok(match answers.as_slice() {
        [] if scenario.expect.missed.is_empty() => "there was no missed work to prevent.".to_owned(),
        [] => match (cure.and_then(|cure| cure.watcher), cure.and_then(|cure| cure.traffic.as_ref())) {
            (Some(design), _) => format!("no switch; the watcher `{design}`."),
            (None, Some(_)) => "no switch; the traffic itself must change.".to_owned(),
            (None, None) => "no switch.".to_owned(),
        },
        [one] if one.len() > 1 => {
            format!("no switch alone; {} together, of which none can be left out.", list(one, " and "))
        }
        one => format!("{}.", list(&one.concat(), ", or ")),
    })
}

/// A sentence about regular arrivals from the operator's own systems that come more often than the timeout.
fn heartbeats(case: &ScenarioCase) -> String {
    let timeout_ms = case.setup.settings.idle_timeout_ms;
    let fast = regular(&case.instance.events).into_iter().filter(|found| found.period_ms < timeout_ms);
    fast.map(|found| format!("Regular, and shorter than the timeout: {found}.\n")).collect()
}
