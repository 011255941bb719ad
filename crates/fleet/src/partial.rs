//! Partial results: the answer of a part of a fleet, as a value that can be kept, sent and merged.

use std::io::{Read, Write};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Answer, Content, FleetError, Question};

/// Version of a written [`Partial`].
pub const PARTIAL_VERSION: u32 = 1;

/// The answer of one or several parts of a fleet.
///
/// Partials of disjoint parts [merge](Partial::merge) in any order and any grouping to the same value, and
/// [`whole`](Partial::whole) hands out the answer once they add up to what the fleet's manifest says. Everything in it is an integer or
/// text. Written as JSON it is a function of the value: the same bytes from any number of machines and threads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    /// [`PARTIAL_VERSION`].
    pub version: u32,
    /// What was asked.
    pub question: Question,
    /// What the whole fleet holds.
    pub fleet: Content,
    /// The parts that are in it, in ascending order.
    pub parts: Vec<Part>,
    /// The answer of these parts together.
    pub answer: Answer,
}

/// One part of a fleet: where it lies in it, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The places in the fleet that it stands for: for a [`Split`](crate::Split) its row groups, from 0, the end not included.
    /// Parts whose places overlap are not merged.
    pub places: Range<u64>,
    /// What it holds.
    pub content: Content,
}

impl Partial {
    /// The answer of this part of a fleet that holds `fleet`.
    #[must_use]
    pub fn new(question: Question, fleet: Content, part: Part, mut answer: Answer) -> Self {
        answer.sort();
        Self { version: PARTIAL_VERSION, question, fleet, parts: vec![part], answer }
    }

    /// What the parts in it hold together.
    #[must_use]
    pub fn content(&self) -> Content {
        self.parts.iter().fold(Content::default(), |sum, part| sum.merge(&part.content))
    }

    /// Adds the parts of `other`. `name` stands for it in messages.
    ///
    /// # Errors
    /// [`FleetError::Partial`] if it is of another version, question or fleet, if a part is in both, or if together they hold more than
    /// the fleet; then nothing is changed.
    pub fn merge(&mut self, other: &Self, name: &str) -> Result<(), FleetError> {
        let refuse = |problem: String, fix| Err(FleetError::Partial { name: name.to_owned(), problem, fix });
        if other.version != self.version {
            let problem =
                format!("is of version {}, and what it is merged with of {}", other.version, self.version);
            return refuse(problem, "make all partials with one version of the program");
        }
        if let Some(difference) = self.question.difference(&other.question) {
            return refuse(
                format!("answers another question: {difference}"),
                "make all partials with the same arguments",
            );
        }
        if self.fleet != other.fleet {
            return refuse("is of another fleet".to_owned(), "make all partials from one fleet");
        }
        let begins_before_end = |a: &Part, b: &Part| a.places.start < b.places.end;
        let both = |a: &Part, b: &Part| begins_before_end(a, b) && begins_before_end(b, a);
        let twice = other.parts.iter().find(|part| self.parts.iter().any(|mine| both(mine, part)));
        if let Some(Part { places, .. }) = twice {
            let problem =
                format!("the places {}..{} of the fleet are there already", places.start, places.end);
            return refuse(problem, "give each part once, and all of one division");
        }
        let together = self.content().merge(&other.content());
        if together.instances > self.fleet.instances || together.events > self.fleet.events {
            let problem = format!(
                "brings the sum to {} instances and {} events, and the fleet has {} and {}",
                together.instances, together.events, self.fleet.instances, self.fleet.events
            );
            return refuse(problem, "give parts that do not overlap");
        }
        self.parts.extend_from_slice(&other.parts);
        self.parts.sort_by_key(|part| (part.places.start, part.places.end));
        self.answer.merge(&other.answer);
        self.answer.sort();
        Ok(())
    }

    /// The answer, if it is that of the whole fleet. `name` stands for it in messages.
    ///
    /// # Errors
    /// [`FleetError::Partial`] if the parts do not add up to the fleet.
    pub fn whole(&self, name: &str) -> Result<&Answer, FleetError> {
        let found = self.content();
        let refuse = |problem: String, fix| Err(FleetError::Partial { name: name.to_owned(), problem, fix });
        if (found.instances, found.events) != (self.fleet.instances, self.fleet.events) {
            let problem = format!(
                "the parts hold {} of {} instances and {} of {} events",
                found.instances, self.fleet.instances, found.events, self.fleet.events
            );
            return refuse(problem, "add the parts that are missing");
        }
        if found != self.fleet {
            let problem = "the parts hold as much as the fleet, yet not the same instances".to_owned();
            return refuse(problem, "give each part once, and all of one division");
        }
        Ok(&self.answer)
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// [`FleetError::Partial`] when `out` refuses.
    pub fn write(&self, mut out: impl Write) -> Result<(), FleetError> {
        let refused = |problem: String| FleetError::Partial {
            name: "the partial result cannot be written".to_owned(),
            problem,
            fix: "check the disk",
        };
        serde_json::to_writer(&mut out, self).map_err(|error| refused(error.to_string()))?;
        out.write_all(b"\n").and_then(|()| out.flush()).map_err(|error| refused(error.to_string()))
    }

    /// Reads what [`write`](Self::write) wrote. `name` stands for it in messages.
    ///
    /// # Errors
    /// [`FleetError::Partial`] if it is something else, of another version, or contradicts itself.
    pub fn read(mut input: impl Read, name: &str) -> Result<Self, FleetError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        const FIX: &str = "make it again with `sims sweep FLEET --partial FILE`";
        let refuse = |problem: String| FleetError::Partial { name: name.to_owned(), problem, fix: FIX };
        let mut text = String::new();
        input.read_to_string(&mut text).map_err(|error| refuse(format!("cannot be read ({error})")))?;
        let no_partial = |error: serde_json::Error| refuse(format!("is not a partial result ({error})"));
        let Versioned { version } = serde_json::from_str(&text).map_err(no_partial)?;
        if version != PARTIAL_VERSION {
            return Err(refuse(format!(
                "is of version {version}, and this program reads version {PARTIAL_VERSION}"
            )));
        }
        let partial: Self = serde_json::from_str(&text).map_err(no_partial)?;
        let timeouts = partial.question.timeouts_ms.len();
        let beta_ms = partial.answer.best.as_ref().map(|best| best.beta_ms);
        let chosen = partial.answer.best.as_ref().map_or(timeouts, |best| best.chosen.len());
        let counted = partial.content().instances;
        let sound = partial.answer.counts.len() == timeouts
            && chosen == timeouts
            && beta_ms == partial.question.beta_ms
            && partial.answer.counts.iter().all(|counts| counts.instances == counted);
        if sound { Ok(partial) } else { Err(refuse("contradicts itself".to_owned())) }
    }
}
