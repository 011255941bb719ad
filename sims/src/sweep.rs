//! `sims sweep`: replays traces at every idle timeout.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use dormouse_core::Design;
use dormouse_fleet::{FleetAnswer, FleetQuery};
use dormouse_report::{Mark, Report, TableOptions, findings, report, table};
use dormouse_sim::rows::{Counts, Labels, Row, write_csv, write_json};
use dormouse_sim::{Engine, Job, Setup};
use dormouse_text::timeouts::{Timeouts, timeout_ms};
use dormouse_trace::Trace;
use dormouse_trace::info::idle_gaps_ms;

use crate::args::{ThreadArgs, WorldArgs};
use crate::fleet::{FleetArgs, describe};
use crate::ideal::{self, IdealRows};
use crate::input::{Named, Source, TraceArgs};
use crate::verify::verify;
use crate::{best, machine, output, progress, timeline};

/// Arguments of `sims sweep`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    traces: TraceArgs,
    /// Idle timeouts: a list 1,2,5, a range 0.5..60:0.5, or log:0.1..120:40; minutes, unless with a unit, like 90s or 1.5h.
    #[arg(
        long,
        value_name = "LIST",
        allow_hyphen_values = true,
        default_value = "0.5,1,1.5,2,3,4,5,7.5,10,15,20,30,45,60"
    )]
    timeouts: Timeouts,
    #[command(flatten)]
    world: WorldArgs,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Write a report with rows and pictures into this folder (with several traces, into one folder each below it).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The engine that computes the rows; all engines give exactly the same rows.
    #[arg(long, default_value = Engine::default().name(), value_parser = engines())]
    engine: Engine,
    /// Check a sample of instances and timeouts against the other engine; exit code 1 if any row differs.
    #[arg(long)]
    verify: bool,
    /// Instead of sweeping, print the ideal curve as CSV: no ticks, no latencies. Of a fleet, only parts are in memory, except with --ideal=gaps.
    #[arg(
        long,
        value_enum,
        value_name = "ROWS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "timeouts",
        conflicts_with_all = ["out", "format", "engine", "verify", "per_instance", "per_instance_best", "partial"]
    )]
    ideal: Option<IdealRows>,
    /// Print rows for each instance instead of their sum.
    #[arg(long)]
    per_instance: bool,
    /// The idle timeout for which the report draws a day, in minutes unless it has a unit. Default: the recommended one.
    #[arg(long, value_name = "TIMEOUT", value_parser = timeout_ms, requires = "out")]
    day_at: Option<u64>,
    #[command(flatten)]
    fleet: FleetArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table with the findings in words.
    Table,
    /// The rows as CSV.
    Csv,
    /// The rows as JSON.
    Json,
}

/// The engines as possible values of `--engine`.
fn engines() -> impl TypedValueParser<Value = Engine> {
    let named = Engine::ALL.map(|engine| {
        PossibleValue::new(engine.name()).help(match engine {
            Engine::Sweep => "All timeouts at once: what no timeout can see is not replayed",
            Engine::Replay => "The plain reference: one replay for each timeout",
        })
    });
    PossibleValuesParser::new(named).try_map(|name| name.parse())
}

/// The defaults in use today, which every table and chart marks.
fn marks() -> Vec<Mark> {
    [(Design::Current, "default today"), (Design::Phase0, "first default")]
        .map(|(design, label)| Mark {
            label: label.to_owned(),
            timeout_ms: design.settings().idle_timeout_ms,
        })
        .to_vec()
}

impl SweepArgs {
    /// The sweep of `trace` with these arguments.
    fn job<'a>(&'a self, trace: &'a Trace, setup: &'a Setup) -> Job<'a> {
        let Timeouts(timeouts_ms) = &self.timeouts;
        Job::new(trace, timeouts_ms, setup).horizon(self.world.horizon).engine(self.engine)
    }
}

/// The rows of one trace, or of one instance of it.
struct Group {
    name: String,
    rows: Vec<Row>,
}

