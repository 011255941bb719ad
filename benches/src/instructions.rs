//! The gate: counts the instructions of the hot path and compares them with the stored figures.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dormouse_benches::count::count;
use dormouse_benches::{Figures, GateVerdict, TOLERANCE_PERCENT, workspace};

/// Count the instructions of the hot path under valgrind and compare them with the stored figures.
///
/// Exit codes: 0 all counts pass; 1 a count is more than 3 % above its figure (or new, or gone); 2 counting failed.
#[derive(Parser)]
#[command(name = "instructions", version)]
struct Args {
    /// Store the counts as the new figures instead of judging them; explain why in the commit.
    #[arg(long)]
    update: bool,
    /// The file of the figures. Default: benches/instructions.toml of this workspace.
    #[arg(long, value_name = "FILE")]
    figures: Option<PathBuf>,
    /// Count and judge only matching benchmarks, like hot_path::kept_figures::replay::*. For finding the cause of a change.
    #[arg(long, value_name = "PATH", conflicts_with = "update")]
    only: Option<String>,
}

/// The benchmarks that are judged by default.
const ALL: &str = "hot_path::kept_figures::*";

fn main() -> ExitCode {
    match gate(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("instructions: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Does the working tree pass the gate?
fn gate(args: &Args) -> anyhow::Result<bool> {
    let kept_in = || workspace().join("benches/instructions.toml");
    let figures = &args.figures.clone().unwrap_or_else(kept_in);
    // Read the figures first: that fails fast.
    let kept = if args.update { None } else { Some(Figures::read(figures)?) };
    let counted = count(Some(args.only.as_deref().unwrap_or(ALL)))?;
    let Some(kept) = kept else {
        counted.write(figures)?;
        println!("{} figures are kept in {}", counted.instructions.len(), figures.display());
        return Ok(true);
    };
    println!("{:<42} {:>12} {:>12}  ratio", "instructions", "kept", "counted");
    let mut verdicts = kept.judge_all(&counted);
    verdicts.retain(|&(_, verdict)| args.only.is_none() || verdict != GateVerdict::Gone);
    for (name, verdict) in &verdicts {
        let figure = |of: &Figures| of.instructions.get(*name).map_or_else(|| "-".to_owned(), u64::to_string);
        println!("{name:<42} {:>12} {:>12}  {verdict}", figure(&kept), figure(&counted));
    }
    let passes = verdicts.iter().all(|(_, verdict)| verdict.passes());
    println!("{}", if passes { "the gate is open" } else { "the gate is shut" });
    println!("A count may be {TOLERANCE_PERCENT} % above the one that is kept.");
    if !passes || verdicts.iter().any(|(_, verdict)| matches!(verdict, GateVerdict::Faster(_))) {
        println!(
            "If the change is worth it, keep the new figures: run again with --update, and say why in the commit."
        );
    }
    if kept.rustc != counted.rustc {
        println!(
            "The figures are of {}, this is {}: other instructions are to be expected.",
            kept.rustc, counted.rustc
        );
    }
    Ok(passes)
}
