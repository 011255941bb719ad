//! `sims scenario book`: all scenarios as one Markdown page with charts.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use dormouse_core::Design;
use dormouse_report::{File, timeline_plot};
use dormouse_scenario::{Outcome, Scenario};
use dormouse_sim::rows::Class;
use rayon::prelude::*;

use super::check::shows;
use super::explain::prevented;
use super::watched::{Watched, watch};
use super::{Folders, places};
use crate::output;
use crate::run::listed;

/// The first design: the page says which incidents it would have predicted.
const FIRST: Design = Design::Phase0;
/// The month at whose beginning [`FIRST`] was written.
const SINCE: &str = "2026-06";

/// Arguments of `sims scenario book`.
#[derive(Args, Debug)]
pub(crate) struct BookArgs {
    #[command(flatten)]
    folders: Folders,
    /// Write the page here, and its charts into a folder of the same name next to it; those of a README.md into its own folder.
    #[arg(long, value_name = "FILE.md")]
    out: PathBuf,
}

/// A scenario, and everything that the page says about it.
struct Chapter<'a> {
    scenario: &'a Scenario,
    defect: Watched,
    cure: Option<Outcome>,
    first: Outcome,
    prevented: String,
}

/// Writes the page and its charts.
pub(super) fn book(args: &BookArgs) -> anyhow::Result<bool> {
    let mut scenarios = args.folders.load()?;
    scenarios.sort_by(|a, b| (key_of(&a.date), a.name()).cmp(&(key_of(&b.date), b.name())));
    let chapters: Vec<Chapter<'_>> = scenarios.par_iter().map(chapter).collect::<anyhow::Result<_>>()?;
    let Some(pictures) = pictures_of(&args.out) else {
        bail!("--out {}: the page is Markdown; end its name in .md", args.out.display());
    };
    let folder = args.out.with_file_name(pictures);
    output::check_folder(&folder)?;
    let files: Vec<File> = chapters.par_iter().map(picture).collect::<anyhow::Result<_>>()?;
    output::write_folder(&folder, &files)?;
    let command = format!("sims scenario book {} --out {}", places(&args.folders), args.out.display());
    output::write_whole(&args.out, page(&command, pictures, &chapters).as_bytes())?;
    Ok(true)
}

/// The folder of a page's charts, relative to the page: named after the page, or the page's own folder for a README, which
/// already has a folder to itself. `None` if the page is not a `.md` file.
fn pictures_of(page: &Path) -> Option<&Path> {
    let name = page.file_stem().filter(|_| page.extension().is_some_and(|end| end == "md"))?;
    Some(Path::new(if name == "README" { OsStr::new("") } else { name }))
}

/// The sort key of a date: dates that begin with a year come first, in order; `derived` and the like come after them.
fn key_of(date: &str) -> (bool, &str) {
    let date = date.strip_prefix("after ").unwrap_or(date);
    (!date.starts_with(|first: char| first.is_ascii_digit()), date)
}

fn chapter(scenario: &Scenario) -> anyhow::Result<Chapter<'_>> {
    Ok(Chapter {
        scenario,
        defect: watch(scenario, &scenario.defect()?),
        cure: scenario.cured()?.map(|case| case.play()),
        first: scenario.under(FIRST)?.play(),
        prevented: prevented(scenario)?,
    })
}

fn picture(chapter: &Chapter<'_>) -> anyhow::Result<File> {
    let name = chapter.scenario.name();
    let [svg, _] = timeline_plot(&chapter.scenario.title, &chapter.defect.timeline).context(name.clone())?;
    Ok(File { name: format!("{name}.svg"), bytes: svg.bytes })
}

impl Chapter<'_> {
    /// The scenario's expected classes that the first design shows on the same traffic.
    fn foretold(&self) -> Vec<Class> {
        let shown = |class: &Class| self.first.counts.violations[*class as usize] > 0;
        self.scenario.expect.classes().filter(shown).collect()
    }

    /// How many of the scenario's expected classes the first design shows: `yes` (all), `in part`, `no`, or `-` if none is expected.
    fn foretells(&self) -> &'static str {
        match (self.foretold().len(), self.scenario.expect.classes().count()) {
            (_, 0) => "-",
            (0, _) => "no",
            (some, all) if some == all => "yes",
            _ => "in part",
        }
    }
}

