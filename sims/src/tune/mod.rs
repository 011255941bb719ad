//! `sims tune`: recommends an idle timeout for given traffic.

mod check;
mod page;
mod paste;
mod prices;
mod text;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dormouse_decide::tune::Request;
use dormouse_sim::Job;
use dormouse_sim::rows::Labels;
use dormouse_text::timeouts::{Timeouts, timeout_ms};
use dormouse_text::{Bare, DurationError, duration_ms};
use dormouse_trace::MAX_MS;

use crate::args::{ThreadArgs, WorldArgs};
use crate::input::TraceArgs;
use crate::{output, progress};
use check::mismatches;
use prices::PriceArgs;

/// Arguments of `sims tune`.
#[derive(Args, Clone, Debug)]
pub(crate) struct TuneArgs {
    #[command(flatten)]
    traces: TraceArgs,
    /// The idle timeout in use at present: minutes, unless with a unit, like 90s or 1.5h. Default: the watcher's own, or the platform's if the platform counts idle time itself.
    #[arg(long, value_name = "TIMEOUT", value_parser = timeout_ms)]
    current: Option<u64>,
    /// Upper bound for the 99th percentile of all messages' delays, like 800ms or 5s.
    #[arg(long, value_name = "DELAY", value_parser = delay_ms)]
    max_delay_p99: Option<u64>,
    /// Upper bound for the wakes a day, on average over the instances.
    #[arg(long, value_name = "N", value_parser = prices::amount)]
    max_wakes_per_day: Option<f64>,
    /// What a second of a person's waiting is worth, in the platform's currency. Without it money alone decides, within the bounds.
    #[arg(long, value_name = "AMOUNT", value_parser = prices::amount)]
    price_of_waiting: Option<f64>,
    /// The least saving a month that justifies a change, in the platform's currency.
    #[arg(long, value_name = "AMOUNT", value_parser = prices::amount, default_value = "0.10")]
    least_saving: f64,
    /// More idle timeouts to try: a list 1,2,5, a range 0.5..60:0.5, or log:0.1..120:40; minutes, unless with a unit, like 90s or 1.5h.
    #[arg(
        long,
        value_name = "LIST",
        allow_hyphen_values = true,
        default_value = "0.5,0.75,1,1.5,2,3,4,5,7.5,10,15,20,30,45,60"
    )]
    timeouts: Timeouts,
    #[command(flatten)]
    world: WorldArgs,
    #[command(flatten)]
    prices: PriceArgs,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Output format; JSON is one object per trace, each on its own line.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// End with exit code 1 if the present timeout loses work, is beyond a bound, or is surely not the cheapest.
    #[arg(long)]
    check: bool,
    /// Write the answer with its chart into this folder (with several traces, into one folder each below it).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people, with the decision first.
    Text,
    /// Everything, as JSON.
    Json,
}

fn delay_ms(text: &str) -> Result<u64, DurationError> {
    duration_ms(text, Bare::Refused, &(0..=MAX_MS))
}

/// Replays, decides, prints and writes. Returns false if `--check` found a problem.
///
/// # Errors
/// When an input or a parameter is invalid, or an output cannot be written.
pub(crate) fn tune(args: &TuneArgs) -> anyhow::Result<bool> {
    args.threads.start()?;
    if let Some(out) = &args.out {
        output::check_folder(out)?;
    }
    let setup = args.world.setup()?;
    let platform = args.world.platform()?;
    let prices = args.prices.of(&platform)?;
    let Timeouts(timeouts_ms) = &args.timeouts;
    let timeouts_ms = &paste::settable(timeouts_ms, &platform);
    // If the platform counts idle time, its default applies and not the watcher's.
    let own = if setup.world.platform_timer { platform.default_ms() } else { None };
    let question = Request {
        prices: &prices,
        present_ms: args.current.or(own).unwrap_or(setup.settings.idle_timeout_ms),
        a_second_of_waiting: args.price_of_waiting.unwrap_or(0.0),
        max_delay_ms_p99: args.max_delay_p99,
        max_wakes_per_day: args.max_wakes_per_day,
        least_saving: args.least_saving,
        seed: args.world.seed,
    };
    let traces = args.traces.load(args.world.seed)?;
    let mut sound = true;
    for (i, named) in traces.iter().enumerate() {
        let bar = progress::bar(named.trace.events() as u64 * (timeouts_ms.len() as u64 + 1));
        let played = |events| bar.inc(events);
        let job = Job::new(&named.trace, timeouts_ms, &setup).horizon(args.world.horizon).progress(&played);
        let answer = dormouse_decide::tune::tune(&job, &question);
        bar.finish_and_clear();
        let answer = answer.labelled(&Labels {
            trace: named.name.clone(),
            watcher: args.world.watcher_name(),
            platform: setup.world.platform.clone(),
            seed: setup.seed,
        });
        let render = format!("{}{}", text::text(&answer), paste::paste(&answer, &platform));
        match args.format {
            Format::Json => output::print(&format!("{}\n", serde_json::to_string(&answer)?))?,
            Format::Text => {
                let name = if traces.len() > 1 { format!("{}: ", named.name) } else { String::new() };
                let blank = if i > 0 { "\n" } else { "" };
                output::print(&format!(
                    "{blank}{name}{}{}",
                    text::text(&answer),
                    paste::paste(&answer, &platform)
                ))?;
            }
        }
        if let Some(out) = &args.out {
            let folder = if traces.len() == 1 { out.clone() } else { out.join(&named.name) };
            output::write_folder(&folder, &page::files(&answer, &render)?)?;
            let line = format!("Report: {}\n", folder.join("README.md").display());
            // When the answer is piped to another program, the path of the report must not be part of it.
            if args.format == Format::Text {
                output::print(&format!("\n{line}"))?;
            } else {
                output::warn(line.trim_end());
            }
        }
        if args.check {
            for mismatch in mismatches(&answer, &question) {
                sound = false;
                output::warn(&format!("check: {}: {mismatch}", named.name));
            }
        }
    }
    Ok(sound)
}
