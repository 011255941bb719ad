//! `sims compare`: policies on a trace, ranked.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use dormouse_decide::policy::rulers::Rulers;
use dormouse_decide::policy::{Compare, PolicyResult, Recipe, RecipeError, TraceGaps};
use dormouse_report::numbers::counted;
use dormouse_report::{File, PolicyPoint, policy_plot};
use dormouse_sim::rows::{Labels, Row};

use crate::args::{ThreadArgs, WorldArgs, duration};
use crate::input::{Named, TraceArgs};
use crate::output;

/// Arguments of `sims compare`.
#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    traces: TraceArgs,
    /// A policy, like break-even, fixed:2m or cron-aware:history; may be repeated. Default: all of them, and the fixed timeouts of today's designs.
    #[arg(long = "policy", value_name = "NAME", value_parser = recipe)]
    policies: Vec<Recipe>,
    /// What a wake is worth, as idle time: the break-even gap. In money alone it is 4 to 5 s on Fly; the default also values a person's waiting time.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    wake_cost: u64,
    /// Write the outcomes as CSV and a picture into this folder (with several traces, into one folder each below it).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    world: WorldArgs,
    #[command(flatten)]
    threads: ThreadArgs,
}

fn recipe(name: &str) -> Result<Recipe, RecipeError> {
    name.parse()
}

/// Replays every policy, ranks them, prints the table and writes the files.
///
/// # Errors
/// When an input or a parameter is wrong, or an output cannot be written.
pub(crate) fn compare(args: &CompareArgs) -> anyhow::Result<()> {
    args.threads.start()?;
    if let Some(out) = &args.out {
        output::check_folder(out)?;
    }
    let setup = args.world.setup()?;
    let mut recipes = args.policies.clone();
    if recipes.is_empty() {
        // Today's default, the first design's timeout, and one long enough for almost everyone.
        recipes = Recipe::all();
        recipes.extend([120_000, 300_000, 900_000].map(Recipe::Fixed));
    }
    if let Some(twice) = (1..recipes.len()).find(|&i| recipes[..i].contains(&recipes[i])) {
        bail!("--policy {} is there twice; give it once", recipes[twice]);
    }
    let traces = args.traces.load(args.world.seed)?;
    for Named { name, trace } in &traces {
        let known = TraceGaps::of(trace, args.world.horizon, args.wake_cost, args.world.seed);
        let rulers = Rulers::of(&known);
        let mut outcomes = Compare::new(&known, &setup, &recipes).outcomes();
        // A policy that misses work ranks after all that do not, however much it saves.
        outcomes.sort_by_key(|outcome| (outcome.counts.violations_total() > 0, outcome.cost_ms));
        let labels = Labels {
            trace: name.clone(),
            watcher: args.world.watcher_name(),
            platform: setup.world.platform.clone(),
            seed: args.world.seed,
        };
        output::print(&render(&labels, &known, &rulers, &outcomes))?;
        if let Some(out) = &args.out {
            let folder = if traces.len() == 1 { out.clone() } else { out.join(name) };
            let table = File { name: "policies.csv".into(), bytes: csv(&rulers, &outcomes).into_bytes() };
            let [svg, png] = picture(&labels, &outcomes)?;
            output::write_folder(&folder, &[table, svg, png])?;
            output::print(&format!("Written: {}\n", folder.display()))?;
        }
    }
    Ok(())
}

/// The outcome as a row, for its derived columns; a policy has no timeout of its own to put there.
fn row(outcome: &PolicyResult) -> Row {
    let labels = Labels { trace: String::new(), watcher: String::new(), platform: String::new(), seed: 0 };
    Row::new(&labels, 0, &outcome.counts)
}

