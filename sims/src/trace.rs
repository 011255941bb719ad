//! `sims trace`: generates, describes and converts traces.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use dormouse_fleet::write_trace;
use dormouse_report::survival_plot;
use dormouse_text::{read_text, rounded_duration_text};
use dormouse_trace::generate::{PRESETS, Spec};
use dormouse_trace::info::{Info, PERCENTS, Quantiles, idle_gaps_ms};
use dormouse_trace::{Compression, Form, Kind, Trace, WriteOptions, write};

use crate::input::{Named, TraceArgs, generate, generate_fleet};
use crate::output;

/// Verbs of `sims trace`.
#[derive(Subcommand)]
pub(crate) enum TraceVerb {
    /// Generate a trace from a preset or a specification.
    Generate(GenerateArgs),
    /// Describe traces: rows, span, kinds, gaps.
    Info(InfoArgs),
    /// Read a trace and write it in another format.
    Convert(ConvertArgs),
}

/// Arguments of `sims trace generate`.
#[derive(Args)]
pub(crate) struct GenerateArgs {
    /// The preset to generate.
    #[arg(long, value_name = "NAME", required_unless_present_any = ["spec", "list"])]
    preset: Option<String>,
    /// A specification in TOML instead of a preset.
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    spec: Option<PathBuf>,
    /// List the presets without generating anything.
    #[arg(long)]
    list: bool,
    /// Change one parameter of the specification, like instances=20, span=30d or stream.0.arrivals.per_hour=12.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed. The same seed gives the same output, byte for byte.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    to: OutArgs,
}

/// Arguments of `sims trace info`.
#[derive(Args)]
pub(crate) struct InfoArgs {
    #[command(flatten)]
    traces: TraceArgs,
    /// Write the survival function of the idle gaps into this folder, as SVG and PNG.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Arguments of `sims trace convert`.
#[derive(Args)]
pub(crate) struct ConvertArgs {
    /// The trace to read; - is standard input.
    #[arg(value_name = "TRACE")]
    path: PathBuf,
    #[command(flatten)]
    to: OutArgs,
}

/// The output file of a trace and its format.
#[derive(Args)]
struct OutArgs {
    /// The file to write: compressed if it ends in .gz or .zst, a fleet if it ends in .parquet. Default: standard output, uncompressed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Which header the CSV gets.
    #[arg(long, value_enum, default_value_t = Header::Canonical)]
    form: Header,
}

impl OutArgs {
    /// The file, if it is a Parquet fleet.
    fn fleet(&self) -> anyhow::Result<Option<&Path>> {
        let path = self.out.as_deref();
        let path =
            path.filter(|path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("parquet")));
        if let (Some(path), Header::Short) = (path, self.form) {
            bail!("{}: a fleet has one form; leave out --form short", path.display());
        }
        Ok(path)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Header {
    /// Columns instance,at_ms,kind,work_ms
    Canonical,
    /// Columns instance,arrival_s,duration_s (inbound only)
    Short,
}

/// Runs the verb.
///
/// # Errors
/// When an input or a parameter is invalid, or an output cannot be written.
pub(crate) fn trace(verb: &TraceVerb) -> anyhow::Result<()> {
    match verb {
        TraceVerb::Generate(args) if args.list => list(),
        TraceVerb::Generate(args) => match args.to.fleet()? {
            Some(path) => generate_fleet(&spec(args)?, args.seed, path),
            None => write_out(&generate(&spec(args)?, args.seed)?, &args.to),
        },
        TraceVerb::Info(args) => info(args),
        TraceVerb::Convert(args) => {
            let Named { trace, .. } = TraceArgs::path(args.path.clone()).load(1)?.remove(0);
            match args.to.fleet()? {
                Some(path) => output::write_whole_by(path, |file| {
                    write_trace(&trace, file)?;
                    Ok(())
                }),
                None => write_out(&trace, &args.to),
            }
        }
    }
}

fn list() -> anyhow::Result<()> {
    let mut text = String::new();
    for name in PRESETS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<18} {}", Spec::preset(name)?.about());
    }
    output::print(&text)
}

fn spec(args: &GenerateArgs) -> anyhow::Result<Spec> {
    let mut overrides = Vec::new();
    for pair in &args.set {
        let Some((key, value)) = pair.split_once('=') else { bail!("--set {pair}: write it like KEY=VALUE") };
        overrides.push((key.trim(), value.trim()));
    }
    match (&args.spec, &args.preset) {
        (Some(path), _) => Ok(Spec::from_toml(&read_text(path)?, &path.display().to_string(), &overrides)?),
        (None, Some(name)) => Ok(Spec::preset_with(name, &overrides)?),
        (None, None) => bail!("give --preset or --spec"),
    }
}

fn write_out(trace: &Trace, to: &OutArgs) -> anyhow::Result<()> {
    let form = match to.form {
        Header::Canonical => Form::Canonical,
        Header::Short => Form::Short,
    };
    let compression = to.out.as_deref().map_or(Compression::None, Compression::of_path);
    let mut bytes = Vec::new();
    write(trace, &mut bytes, WriteOptions { form, compression })?;
    match &to.out {
        Some(path) => output::write_whole(path, &bytes),
        None => output::print(std::str::from_utf8(&bytes)?),
    }
}

// ---- info ----

fn info(args: &InfoArgs) -> anyhow::Result<()> {
    let traces = args.traces.load(1)?;
    for named in &traces {
        output::print(&describe(named))?;
        if let Some(out) = &args.out {
            let folder = if traces.len() == 1 { out.clone() } else { out.join(&named.name) };
            plot(named, &folder)?;
        }
    }
    Ok(())
}

fn plot(named: &Named, folder: &Path) -> anyhow::Result<()> {
    let gaps = idle_gaps_ms(&named.trace);
    let files = survival_plot(&named.name, &gaps, &[]).context("plot")?;
    output::write_folder(folder, &files)?;
    output::print(&format!("Plot: {}\n", folder.join(&files[0].name).display()))
}

fn describe(named: &Named) -> String {
    let info = Info::of(&named.trace);
    let mut text = String::new();
    let mut line = |what: &str, value: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{what:<28} {value}");
    };
    line("trace", named.name.clone());
    line("rows", info.rows.to_string());
    line("instances", info.instances.to_string());
    line("span", rounded_duration_text(info.span_ms));
    let kinds = Kind::ALL.iter().filter(|&&kind| info.by_kind[kind as usize] > 0);
    let kinds: Vec<String> = kinds.map(|&kind| format!("{} {kind}", info.by_kind[kind as usize])).collect();
    line("kinds", kinds.join(", "));
    let share = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
    line("busy share", share(info.busy_share));
    line("share of gaps in 1..60 min", share(info.share_of_gaps_from_1_to_60_min));
    let quantiles = |of: &Option<Quantiles>| match of {
        None => "none".to_owned(),
        Some(of) => {
            let at: Vec<String> = PERCENTS
                .iter()
                .zip(of.at_percent_ms)
                .map(|(percent, ms)| format!("p{percent} {}", rounded_duration_text(ms)))
                .collect();
            format!("{} of them: {}, max {}", of.count, at.join(", "), rounded_duration_text(of.max_ms))
        }
    };
    line("between arrivals", quantiles(&info.inter_arrival));
    line("idle gaps", quantiles(&info.idle_gap));
    text + "\n"
}
