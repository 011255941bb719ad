//! `sims scenario`: replayable stories with an expected verdict.

mod book;
mod check;
mod explain;
mod list;
mod run;
mod strip;
mod watched;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use dormouse_scenario::Scenario;

/// The scenario verbs.
#[derive(Subcommand, Debug)]
pub(crate) enum ScenarioVerb {
    /// Play scenarios with the defect and with the cure; print the results.
    Run(Files),
    /// List scenarios, one per line.
    List(Folders),
    /// Play all scenarios with the defect and with the cure, and compare with the expected verdicts; exit code 1
    /// if one differs.
    Check(Folders),
    /// Show what happened around each case of missed work, and what would have prevented it.
    Explain(explain::ExplainArgs),
    /// Write all scenarios as a Markdown page with charts.
    Book(book::BookArgs),
}

/// Arguments of verbs that take scenario files.
#[derive(Args, Debug)]
pub(crate) struct Files {
    /// Scenario files.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Arguments of verbs that take folders of scenarios.
#[derive(Args, Debug)]
pub(crate) struct Folders {
    /// Scenario files, and folders to search for them. Default: sims/scenarios, or scenarios in this folder.
    #[arg(value_name = "DIR")]
    places: Vec<PathBuf>,
}

/// Runs the verb. Returns false if a verdict differs.
///
/// # Errors
/// When a scenario cannot be read.
pub(crate) fn scenario(verb: &ScenarioVerb) -> anyhow::Result<bool> {
    match verb {
        ScenarioVerb::Run(files) => run::run(&load(&files.files)?),
        ScenarioVerb::List(folders) => list::list(&folders.load()?),
        ScenarioVerb::Check(folders) => check::check(&folders.load()?),
        ScenarioVerb::Explain(args) => explain::explain(args),
        ScenarioVerb::Book(args) => book::book(args),
    }
}

impl Folders {
    /// All scenarios of the folders, sorted by path.
    fn load(&self) -> anyhow::Result<Vec<Scenario>> {
        let usual = ["sims/scenarios", "scenarios"].map(PathBuf::from);
        let places = match self.places.as_slice() {
            [] => match usual.into_iter().find(|folder| folder.is_dir()) {
                Some(folder) => vec![folder],
                None => bail!("there is no folder sims/scenarios here; name the folder of the scenarios"),
            },
            places => places.to_vec(),
        };
        let mut files = Vec::new();
        for place in places {
            let before = files.len();
            find(&place, &mut files)?;
            if files.len() == before {
                bail!("{}: no scenarios in it; name a folder with .toml files", place.display());
            }
        }
        files.sort();
        load(&files)
    }
}

/// The folders as given on the command line, for messages.
fn places(folders: &Folders) -> String {
    folders.places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(" ")
}

fn load(files: &[PathBuf]) -> anyhow::Result<Vec<Scenario>> {
    files.iter().map(|file| Ok(Scenario::load(file)?)).collect()
}

/// Adds the scenario files at and below `place`.
fn find(place: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !place.is_dir() {
        files.push(place.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(place).with_context(|| place.display().to_string())? {
        let path = entry.with_context(|| place.display().to_string())?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "toml") {
            files.push(path);
        }
    }
    Ok(())
}