fn missed(outcome: &Outcome) -> String {
    listed(outcome.missed().map(|(class, n)| (class.name(), n)))
}

fn page(command: &str, pictures: &Path, chapters: &[Chapter<'_>]) -> String {
    let mut text = format!("`{command}`\n\n# Incidents\n\n");
    text += "Public reports about gateways that scale to zero. Each is a scenario that is replayed twice: with the defect, and with the cure.\n\
             Everything on this page is computed from the scenario files. `sims scenario check` compares the results with the\n\
             expected ones, and `sims scenario explain FILE` prints the log around each violation.\n\n";
    text += &summary(chapters);
    text += "\n| incident | date | with the defect | with the cure | foretold |\n|---|---|---|---|---|\n";
    for chapter in chapters {
        let scenario = chapter.scenario;
        let shown = |outcome: &Outcome| shows(&scenario.expect, outcome);
        let cure = chapter.cure.as_ref().map_or_else(|| "not yet".to_owned(), shown);
        let name = scenario.name();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| [{name}](#{name}) | {} | {} | {cure} | {} |",
            scenario.date,
            shown(&chapter.defect.outcome),
            chapter.foretells()
        );
    }
    for chapter in chapters {
        text += &section(pictures, chapter);
    }
    text
}

/// Which of the incidents reported after it the first design foretells, in words.
fn summary(chapters: &[Chapter<'_>]) -> String {
    let later: Vec<&Chapter<'_>> =
        chapters.iter().filter(|chapter| is_later(&chapter.scenario.date)).collect();
    let of = |answer: &str| {
        let named = later.iter().filter(|chapter| chapter.foretells() == answer);
        let names: Vec<String> = named.map(|chapter| format!("`{}`", chapter.scenario.name())).collect();
        match names.as_slice() {
            [] => "none".to_owned(),
            names => format!("{} ({})", names.len(), names.join(", ")),
        }
    };
    format!(
        "*Foretold* says whether the first design, `{FIRST}`, shows the same classes of missed work on the same traffic with the same\n\
         parameters, under its own switches and for any cause. A replay at the time it was written would have shown, of the {} incidents\n\
         that were reported in the three months after it:\n\n\
         - every class of the story in {};\n\
         - some of the classes in {};\n\
         - none of them in {}. There the first design behaves differently on this traffic, mostly worse: its platform's timer\n  \
         freezes the machine before the incident can begin, or the fault is in a part that was built later.\n",
        later.len(),
        of("yes"),
        of("in part"),
        of("no")
    )
}

/// Was it reported after the first design was written?
fn is_later(date: &str) -> bool {
    let (undated, date) = key_of(date);
    !undated && date >= SINCE
}

fn section(pictures: &Path, chapter: &Chapter<'_>) -> String {
    let scenario = chapter.scenario;
    let name = scenario.name();
    let mut text =
        format!("\n## {name}\n\n**{}.** {}; {}.\n", scenario.title, capital(&scenario.date), scenario.source);
    let _ = write!(text, "\n{}\n", scenario.story.trim());
    let _ = write!(text, "\n![{name}]({})\n\n", pictures.join(format!("{name}.svg")).display());
    let _ = writeln!(text, "- *With the defect*: {}.", told(&chapter.defect.outcome));
    if let Some(cure) = &chapter.cure {
        let _ = writeln!(text, "- *With the cure*: {}.", told(cure));
    }
    let _ = writeln!(text, "- *What would have prevented it*, found by trial: {}", chapter.prevented);
    let _ = writeln!(
        text,
        "- *What would have shown it beforehand*: {}",
        scenario.foreseen.trim().replace('\n', " ")
    );
    let _ = writeln!(text, "- *Under `{FIRST}`* the same traffic shows: {}.", missed(&chapter.first));
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The outcome of a run, in one line.
fn told(outcome: &Outcome) -> String {
    let counts = &outcome.counts;
    let missed = match missed(outcome) {
        none if none == "none" => "no missed work".to_owned(),
        some => some,
    };
    format!(
        "{missed}; suspends {}, wakes {}, arrivals that waited {} of {}, the longest {} ms",
        counts.suspends,
        counts.wakes.iter().sum::<u64>(),
        counts.delays.delayed(),
        counts.user_arrivals,
        counts.delays.quantile(1000)
    )
}
