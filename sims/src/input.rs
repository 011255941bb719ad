//! Where traces come from: files, standard input, presets, or the embedded trace.

use std::collections::BTreeSet;
use std::io::stdin;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use dormouse_fleet::{FleetFile, Writer};
use dormouse_trace::generate::{Spec, collect, generate_instance};
use dormouse_trace::{Instance, Meta, ReadOptions, Trace, TraceError, read, read_path};
use rayon::prelude::*;

use crate::output;

/// The embedded trace: a week of a small team, generated from the preset of the same name.
const EMBEDDED: (&str, &str) = ("team-week", include_str!("../traces/team-week.csv"));

/// Selects the traces.
#[derive(Args, Clone, Debug)]
pub(crate) struct TraceArgs {
    /// Trace files: CSV, plain, .gz or .zst, or fleets in Parquet; - is standard input. Default: the embedded week of a small team.
    #[arg(value_name = "TRACE")]
    paths: Vec<PathBuf>,
    /// Generate the trace from a preset instead of reading one.
    #[arg(long, value_name = "NAME", conflicts_with = "paths")]
    preset: Option<String>,
    /// The most memory that a trace may take, like 512MiB or 4GiB. An unsorted trace is sorted within it, and a fleet is swept in parts that fit. Default: 2GiB, or 512MiB for sweeping a fleet.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    memory: Option<u64>,
}

/// Default memory limit for a trace, in bytes.
const FOR_A_TRACE: u64 = 2 << 30;
/// Default memory limit for the decoded part of a fleet during a sweep, in bytes.
const FOR_A_FLEET: u64 = 512 << 20;

/// Parses a size into bytes. A number without a unit is in MiB; the units are KiB, MiB and GiB.
fn bytes(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let (number, shift) = units
        .into_iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))
        .unwrap_or((text, 20));
    let number: Option<u64> = number.trim().parse().ok();
    let size = number.filter(|&number| number > 0 && number < 1 << 24).map(|number| number << shift);
    size.ok_or_else(|| format!("{text:?} is not a size; write it like 512MiB or 4GiB"))
}

/// A trace and its name.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) trace: Trace,
}

/// What to sweep: a trace or a fleet file.
pub(crate) enum Source {
    /// A trace in memory.
    Trace(Named),
    /// A fleet that is read in parts from its file; `memory` is the limit in bytes.
    FleetFile { name: String, fleet: FleetFile, memory: u64 },
}

impl TraceArgs {
    /// A single file.
    pub(crate) fn path(path: PathBuf) -> Self {
        Self { paths: vec![path], preset: None, memory: None }
    }

    /// The embedded trace.
    pub(crate) fn embedded() -> Self {
        Self { paths: Vec::new(), preset: None, memory: None }
    }

    /// Reads or generates all traces. Corrections are reported on standard error.
    ///
    /// # Errors
    /// At the first trace that cannot be read or generated.
    pub(crate) fn load(&self, seed: u64) -> anyhow::Result<Vec<Named>> {
        let sources = self.sources(seed, false)?.into_iter();
        Ok(sources
            .filter_map(|source| match source {
                Source::Trace(named) => Some(named),
                Source::FleetFile { .. } => None,
            })
            .collect())
    }

