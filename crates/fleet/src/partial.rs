//! Partial results: the answer of one part of a fleet, which can be stored, sent and merged.

use std::io::{Read, Write};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::on_one_line;
use crate::{Content, FleetAnswer, FleetError, FleetQuery};

/// The version of the JSON of a [`Partial`].
pub const PARTIAL_VERSION: u32 = 2;

/// The answer of one or several parts of a fleet.
///
/// Partials of disjoint parts [merge](Partial::merge) to the same value in any order and grouping.
/// [`whole`](Partial::whole) returns the answer once they add up to the content in the fleet's manifest. All values are integers
/// or text, so the JSON has the same bytes on any number of machines and threads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    /// The version: [`PARTIAL_VERSION`].
    pub version: u32,
    /// The question that is answered.
    pub question: FleetQuery,
    /// The content of the whole fleet.
    pub fleet: Content,
    /// The parts that are included, in ascending order.
    pub parts: Vec<PartOfFleet>,
    /// The answer for these parts together.
    pub answer: FleetAnswer,
}

/// One part of a fleet: its place in the fleet, and its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartOfFleet {
    /// The places of the part in the fleet, from 0, without the end. For a [`Split`](crate::Split) these are its row groups.
    /// Parts whose places overlap cannot be merged.
    pub places: Range<u64>,
    /// The content of the part.
    pub content: Content,
}

impl Partial {
    /// The answer for one part of a fleet. `fleet` is the content of the whole fleet.
    #[must_use]
    pub fn new(question: FleetQuery, fleet: Content, part: PartOfFleet, mut answer: FleetAnswer) -> Self {
        answer.sort();
        Self { version: PARTIAL_VERSION, question, fleet, parts: vec![part], answer }
    }

    /// The content of all included parts together.
    #[must_use]
    pub fn content(&self) -> Content {
        self.parts.iter().fold(Content::default(), |sum, part| sum.merge(&part.content))
    }

    /// Adds the parts of `other`. `name` is the name of `other` in messages.
    ///
    /// # Errors
    /// [`FleetError::Partial`] if `other` has another version, question or fleet, if parts overlap, or if both together hold more
    /// than the fleet. Then `self` is unchanged.
    pub fn merge(&mut self, other: &Self, name: &str) -> Result<(), FleetError> {
        let refuse = |problem: String, fix| Err(FleetError::Partial { name: name.to_owned(), problem, fix });
        if other.version != self.version {
            let problem = format!(
                "has version {}, but the other partials have version {}",
                other.version, self.version
            );
            return refuse(problem, "make all partials with the same version of the program");
        }
        if let Some(difference) = self.question.difference(&other.question) {
            return refuse(
                format!("answers another question: {difference}"),
                "make all partials with the same arguments",
            );
        }
        if self.fleet != other.fleet {
            return refuse("is from another fleet".to_owned(), "make all partials from the same fleet");
        }
        let begins_before_end = |a: &PartOfFleet, b: &PartOfFleet| a.places.start < b.places.end;
        let both = |a: &PartOfFleet, b: &PartOfFleet| begins_before_end(a, b) && begins_before_end(b, a);
        let twice = other.parts.iter().find(|part| self.parts.iter().any(|mine| both(mine, part)));
        if let Some(PartOfFleet { places, .. }) = twice {
            let problem =
                format!("the places {}..{} of the fleet are already included", places.start, places.end);
            return refuse(problem, "give each part once, and only parts of the same division");
        }
        let together = self.content().merge(&other.content());
        if together.instances > self.fleet.instances || together.events > self.fleet.events {
            let problem = format!(
                "would make {} instances and {} events, but the fleet has {} and {}",
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

    /// Returns the answer, if it is for the whole fleet. `name` is the name of this value in messages.
    ///
    /// # Errors
    /// [`FleetError::Partial`] if the parts do not add up to the whole fleet.
    pub fn whole(&self, name: &str) -> Result<&FleetAnswer, FleetError> {
        let found = self.content();
        let refuse = |problem: String, fix| Err(FleetError::Partial { name: name.to_owned(), problem, fix });
        if (found.instances, found.events) != (self.fleet.instances, self.fleet.events) {
            let problem = format!(
                "the parts hold {} of {} instances and {} of {} events",
                found.instances, self.fleet.instances, found.events, self.fleet.events
            );
            return refuse(problem, "add the missing parts");
        }
        if found != self.fleet {
            let problem =
                "the parts have as many instances and events as the fleet, but not the same ones".to_owned();
            return refuse(problem, "give each part once, and only parts of the same division");
        }
        Ok(&self.answer)
    }

    /// Writes the value as JSON.
    ///
    /// # Errors
    /// [`FleetError::Partial`] if it cannot be written to `out`.
    pub fn write(&self, mut out: impl Write) -> Result<(), FleetError> {
        let refused = |problem: String| FleetError::Partial {
            name: "the partial result cannot be written".to_owned(),
            problem,
            fix: "check the disk",
        };
        serde_json::to_writer(&mut out, self).map_err(|error| refused(error.to_string()))?;
        out.write_all(b"\n").and_then(|()| out.flush()).map_err(|error| refused(error.to_string()))
    }

    /// Reads what [`write`](Self::write) has written. `name` is the name of the input in messages.
    ///
    /// # Errors
    /// [`FleetError::Partial`] if the input cannot be read, is not a partial result, has another version, or is inconsistent.
    pub fn read(mut input: impl Read, name: &str) -> Result<Self, FleetError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        const FIX: &str = "make it again with `sims sweep FLEET --partial FILE`";
        let refuse = |problem: String| {
            let problem = on_one_line(&problem);
            FleetError::Partial { name: name.to_owned(), problem, fix: FIX }
        };
        let mut text = String::new();
        input.read_to_string(&mut text).map_err(|error| refuse(format!("cannot be read ({error})")))?;
        let no_partial = |error: serde_json::Error| refuse(format!("not a partial result ({error})"));
        let Versioned { version } = serde_json::from_str(&text).map_err(no_partial)?;
        if version != PARTIAL_VERSION {
            return Err(refuse(format!(
                "partial result version {version}, but this program reads version {PARTIAL_VERSION}"
            )));
        }
        let partial: Self = serde_json::from_str(&text).map_err(no_partial)?;
        let timeouts = partial.question.timeouts_ms.len();
        let wake_cost_ms = partial.answer.best.as_ref().map(|best| best.wake_cost_ms);
        let chosen = partial.answer.best.as_ref().map_or(timeouts, |best| best.chosen.len());
        let counted = partial.content().instances;
        let sound = partial.answer.counts.len() == timeouts
            && chosen == timeouts
            && wake_cost_ms == partial.question.wake_cost_ms
            && partial.answer.counts.iter().all(|counts| counts.instances == counted);
        if sound {
            Ok(partial)
        } else {
            Err(refuse("its counts do not match its question and parts".to_owned()))
        }
    }
}
