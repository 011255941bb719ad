//! `sims run`: one instance at one timeout, and what happened.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use dormouse_report::numbers::counted;
use dormouse_sim::rows::{Class, WakeCause};
use dormouse_sim::{Line, LogEvent, Setup, Stamp, Ticks, run as replay};
use dormouse_text::timeouts::timeout_ms;
use dormouse_trace::Instance;

use crate::args::WorldArgs;
use crate::input::{Named, TraceArgs};
use crate::output;

/// Arguments of `sims run`.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// The trace file; - is standard input. Default: the embedded week of a small team.
    #[arg(value_name = "TRACE")]
    path: Option<PathBuf>,
    /// The idle timeout, in minutes unless it has a unit, like 90s or 1.5h. Default: the watcher's own.
    #[arg(long, value_name = "TIMEOUT", value_parser = timeout_ms)]
    timeout: Option<u64>,
    /// Which instance of the trace; not needed if there is only one.
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Print everything that happens, with both clocks, not only missed work.
    #[arg(long)]
    log: bool,
    #[command(flatten)]
    world: WorldArgs,
}

/// Replays one instance and prints the result.
///
/// # Errors
/// When an input or a parameter is invalid.
pub(crate) fn run(args: &RunArgs) -> anyhow::Result<()> {
    let setup = args.world.setup()?;
    let traces = match &args.path {
        Some(path) => TraceArgs::path(path.clone()),
        None => TraceArgs::embedded(),
    };
    let Named { name, trace } = traces.load(args.world.seed)?.remove(0);
    let instance = choose(&trace.instances, args.instance.as_deref(), &name)?;
    let idle_timeout_ms = args.timeout.unwrap_or(setup.settings.idle_timeout_ms);
    let setup = Setup { settings: setup.settings.with_idle_timeout_ms(idle_timeout_ms), ..setup };
    let span = args.world.horizon.span(&trace, instance);

    let mut text = String::new();
    let mut keep = |stamp: Stamp, event: LogEvent| {
        if args.log || matches!(event, LogEvent::Violation(_)) {
            if text.is_empty() {
                text = format!("{}\n", Line::HEADING);
            }
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}", Line(stamp, event));
        }
    };
    let counts = replay(instance, span, &setup, Ticks::ThatMatter, &mut keep);

    let _ = writeln!(
        text,
        "\n{name}, instance {}, timeout {} ms, watcher {}: asleep {} of {} ms; {}, {} aborted, {} missed",
        instance.name,
        idle_timeout_ms,
        args.world.watcher_name(),
        counts.suspended_ms,
        counts.horizon_ms,
        counted(counts.suspends, "suspend", "suspends"),
        counts.aborted,
        counts.violations_total(),
    );
    let causes = WakeCause::ALL.iter().map(|&cause| (cause.name(), counts.wakes[cause as usize]));
    let classes = Class::ALL.iter().map(|&class| (class.name(), counts.violations[class as usize]));
    let _ = writeln!(text, "wakes: {}\nmissed work: {}", listed(causes), listed(classes));
    output::print(&text)
}

/// A list like `2 cron, 1 probe`; zeros are left out.
pub(crate) fn listed(counts: impl Iterator<Item = (&'static str, u64)>) -> String {
    let some: Vec<String> = counts.filter(|&(_, n)| n > 0).map(|(name, n)| format!("{n} {name}")).collect();
    if some.is_empty() { "none".to_owned() } else { some.join(", ") }
}

fn choose<'a>(instances: &'a [Instance], name: Option<&str>, trace: &str) -> anyhow::Result<&'a Instance> {
    match (name, instances) {
        (None, [only]) => Ok(only),
        (None, several) => {
            let some: Vec<&str> = several.iter().take(3).map(|instance| instance.name.as_str()).collect();
            bail!(
                "{trace} has {} instances; choose one with --instance, like {}",
                several.len(),
                some.join(" or ")
            )
        }
        (Some(name), all) => match all.iter().find(|instance| instance.name == name) {
            Some(instance) => Ok(instance),
            None => bail!("{trace} has no instance {name:?}; `sims sweep --per-instance` lists them"),
        },
    }
}