/// Replays, prints the rows and writes the files.
///
/// # Errors
/// When an input or a parameter is invalid, or an output cannot be written.
pub(crate) fn sweep(args: &SweepArgs) -> anyhow::Result<()> {
    args.threads.start()?;
    if let Some(out) = &args.out {
        output::check_folder(out)?;
    }
    if args.verify && args.engine == Engine::Replay {
        bail!(
            "--verify replays a sample to compare it with; with --engine replay there is nothing to compare"
        );
    }
    let setup = args.world.setup()?;
    // A report and the corners of the ideal curve need every gap, a sample may come from any instance, and rows by
    // instance need memory for all instances. These options load the whole trace.
    let streamed = args.out.is_none()
        && args.ideal.is_none_or(IdealRows::streamed)
        && !args.verify
        && !args.per_instance;
    let sources = args.traces.sources(args.world.seed, streamed)?;
    if args.fleet.partial.is_some() && sources.len() > 1 {
        bail!("--partial holds the answer of one trace; give one");
    }
    if let Some(rows) = args.ideal {
        return ideal::print(&sources, rows, &args.timeouts.0, args.world.horizon);
    }
    // A fleet file supplies its own instances, one batch at a time.
    let none = Trace::default();
    let job = args.job(&none, &setup);
    let mut groups: Vec<Vec<Group>> = Vec::new();
    let mut own = String::new();
    for source in &sources {
        groups.push(match source {
            Source::Trace(named) if !args.fleet.asks_more() => replay(args, &setup, named),
            source => {
                let partial = args.fleet.sweep(source, &args.world.watcher_name(), job)?;
                if args.fleet.is_part() {
                    return output::print(&describe(&partial));
                }
                let answer = partial.whole(&partial.question.trace)?;
                own += &best::render(&partial.question.timeouts_ms, answer);
                vec![group(&partial.question, &answer.counts)]
            }
        });
    }
    if args.verify {
        for source in &sources {
            let Source::Trace(Named { name, trace }) = source else { continue };
            let agreed = verify(&Job { trace, ..job })?;
            output::warn(&format!("Verified: {agreed} replays of {name} agree to the last digit."));
        }
    }
    print_groups(groups.iter().flatten(), args.format)?;
    if args.format == Format::Table {
        output::print(&own)?;
    }
    if let Some(out) = &args.out {
        for (source, groups) in sources.iter().zip(&groups) {
            let Source::Trace(named) = source else { continue };
            let folder = if sources.len() == 1 { out.clone() } else { out.join(&named.name) };
            write_report(args, &setup, named, groups, &folder)?;
            // When the rows are piped to another program, the path of the report must not be among them.
            let line = format!("Report: {}\n", folder.join("README.md").display());
            if args.format == Format::Table {
                output::print(&line)?;
            } else {
                output::warn(line.trim_end());
            }
        }
    }
    Ok(())
}

/// Prints the rows of these groups in `format`.
fn print_groups<'a>(groups: impl Iterator<Item = &'a Group>, format: Format) -> anyhow::Result<()> {
    let groups: Vec<&Group> = groups.collect();
    let all = || groups.iter().flat_map(|group| group.rows.clone()).collect::<Vec<Row>>();
    match format {
        Format::Table => groups.iter().try_for_each(|group| output::print(&render(group))),
        Format::Csv => output::print(&in_memory(|out| write_csv(&all(), out))?),
        Format::Json => output::print(&in_memory(|out| write_json(&all(), out))?),
    }
}

/// Prints the answer of a whole fleet.
///
/// # Errors
/// When standard output cannot be written to.
pub(crate) fn show(question: &FleetQuery, answer: &FleetAnswer, format: Format) -> anyhow::Result<()> {
    print_groups([group(question, &answer.counts)].iter(), format)?;
    if format == Format::Table {
        output::print(&best::render(&question.timeouts_ms, answer))?;
    }
    Ok(())
}

fn group(question: &FleetQuery, counts: &[Counts]) -> Group {
    let labels = question.labels();
    let rows = question.timeouts_ms.iter().zip(counts);
    let rows = rows.map(|(&timeout, counts)| Row::new(&labels, timeout, counts)).collect();
    Group { name: labels.trace, rows }
}