fn render(labels: &Labels, known: &TraceGaps<'_>, rulers: &Rulers, outcomes: &[PolicyResult]) -> String {
    let gaps: usize = known.gaps().iter().map(|(gaps, _)| gaps.len()).sum();
    let mut text = format!(
        "{}: {}, {}, watcher {}, platform {}, seed {}; a wake is worth {} s of idle time\n\n",
        labels.trace,
        counted(known.trace().instances.len() as u64, "instance", "instances"),
        counted(gaps as u64, "gap", "gaps"),
        labels.watcher,
        labels.platform,
        labels.seed,
        known.wake_cost_ms() as f64 / 1000.0,
    );
    text += "                          cost       x     ideal  asleep     wakes  delayed  delay in s                 missed  cost a day, min\n";
    text += "policy                     min     OPT     x OPT       %     a day             p50     p95       max    work      p25      p50      p75\n";
    text += &"-".repeat(text.lines().last().unwrap_or_default().len());
    text.push('\n');
    for outcome in outcomes {
        let row = row(outcome);
        let day = |per_mille| minutes(outcome.daily_quantile_ms(per_mille) as f64);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:<22} {:>8.1} {:>7.2} {:>9.2} {:>7.1} {:>9.1} {:>8} {:>7.2} {:>7.2} {:>9.1} {:>7} {:>8.1} {:>8.1} {:>8.1}",
            outcome.recipe.to_string(),
            minutes(outcome.cost_ms as f64),
            rulers.ratio(outcome.cost_ms as f64),
            rulers.ratio(outcome.ideal_ms as f64),
            100.0 * row.suspended_share(),
            row.per_day(row.wakes),
            row.delayed,
            row.delay_ms_p50 as f64 / 1000.0,
            row.delay_ms_p95 as f64 / 1000.0,
            row.delay_ms_max as f64 / 1000.0,
            row.violations,
            day(250),
            day(500),
            day(750),
        );
    }
    let _ = writeln!(
        text,
        "\nIn a world without latencies a clairvoyant pays OPT = {:.1} min; drawing the timeout pays {:.1} min in expectation, {:.5} x OPT; \
         always on {:.1} min.\nOracle and hindsight know the future. Those that miss work stand last. Cost: time awake without work, and {} s a wake. \
         x OPT: in the whole world, with ticks and latencies; ideal: without.\n",
        minutes(rulers.opt_ms as f64),
        minutes(rulers.randomised_ms),
        rulers.ratio(rulers.randomised_ms),
        minutes(rulers.always_on_ms as f64),
        known.wake_cost_ms() as f64 / 1000.0,
    );
    text
}

fn minutes(ms: f64) -> f64 {
    ms / 60_000.0
}

/// Plot of time asleep against delayed messages, the cheapest policy first.
fn picture(labels: &Labels, outcomes: &[PolicyResult]) -> anyhow::Result<[File; 2]> {
    let point = |outcome: &PolicyResult| {
        let row = row(outcome);
        PolicyPoint {
            label: outcome.recipe.to_string(),
            delayed: row.per_day(row.delayed),
            asleep: row.suspended_share(),
            misses_work: row.violations > 0,
            is_ruler: outcome.recipe.is_clairvoyant(),
        }
    };
    let ceiling = outcomes.first().map_or(0.0, |outcome| row(outcome).oracle_share());
    let subtitle = format!("{} · watcher {} · {}", labels.trace, labels.watcher, labels.platform);
    let points: Vec<PolicyPoint> = outcomes.iter().map(point).collect();
    policy_plot(&subtitle, &points, ceiling).context("picture")
}

/// The outcomes as CSV, in the given order.
fn csv(rulers: &Rulers, outcomes: &[PolicyResult]) -> String {
    let mut csv = String::from(
        "policy,cost_ms,opt_ms,ideal_cost_ms,horizon_ms,suspended_ms,wakes,user_arrivals,delayed,delay_ms_p50,delay_ms_p95,\
         delay_ms_max,violations,daily_cost_ms_min,daily_cost_ms_p25,daily_cost_ms_p50,daily_cost_ms_p75,daily_cost_ms_max\n",
    );
    for outcome in outcomes {
        let row = row(outcome);
        let [least, p25, p50, p75, most] =
            [0, 250, 500, 750, 1000].map(|per_mille| outcome.daily_quantile_ms(per_mille));
        // Writing to a String cannot fail.
        let _ = writeln!(
            csv,
            "{},{},{},{},{},{},{},{},{},{},{},{},{},{least},{p25},{p50},{p75},{most}",
            outcome.recipe,
            outcome.cost_ms,
            rulers.opt_ms,
            outcome.ideal_ms,
            row.horizon_ms,
            row.suspended_ms,
            row.wakes,
            row.user_arrivals,
            row.delayed,
            row.delay_ms_p50,
            row.delay_ms_p95,
            row.delay_ms_max,
            row.violations,
        );
    }
    csv
}
