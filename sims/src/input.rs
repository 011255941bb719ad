//! Where traces come from: files, standard input, presets, or the trace that the command carries.

use std::collections::BTreeSet;
use std::io::stdin;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use dormouse_trace::generate::{Spec, collect, generate_instance};
use dormouse_trace::{ReadOptions, Trace, TraceError, read, read_path};
use rayon::prelude::*;

use crate::output;

/// The embedded trace: a week of a small team, made from the preset of the same name.
const EMBEDDED: (&str, &str) = ("team-week", include_str!("../traces/team-week.csv"));

/// Which traces.
#[derive(Args, Clone, Debug)]
pub(crate) struct TraceArgs {
    /// Trace files: CSV, plain, .gz or .zst; - is standard input. Without any: the embedded week of a small team.
    #[arg(value_name = "TRACE")]
    paths: Vec<PathBuf>,
    /// Generate the trace from a preset instead of reading one.
    #[arg(long, value_name = "NAME", conflicts_with = "paths")]
    preset: Option<String>,
    /// The most memory a trace may take, in MiB; an unsorted one is sorted within it.
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(1..1 << 24))]
    memory: u64,
}

/// A trace and what to call it.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) trace: Trace,
}

impl TraceArgs {
    /// Only this file.
    pub(crate) fn path(path: PathBuf) -> Self {
        Self { paths: vec![path], preset: None, memory: 2048 }
    }

    /// The trace that the command carries.
    pub(crate) fn embedded() -> Self {
        Self { paths: Vec::new(), preset: None, memory: 2048 }
    }

    /// Reads or generates them all; what had to be put right is said on standard error.
    ///
    /// # Errors
    /// At the first trace that cannot be had.
    pub(crate) fn load(&self, seed: u64) -> anyhow::Result<Vec<Named>> {
        if let Some(preset) = &self.preset {
            let trace = generate(&Spec::preset(preset)?, seed)?;
            return Ok(vec![Named { name: preset.clone(), trace }]);
        }
        if self.paths.is_empty() {
            let (name, text) = EMBEDDED;
            let trace = read(text.as_bytes(), name, &ReadOptions::default())?.trace;
            return Ok(vec![Named { name: name.to_owned(), trace }]);
        }
        let mut names = BTreeSet::new();
        for path in &self.paths {
            let name = name_of_input(path);
            if !names.insert(name.clone()) {
                bail!(
                    "two traces are called {name}, which rows and reports could not tell apart; rename one"
                );
            }
        }
        let mut found = Vec::new();
        let mut without_rows = None;
        for path in &self.paths {
            match self.file(path) {
                // A recording of a quiet day, or one that a crash cut before its first row.
                Err(error @ TraceError::NoRows { .. }) if self.paths.len() > 1 => {
                    output::complain(&format!("note: left out: {error}"));
                    without_rows = Some(error);
                }
                file => found.push(file?),
            }
        }
        match without_rows {
            Some(error) if found.is_empty() => Err(error).context("no trace has rows"),
            _ => Ok(found),
        }
    }

    fn file(&self, path: &Path) -> Result<Named, TraceError> {
        let options = ReadOptions { max_bytes: self.memory << 20, ..ReadOptions::default() };
        let is_stdin = path.as_os_str() == "-";
        let found =
            if is_stdin { read(stdin().lock(), "stdin", &options) } else { read_path(path, &options) }?;
        for note in &found.notes {
            output::complain(&format!("note: {note}"));
        }
        Ok(Named { name: name_of_input(path), trace: found.trace })
    }
}

/// Generates a trace on all threads; the bytes do not depend on their number.
///
/// # Errors
/// When the specification does not make sense.
pub(crate) fn generate(spec: &Spec, seed: u64) -> anyhow::Result<Trace> {
    let instances = (0..spec.instances())
        .into_par_iter()
        .map(|ordinal| generate_instance(spec, seed, ordinal))
        .collect::<Result<Vec<_>, _>>()
        .context("generating")?;
    Ok(collect(spec, instances))
}

fn name_of_input(path: &Path) -> String {
    if path.as_os_str() == "-" { "stdin".to_owned() } else { name_of(path) }
}

/// The file's name without the endings that every trace has.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut name = name.as_ref();
    for end in [".gz", ".zst", ".csv"] {
        name = name.strip_suffix(end).unwrap_or(name);
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use dormouse_trace::write_csv;

    use super::*;

    #[test]
    fn the_embedded_trace_is_the_preset_with_seed_1() {
        let mut bytes = Vec::new();
        write_csv(&generate(&Spec::preset(EMBEDDED.0).unwrap(), 1).unwrap(), &mut bytes).unwrap();
        let mend =
            "mend: cargo run -p sims -- trace generate --preset team-week --out sims/traces/team-week.csv";
        assert!(bytes == EMBEDDED.1.as_bytes(), "sims/traces/team-week.csv differs from its preset; {mend}");
    }

    #[test]
    fn a_trace_is_called_by_its_file_without_its_endings() {
        for (path, name) in
            [("a/web.csv.gz", "web"), ("web.v2.csv", "web.v2"), ("web", "web"), ("x/web.csv.zst", "web")]
        {
            assert_eq!(name_of(Path::new(path)), name);
        }
    }
}
