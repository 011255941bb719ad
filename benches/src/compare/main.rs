//! Compares the working tree with a revision, on the same machine at the same time.
//!
//! Two runs on two days would compare two machines. Here both sides are built, run in turns, and paired:
//!
//! ```text
//! round 1   that  this      each: every criterion benchmark of the bench targets asked for
//! round 2   this  that      the order alternates, so that going second is no advantage
//! round 3   that  this
//! ratio     least of this / least of that, over the rounds
//! ```
//!
//! The least of several rounds is the speed of the machine when its neighbours are quiet. A slowdown is not a
//! failure here; that is the job of the gate, which counts instructions (`instructions`).

mod build;
mod estimate;
mod publish;
mod revision;

#[cfg(feature = "reports")]
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Compare the benchmarks of the working tree with those of any revision: build both, run them in turns, and
/// print criterion's estimates and a ratio for each.
#[derive(Parser)]
#[command(name = "compare", version)]
struct Args {
    /// The revision: anything that git understands, like HEAD~5, a branch or a tag.
    #[arg(long, value_name = "REVISION")]
    against: String,
    /// Only this bench target, like predicate; may be repeated. Default: all that use criterion.
    #[arg(long, value_name = "NAME")]
    bench: Vec<String>,
    /// Only benchmarks whose name matches this regular expression.
    #[arg(long, value_name = "REGEX")]
    filter: Option<String>,
    /// Number of rounds per side. More rounds give steadier ratios.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Measurement time of each benchmark in each round, in seconds. Half of this is spent on warming up first.
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = seconds)]
    seconds: f64,
    /// Keep the last round as criterion baselines NAME-this and NAME-that.
    #[arg(long, value_name = "NAME", default_value = "compare", value_parser = baseline)]
    save_baseline: String,
    /// Write a folder with the table, the rows and a chart.
    #[cfg(feature = "reports")]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("give seconds from 0.01 to 3600".into()),
    }
}

fn baseline(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('.') {
        Ok(text.to_owned())
    } else {
        Err("give letters, digits, and - _ . in between: it becomes the name of a folder".into())
    }
}

fn main() -> ExitCode {
    match compare(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn compare(args: &Args) -> anyhow::Result<()> {
    let that = revision::CheckedOut::of(&args.against)?;
    eprintln!("building the working tree");
    let this_side = build::benches(&dormouse_benches::workspace(), &args.bench)?;
    eprintln!("building {}", that.name());
    // A benchmark that the revision does not have is new, and not an error.
    let wanted: Vec<String> = this_side.iter().map(|bench| bench.name.clone()).collect();
    let that_side = build::benches_that_are_there(that.folder(), &wanted)?;

    let mut results = estimate::Results::default();
    for round in 0..args.rounds {
        eprintln!("round {} of {}", round + 1, args.rounds);
        let mut turns = [(estimate::Side::That, &that_side), (estimate::Side::This, &this_side)];
        if round % 2 == 1 {
            turns.reverse();
        }
        for (side, benches) in turns {
            results.run(side, benches, args)?;
        }
    }
    let rows = results.rows();
    if rows.is_empty() {
        anyhow::bail!(
            "no benchmark matches {}: look at `cargo bench -p dormouse-benches -- --list`",
            args.filter.as_deref().unwrap_or("anything")
        );
    }
    print!("{}", publish::table(that.name(), &rows));
    #[cfg(feature = "reports")]
    if let Some(out) = &args.out {
        publish::folder(out, that.name(), &rows, args.rounds)?;
        println!("written to {}", out.display());
    }
    Ok(())
}
