//! Text output of `--per-instance-best`: what a separate timeout for each instance would save.

use std::fmt::Write as _;

use dormouse_fleet::{Best, FleetAnswer};
use dormouse_sim::rows::Counts;

/// The best common timeout, the cost with each instance at its own best, and the difference. Empty if not requested.
pub(crate) fn render(timeouts_ms: &[u64], answer: &FleetAnswer) -> String {
    let Some(best) = &answer.best else { return String::new() };
    let Some(common) = Best::of(best.wake_cost_ms, &answer.counts) else { return String::new() };
    let mut text = format!(
        "Each instance at its own best of these timeouts, where a wake is worth {} s awake:\n\n\
         {:<24} {:>14} {:>12} {:>8} {:>16}\n",
        seconds(best.wake_cost_ms),
        "",
        "suspended min",
        "wakes",
        "missed",
        "cost, min awake"
    );
    let all = &answer.counts[common];
    let one = format!("one for all, {} min", minutes(timeouts_ms[common]));
    for (what, counts) in [(one.as_str(), all), ("each its own", &best.counts)] {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{what:<24} {:>14.1} {:>12} {:>8} {:>16.1}",
            counts.suspended_ms as f64 / 60_000.0,
            wakes(counts),
            counts.violations_total(),
            cost_min(best.wake_cost_ms, counts)
        );
    }
    let (cost, own) = (cost_min(best.wake_cost_ms, all), cost_min(best.wake_cost_ms, &best.counts));
    let share = if cost > 0.0 { 100.0 * (cost - own) / cost } else { 0.0 };
    let suspended = (best.counts.suspended_ms as f64 - all.suspended_ms as f64) / 60_000.0;
    let more_wakes = i128::from(wakes(&best.counts)) - i128::from(wakes(all));
    let others = best.counts.instances - best.chosen[common];
    let _ = writeln!(
        text,
        "\nTimeouts of their own are worth {:.1} min awake ({share:.1} % of the cost): {suspended:+.1} min suspended, \
         {more_wakes:+} wakes. {others} of {} instances choose another one than all.",
        cost - own,
        best.counts.instances
    );
    let chosen = timeouts_ms.iter().zip(&best.chosen).filter(|&(_, &instances)| instances > 0);
    let chosen: Vec<String> =
        chosen.map(|(&ms, instances)| format!("{} min {instances}", minutes(ms))).collect();
    let _ = writeln!(text, "Chosen: {}.\n", chosen.join(", "));
    text
}

fn wakes(counts: &Counts) -> u64 {
    counts.wakes.iter().sum()
}

fn cost_min(wake_cost_ms: u64, counts: &Counts) -> f64 {
    Best::cost_ms(wake_cost_ms, counts) as f64 / 60_000.0
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

fn minutes(ms: u64) -> f64 {
    ms as f64 / 60_000.0
}
