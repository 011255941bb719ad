//! Where traces come from: files, standard input, presets, or the trace that the command carries.

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

/// The embedded trace: a week of a small team, made from the preset of the same name.
const EMBEDDED: (&str, &str) = ("team-week", include_str!("../traces/team-week.csv"));

/// Which traces.
#[derive(Args, Clone, Debug)]
pub(crate) struct TraceArgs {
    /// Trace files: CSV, plain, .gz or .zst, or fleets in Parquet; - is standard input. Without any: the embedded week of a small team.
    #[arg(value_name = "TRACE")]
    paths: Vec<PathBuf>,
    /// Generate the trace from a preset instead of reading one.
    #[arg(long, value_name = "NAME", conflicts_with = "paths")]
    preset: Option<String>,
    /// The most memory a trace may take, like 512MiB or 4GiB; an unsorted one is sorted within it, a fleet that is swept is read in parts within it. Default: 2GiB, for a fleet that is swept 512MiB.
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    memory: Option<u64>,
}

/// Memory that a trace may take.
const FOR_A_TRACE: u64 = 2 << 30;
/// Memory that what is decoded of a fleet may take while it is swept.
const FOR_A_FLEET: u64 = 512 << 20;

/// A size in bytes: a number of MiB unless with KiB, MiB or GiB.
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

/// A trace and what to call it.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) trace: Trace,
}

/// What is swept.
pub(crate) enum Source {
    /// A trace in memory.
    Trace(Named),
    /// A fleet that stays in its file, and how much of it may be in memory, in bytes.
    FleetFile { name: String, fleet: FleetFile, memory: u64 },
}

impl TraceArgs {
    /// Only this file.
    pub(crate) fn path(path: PathBuf) -> Self {
        Self { paths: vec![path], preset: None, memory: None }
    }

    /// The trace that the command carries.
    pub(crate) fn embedded() -> Self {
        Self { paths: Vec::new(), preset: None, memory: None }
    }

    /// Reads or generates them all; what had to be put right is said on standard error.
    ///
    /// # Errors
    /// At the first trace that cannot be had.
    pub(crate) fn load(&self, seed: u64) -> anyhow::Result<Vec<Named>> {
        let sources = self.sources(seed, false)?.into_iter();
        Ok(sources
            .filter_map(|source| match source {
                Source::Trace(named) => Some(named),
                Source::FleetFile { .. } => None,
            })
            .collect())
    }

    /// The same; with `streamed`, fleets stay in their files.
    ///
    /// # Errors
    /// As [`load`](Self::load).
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
                // A recording of a quiet day, or one that a crash cut before its first row.
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

/// What is in a file, or in the files of one recording.
struct File {
    source: Source,
    /// Of a recording of one instance: its epoch and the instance, which all files of one recording have in common.
    recorded: Option<(i64, String)>,
    files: usize,
}

/// Files of one recording are one trace, called by the first of them: work is written when it ends, so it may have arrived
/// before the end of the file before. Joined in the order in which they are given.
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

/// Events that are generated at a time on the way into a fleet: some 40 MB.
const EVENTS_AT_ONCE: u64 = 1 << 20;

/// Generates a fleet straight into its file, on all threads and in memory that does not grow with it; the bytes do not depend on
/// the number of threads.
///
/// # Errors
/// When the specification does not make sense, or the file cannot be written.
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
        // Names are numbers of equal width, so that ordinals are in the order of names. What is ready is packed while more is made.
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

/// Is it a trace with a sound header and nothing below it?
fn has_no_rows(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(TraceError::NoRows { .. }))
}

fn name_of_input(path: &Path) -> String {
    if path.as_os_str() == "-" { "stdin".to_owned() } else { name_of(path) }
}

/// The file's name without the endings that every trace has.
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
