//! Sweeps with a mergeable result: fleets streamed from their files, parts of a fleet, and the best timeout for each instance.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use dormouse_fleet::{Batches, Content, FleetAnswer, FleetQuery, PartOfFleet, Partial, Split};
use dormouse_sim::Job;
use dormouse_trace::Trace;

use crate::args::duration;
use crate::input::{Named, Source};
use crate::output;
use crate::progress;

/// Fleet options of a sweep, in addition to the rows.
#[derive(Args, Clone, Debug)]
pub(crate) struct FleetArgs {
    /// Report what it would save if each instance had its own best timeout.
    #[arg(long, conflicts_with = "per_instance")]
    per_instance_best: bool,
    /// What a wake is worth, as time awake: the break-even gap. In money alone it is 4 to 5 s on Fly; the default also values a person's waiting time.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration, requires = "per_instance_best")]
    wake_cost: u64,
    /// Also write the result into this file, as a partial result that `sims merge` can combine with others.
    #[arg(long, value_name = "FILE", conflicts_with = "per_instance")]
    pub(crate) partial: Option<PathBuf>,
    /// Sweep only part K of N of a fleet.
    #[arg(long, value_name = "K/N", default_value = "1/1", value_parser = split, requires = "partial", conflicts_with = "out")]
    part: Split,
}

fn split(text: &str) -> Result<Split, String> {
    let numbers = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    let split =
        numbers.map(|(part, of)| Split { part, of }).filter(|split| (1..=split.of).contains(&split.part));
    split.ok_or_else(|| format!("{text:?} is not a part; write it like 1/4, from 1/4 to 4/4"))
}

impl FleetArgs {
    /// Is anything requested besides rows?
    pub(crate) fn asks_more(&self) -> bool {
        self.per_instance_best || self.partial.is_some()
    }

    /// Is only a part of the fleet swept? Then there are no rows yet.
    pub(crate) fn is_part(&self) -> bool {
        self.part != Split::WHOLE
    }

    /// Runs `job` on a source, or on the selected part of it, and writes the partial result if requested.
    /// `watcher` is the design's name in rows.
    ///
    /// # Errors
    /// When the fleet cannot be read, or the answer cannot be written.
    pub(crate) fn sweep(&self, source: &Source, watcher: &str, job: Job<'_>) -> anyhow::Result<Partial> {
        let wake_cost_ms = self.per_instance_best.then_some(self.wake_cost);
        let (name, events) = match source {
            Source::Trace(Named { name, trace }) => (name, trace.events() as u64),
            Source::FleetFile { name, fleet, .. } => (name, fleet.manifest().content.events),
        };
        let question = FleetQuery::new(name, watcher, &job, wake_cost_ms);
        let bar = progress::bar(events * job.variants.len() as u64 / self.part.of as u64);
        let played = |events| bar.inc(events);
        let job = job.progress(&played);
        let ask =
            |trace: &Trace, fleet: &Content| FleetAnswer::of(&Job { trace, ..job }, fleet, wake_cost_ms);
        let partial = match source {
            Source::Trace(_) if self.is_part() => bail!(
                "--part {}/{}: only fleets in Parquet have parts; \
                convert it with `sims trace convert TRACE --out FLEET.parquet`",
                self.part.part,
                self.part.of
            ),
            Source::Trace(Named { trace, .. }) => {
                let content = Content::of(&trace.instances);
                let part = PartOfFleet { places: 0..1, content };
                Partial::new(question, content, part, ask(trace, &content))
            }
            Source::FleetFile { fleet, memory, .. } => {
                let whole = fleet.manifest().content;
                let mut answer = FleetAnswer::none(job.variants.len(), wake_cost_ms);
                let mut batches: Batches<'_> = fleet.batches(self.part, *memory);
                batches.overlapped(|instances| {
                    let trace = Trace { instances, meta: fleet.manifest().meta() };
                    answer.merge(&ask(&trace, &whole));
                    anyhow::Ok(trace.instances)
                })?;
                Partial::new(question, whole, batches.part(), answer)
            }
        };
        bar.finish_and_clear();
        if let Some(path) = &self.partial {
            output::write_whole_by(path, |file| Ok(partial.write(std::io::BufWriter::new(file))?))?;
        }
        Ok(partial)
    }
}

/// A summary of a partial result, for people.
pub(crate) fn describe(partial: &Partial) -> String {
    let (found, fleet) = (partial.content(), &partial.fleet);
    format!(
        "{}: {} of {} instances, {} of {} events\n",
        partial.question.trace, found.instances, fleet.instances, found.events, fleet.events
    )
}
