//! One stream of a trace, as written in TOML.

use serde::Deserialize;

use super::run::{Run, Stop};
use super::{Cron, Hawkes, Mmpp, Periodic, Poisson, Renewal, Rhythm, Sessions, Times, Value};
use crate::Kind;

/// One stream of events.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// What to call it in messages and in overrides.
    pub name: Option<String>,
    /// What the events are.
    #[serde(deserialize_with = "kind")]
    pub kind: Kind,
    /// How long their work takes: a distribution; 0 if not given.
    #[serde(default = "super::value::zero")]
    pub work: Value,
    /// The most arrivals an instance gets from this stream; no limit if not given.
    pub limit: Option<u64>,
    /// When they arrive.
    pub arrivals: Process,
    /// What each of them may set off.
    pub spawn: Option<Spawn>,
}

/// An event that an arrival sets off: a turn that delegates to a background job, say, which then outlives it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spawn {
    /// What the event is.
    #[serde(deserialize_with = "kind")]
    pub kind: Kind,
    /// How likely an arrival sets it off, 0 to 1.
    pub probability: Value,
    /// How long after the arrival: a distribution; at once if not given.
    #[serde(default = "super::value::zero")]
    pub delay: Value,
    /// How long its work takes: a distribution; 0 if not given.
    #[serde(default = "super::value::zero")]
    pub work: Value,
}

/// When events arrive: `arrivals = { process = "NAME", … }`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "process", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Process {
    /// At a constant rate, without memory.
    Poisson(Poisson),
    /// With the hours of the day and the days of the week.
    Rhythm(Rhythm),
    /// In bursts of turns, with pauses.
    Sessions(Sessions),
    /// Each raises the rate of the next.
    Hawkes(Hawkes),
    /// In busy and quiet spells.
    Mmpp(Mmpp),
    /// At a fixed period, with jitter.
    Periodic(Periodic),
    /// By a cron expression, with jitter.
    Cron(Cron),
    /// With independent gaps from a distribution.
    Renewal(Renewal),
    /// At given times.
    Times(Times),
}

impl Process {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        match self {
            Process::Poisson(process) => process.run(run),
            Process::Rhythm(process) => process.run(run),
            Process::Sessions(process) => process.run(run),
            Process::Hawkes(process) => process.run(run),
            Process::Mmpp(process) => process.run(run),
            Process::Periodic(process) => process.run(run),
            Process::Cron(process) => process.run(run),
            Process::Renewal(process) => process.run(run),
            Process::Times(process) => process.run(run),
        }
    }
}

fn kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}
