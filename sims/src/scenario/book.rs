//! `sims scenario book`: the scenarios as a page with pictures.

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

/// The design whose predictions the book tells: the first one.
const FIRST: Design = Design::Phase0;
/// It was written at the beginning of this month.
const SINCE: &str = "2026-06";

/// Arguments of `sims scenario book`.
#[derive(Args, Debug)]
pub(crate) struct BookArgs {
    #[command(flatten)]
    folders: Folders,
    /// Write the page here, and its pictures into a folder of the same name beside it; those of a README.md beside itself.
    #[arg(long, value_name = "FILE.md")]
    out: PathBuf,
}

/// A scenario, and all that the book tells of it.
struct Chapter<'a> {
    scenario: &'a Scenario,
    defect: Watched,
    cure: Option<Outcome>,
    first: Outcome,
    prevented: String,
}

/// Writes the page and its pictures.
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

/// The folder of a page's pictures, seen from the page: of its own name, but beside a README, which has a folder to itself
/// already. `None` if it is no Markdown.
fn pictures_of(page: &Path) -> Option<&Path> {
    let name = page.file_stem().filter(|_| page.extension().is_some_and(|end| end == "md"))?;
    Some(Path::new(if name == "README" { OsStr::new("") } else { name }))
}

/// Dates that begin with a year come first, in their order; what was derived or heard of comes behind.
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
    /// Which of the classes that the story tells of the first design shows on the same traffic.
    fn foretold(&self) -> Vec<Class> {
        let shown = |class: &Class| self.first.counts.violations[*class as usize] > 0;
        self.scenario.expect.classes().filter(shown).collect()
    }

    /// How much of the story the first design foretells.
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
    text += "Public reports about gateways that scale to zero, each as a scenario that is replayed twice: with the defect, and with the\n\
             cure. Everything on this page is computed from the scenario files; `sims scenario check` compares it with what must come out,\n\
             and `sims scenario explain FILE` prints the log around each case.\n\n";
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

/// What the first design foretells of what was reported after it, in words.
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
        "*Foretold* says whether the first design of all, `{FIRST}`, shows the same classes on the same traffic in the same world, with\n\
         its own switches and by whatever cause. Whoever had replayed it when it was written would have seen, of the {} incidents that\n\
         were reported in the three months after it:\n\n\
         - every class of the story in {};\n\
         - some of the classes in {};\n\
         - none of them in {}. There the first design does something else on this traffic, mostly worse: its platform's timer\n  \
         freezes the machine before the story can begin, or the fault belongs to a part that was built later.\n",
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
    let _ = writeln!(text, "- *What would have prevented it*, found by trying: {}", chapter.prevented);
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

/// What came of a run, in a line.
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