    /// Like [`load`](Self::load), but with `streamed`, fleets stay in their files.
    ///
    /// # Errors
    /// The same as [`load`](Self::load).
    pub(crate) fn sources(&self, seed: u64, streamed: bool) -> anyhow::Result<Vec<Source>> {
        if let Some(preset) = &self.preset {
            let trace = generate(&Spec::preset(preset)?, seed)?;
            return Ok(vec![Source::Trace(Named { name: preset.clone(), trace })]);
        }
        if self.paths.is_empty() {
            let (name, text) = EMBEDDED;
            let trace = read(text.as_bytes(), name, &ReadOptions::default())?.trace;
            return Ok(vec![Source::Trace(Named { name: name.to_owned(), trace })]);
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
        let mut files = Vec::new();
        let mut without_rows = None;
        for path in &self.paths {
            match self.file(path, streamed) {
                // The recording of a quiet day, or one cut off by a crash before its first row.
                Err(error) if self.paths.len() > 1 && has_no_rows(&error) => {
                    output::warn(&format!("note: left out: {error:#}"));
                    without_rows = Some(error);
                }
                file => files.push(file?),
            }
        }
        let found = joined(files);
        match without_rows {
            Some(error) if found.is_empty() => Err(error.context("no trace has rows")),
            _ => Ok(found),
        }
    }

    fn file(&self, path: &Path, streamed: bool) -> anyhow::Result<File> {
        let whole = |source| Ok(File { source, recorded: None, files: 1 });
        let max_bytes = self.memory.unwrap_or(FOR_A_TRACE);
        if FleetFile::is_one(path) {
            let (name, fleet) = (name_of(path), FleetFile::open(path)?);
            if streamed {
                return whole(Source::FleetFile { name, fleet, memory: self.memory.unwrap_or(FOR_A_FLEET) });
            }
            let trace = fleet.read(max_bytes)?;
            return whole(Source::Trace(Named { name, trace }));
        }
        let options = ReadOptions { max_bytes, ..ReadOptions::default() };
        let is_stdin = path.as_os_str() == "-";
        let found =
            if is_stdin { read(stdin().lock(), "stdin", &options) } else { read_path(path, &options) }?;
        for note in &found.notes {
            output::warn(&format!("note: {note}"));
        }
        let recorded = found.trace.meta.epoch_ms.filter(|_| found.recorded).and_then(|epoch_ms| {
            let [instance] = &found.trace.instances[..] else { return None };
            Some((epoch_ms, instance.name.clone()))
        });
        let named = Named { name: name_of_input(path), trace: found.trace };
        Ok(File { source: Source::Trace(named), recorded, files: 1 })
    }
}

/// The content of one file, or of all files of one recording.
struct File {
    source: Source,
    /// For a recording of one instance: the epoch and the instance name, which all its files share.
    recorded: Option<(i64, String)>,
    files: usize,
}

/// Joins the files of one recording into one trace, in the given order and under the first file's name. Work is
/// written when it ends, so it may have arrived before the end of the preceding file.
fn joined(files: Vec<File>) -> Vec<Source> {
    let mut found: Vec<File> = Vec::new();
    for file in files {
        let same = |first: &&mut File| first.recorded.is_some() && first.recorded == file.recorded;
        let mut first = found.iter_mut().find(same);
        match (first.as_mut().map(|first| &mut first.source), file.source) {
            (Some(Source::Trace(named)), Source::Trace(more)) => {
                named.trace.join(more.trace);
                first.into_iter().for_each(|first| first.files += 1);
            }
            (_, source) => found.push(File { source, ..file }),
        }
    }
    found
        .into_iter()
        .map(|file| {
            if let (Source::Trace(named), 2..) = (&file.source, file.files) {
                output::warn(&format!("note: {} is one recording in {} files", named.name, file.files));
            }
            file.source
        })
        .collect()
}

/// Generates a trace on all threads. The output does not depend on their number.
///
/// # Errors
/// When the specification is invalid.
pub(crate) fn generate(spec: &Spec, seed: u64) -> anyhow::Result<Trace> {
    let instances = (0..spec.instances())
        .into_par_iter()
        .map(|ordinal| generate_instance(spec, seed, ordinal))
        .collect::<Result<Vec<_>, _>>()
        .context("generating")?;
    Ok(collect(spec, instances))
}

/// Number of events generated at a time when writing a fleet: about 40 MB.
const EVENTS_AT_ONCE: u64 = 1 << 20;

/// Generates a fleet directly into its file, on all threads. Memory use does not grow with the fleet, and the
/// output does not depend on the number of threads.
///
/// # Errors
/// When the specification is invalid, or the file cannot be written.
pub(crate) fn generate_fleet(spec: &Spec, seed: u64, path: &Path) -> anyhow::Result<()> {
    let meta = Meta { epoch_ms: Some(spec.epoch_ms()), time_zone: Some(spec.time_zone()) };
    let made = |ordinals: Range<u32>| -> anyhow::Result<Vec<Instance>> {
        let instances = ordinals.into_par_iter().map(|ordinal| generate_instance(spec, seed, ordinal));
        instances.collect::<Result<_, _>>().context("generating")
    };
    output::write_whole_by(path, |file| {
        let mut writer = Writer::new(file, &meta)?;
        let (mut next, mut at_once) = (0, 1);
        let mut ready = Vec::new();
        // Names are numbers of equal width, so the order of ordinals is the order of names. Finished batches are encoded while the next ones are generated.
        while next < spec.instances() || !ready.is_empty() {
            let ordinals = next..spec.instances().min(next.saturating_add(at_once));
            next = ordinals.end;
            let (packed, more) = rayon::join(
                || ready.iter().try_for_each(|instance| writer.push(instance)),
                || made(ordinals),
            );
            packed?;
            ready = more?;
            let events: u64 = ready.iter().map(|instance| instance.events.len() as u64).sum();
            let each = events.div_ceil(ready.len().max(1) as u64).max(1);
            at_once =
                u32::try_from(EVENTS_AT_ONCE / each).unwrap_or(u32::MAX).clamp(1, at_once.saturating_mul(8));
        }
        writer.finish()?;
        Ok(())
    })
}

/// Is the error that the trace has a valid header and no rows?
fn has_no_rows(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(TraceError::NoRows { .. }))
}

fn name_of_input(path: &Path) -> String {
    if path.as_os_str() == "-" { "stdin".to_owned() } else { name_of(path) }
}

/// The file's name without the usual extensions of a trace.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut name = name.as_ref();
    for end in [".gz", ".zst", ".csv", ".parquet"] {
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
    fn sizes_are_mib_unless_they_say_otherwise() {
        let of = |text| bytes(text).ok();
        assert_eq!(
            [of("512"), of("512MiB"), of("3 GiB"), of("1KiB")],
            [Some(512 << 20), Some(512 << 20), Some(3 << 30), Some(1024)]
        );
        assert_eq!([of("0"), of("much"), of("-1"), of("99999999999GiB")], [None; 4]);
    }

    #[test]
    fn a_trace_is_called_by_its_file_without_its_endings() {
        for (path, name) in [
            ("a/web.csv.gz", "web"),
            ("web.v2.csv", "web.v2"),
            ("web", "web"),
            ("x/web.csv.zst", "web"),
            ("fleet.parquet", "fleet"),
        ] {
            assert_eq!(name_of(Path::new(path)), name);
        }
    }
}
