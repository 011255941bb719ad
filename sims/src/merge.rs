//! `sims merge`: merges the partial results of a fleet.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use dormouse_fleet::Partial;

use crate::fleet::describe;
use crate::output;
use crate::sweep::{Format, show};

/// Arguments of `sims merge`.
#[derive(Args, Clone, Debug)]
pub(crate) struct MergeArgs {
    /// Partial results that `sims sweep --partial` or `sims merge --partial` wrote, in any order.
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,
    /// Write the merged result into this file, for further merging; then parts may be missing.
    #[arg(long, value_name = "FILE")]
    partial: Option<PathBuf>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// Merges the parts, prints the answer and writes the merged file.
///
/// # Errors
/// When a part cannot be read or does not belong to the others, or when a part is missing and the complete answer is requested.
pub(crate) fn merge(args: &MergeArgs) -> anyhow::Result<()> {
    let mut names = BTreeSet::new();
    if let Some(twice) = args.parts.iter().find(|path| !names.insert(*path)) {
        bail!("{}: is given twice; give each part once", twice.display());
    }
    let mut parts = args.parts.iter();
    let mut sum = match parts.next() {
        Some(first) => read(first)?,
        None => bail!("no parts; give at least one"),
    };
    for path in parts {
        sum.merge(&read(path)?, &path.display().to_string())?;
    }
    if let Some(path) = &args.partial {
        output::write_whole_by(path, |file| Ok(sum.write(BufWriter::new(file))?))?;
        if sum.content() != sum.fleet {
            return output::print(&describe(&sum));
        }
    }
    let answer = sum.whole("the sum")?;
    show(&sum.question, answer, args.format)
}

fn read(path: &Path) -> anyhow::Result<Partial> {
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("{name}: cannot be read"))?;
    Ok(Partial::read(file, &name)?)
}
