//! Sweeps whose answer is a value: of fleets that stay in their files, of parts of them, of each instance at its own best.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use dormouse_fleet::{Answer, Batches, Content, Part, Partial, Question, Split};
use dormouse_sim::Job;
use dormouse_trace::Trace;

use crate::args::duration;
use crate::input::{Named, Source};
use crate::output;
use crate::progress;

/// What is asked of a fleet besides its rows.
#[derive(Args, Clone, Debug)]
pub(crate) struct FleetArgs {
    /// Say what it would be worth if each instance had its own best of the timeouts.
    #[arg(long, conflicts_with = "per_instance")]
    per_instance_best: bool,
    /// What a wake is worth, as time awake: the break-even gap. On money alone it is 4 to 5 s on Fly; the default says that a person's wait counts.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration, requires = "per_instance_best")]
    beta: u64,
    /// Write the answer into this file too, as a value that `sims merge` puts together with those of other parts.
    #[arg(long, value_name = "FILE", conflicts_with = "per_instance")]
    pub(crate) partial: Option<PathBuf>,
    /// Sweep only the K-th of N parts of a fleet.
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
    /// Is more asked than rows?
    pub(crate) fn asks_more(&self) -> bool {
        self.per_instance_best || self.partial.is_some()
    }

    /// Is only a part of it swept, so that there are no rows yet?
    pub(crate) fn is_part(&self) -> bool {
        self.part != Split::WHOLE
    }

    /// Runs `job` on a source, or on the part of it that is asked for, and writes the answer down if that is asked for.
    /// `watcher` names the design in rows.
    ///
    /// # Errors
    /// When the fleet cannot be read, or the answer cannot be written.
    pub(crate) fn sweep(&self, source: &Source, watcher: &str, job: Job<'_>) -> anyhow::Result<Partial> {
        let beta_ms = self.per_instance_best.then_some(self.beta);
        let (name, events) = match source {
            Source::Trace(Named { name, trace }) => (name, trace.events() as u64),
            Source::Fleet { name, fleet, .. } => (name, fleet.manifest().content.events),
        };
        let question = Question::new(name, watcher, &job, beta_ms);
        let bar = progress::bar(events * job.variants.len() as u64 / self.part.of as u64);
        let played = |events| bar.inc(events);
        let job = job.progress(&played);
        let ask = |trace: &Trace, fleet: &Content| Answer::of(&Job { trace, ..job }, fleet, beta_ms);
        let partial = match source {
            Source::Trace(_) if self.is_part() => bail!(
                "--part {}/{}: only fleets in Parquet have parts; \
                convert it with `sims trace convert TRACE --out FLEET.parquet`",
                self.part.part,
                self.part.of
            ),
            Source::Trace(Named { trace, .. }) => {
                let content = Content::of(&trace.instances);
                let part = Part { places: 0..1, content };
                Partial::new(question, content, part, ask(trace, &content))
            }
            Source::Fleet { fleet, memory, .. } => {
                let whole = fleet.manifest().content;
                let mut answer = Answer::none(job.variants.len(), beta_ms);
                let mut batches: Batches<'_> = fleet.batches(self.part, *memory);
                batches.overlapped(|instances| {
                    let trace = Trace { instances, meta: fleet.manifest().meta() };
                    answer.merge(&ask(&trace, &whole));
                    anyhow::Ok(())
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

/// What a partial result holds, for people.
pub(crate) fn describe(partial: &Partial) -> String {
    let (found, fleet) = (partial.content(), &partial.fleet);
    format!(
        "{}: {} of {} instances, {} of {} events\n",
        partial.question.trace, found.instances, fleet.instances, found.events, fleet.events
    )
}