fn replay(args: &SweepArgs, setup: &Setup, named: &Named) -> Vec<Group> {
    let trace = &named.trace;
    let job = args.job(trace, setup);
    let bar = progress::bar((trace.events() * job.variants.len()) as u64);
    let played = |events| bar.inc(events);
    let job = job.progress(&played);
    let group = |name: String, counts: &[Counts]| {
        let platform = setup.world.platform.clone();
        let labels = Labels { trace: name, watcher: args.world.watcher_name(), platform, seed: setup.seed };
        let rows = job.variants.iter().zip(counts);
        let rows = rows.map(|(&timeout, counts)| Row::new(&labels, timeout, counts)).collect();
        Group { name: labels.trace, rows }
    };
    let groups = if args.per_instance {
        let instances = trace.instances.iter().zip(job.per_instance());
        instances
            .map(|(instance, counts)| group(format!("{}/{}", named.name, instance.name), &counts))
            .collect()
    } else {
        vec![group(named.name.clone(), &job.totals())]
    };
    bar.finish_and_clear();
    groups
}

fn render(group: &Group) -> String {
    let (marks, colour) =
        (marks(), std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let mut text = String::new();
    if let Some(row) = group.rows.first() {
        let Row { instances, watcher, platform, seed, .. } = row;
        let plural = if *instances == 1 { "" } else { "s" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}: {instances} instance{plural}, watcher {watcher}, platform {platform}, seed {seed}\n",
            group.name
        );
    }
    text += &table(&group.rows, &TableOptions { colour, marks: &marks, width: None });
    let _ = writeln!(text, "\n{}\n", findings(&group.rows, &marks).to_string().replace("**", ""));
    text
}

fn in_memory(
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), dormouse_sim::rows::RowsError>,
) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    write(&mut bytes)?;
    Ok(String::from_utf8(bytes)?)
}

fn write_report(
    args: &SweepArgs,
    setup: &Setup,
    named: &Named,
    groups: &[Group],
    folder: &std::path::Path,
) -> anyhow::Result<()> {
    // A report shows one sweep. For a fleet with rows by instance, the charts show the sum.
    let summed;
    let rows = if let ([group], false) = (groups, args.per_instance) {
        &group.rows
    } else {
        let totals = replay(&SweepArgs { per_instance: false, ..args.clone() }, setup, named);
        summed = totals.into_iter().flat_map(|group| group.rows).collect::<Vec<_>>();
        &summed
    };
    let (marks, Timeouts(timeouts)) = (marks(), &args.timeouts);
    let recommended = findings(rows, &marks).recommended.map(|i| timeouts[i]);
    let timeout = args.day_at.or(recommended).unwrap_or(timeouts[timeouts.len() / 2]);
    let timeline = timeline::busiest_day(&named.trace, args.world.horizon, setup, timeout);
    let gaps_ms = idle_gaps_ms(&named.trace);
    let command = command_line();
    let title = format!("{}: idle timeouts with watcher {}", named.name, args.world.watcher_name());
    let mut files = report(&Report {
        command: &command,
        title: &title,
        rows,
        gaps_ms: &gaps_ms,
        timeline: timeline.as_ref(),
        marks: &marks,
        machine: &machine::describe(),
        notes: &[],
    })
    .context("report")?;
    if args.per_instance {
        let rows: Vec<Row> = groups.iter().flat_map(|group| group.rows.clone()).collect();
        let csv = in_memory(|out| write_csv(&rows, out))?;
        files.push(dormouse_report::File { name: "rows-per-instance.csv".into(), bytes: csv.into_bytes() });
    }
    output::write_folder(folder, &files)
}

/// The command line, quoted so that it can be pasted into a shell.
pub(crate) fn command_line() -> String {
    let quoted = std::env::args().skip(1).map(|arg| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
        if !arg.is_empty() && arg.chars().all(plain) {
            arg
        } else {
            format!("'{}'", arg.replace('\'', "'\\''"))
        }
    });
    std::iter::once("sims".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}
