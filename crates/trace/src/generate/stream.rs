//! One stream of a trace, written in TOML.

use serde::Deserialize;

use super::run::{Run, Stop};
use super::{Cron, Hawkes, Mmpp, Periodic, Poisson, Renewal, Rhythm, Sessions, Times, Value};
use crate::Kind;

/// One stream of events.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Its name in messages and in overrides.
    pub name: Option<String>,
    /// The kind of the events.
    #[serde(deserialize_with = "kind")]
    pub kind: Kind,
    /// Duration of their work: a distribution; 0 by default.
    #[serde(default = "super::value::zero")]
    pub work: Value,
    /// The most arrivals that an instance gets from this stream; no limit by default.
    pub limit: Option<u64>,
    /// The process that determines the arrival times.
    pub arrivals: Process,
    /// Events that each arrival may spawn.
    pub spawn: Option<Spawn>,
}

/// An event spawned by an arrival, such as a background job that a turn delegates to and that outlives it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spawn {
    /// The kind of the event.
    #[serde(deserialize_with = "kind")]
    pub kind: Kind,
    /// Probability that an arrival spawns it, 0 to 1.
    pub probability: Value,
    /// Delay after the arrival: a distribution; 0 by default.
    #[serde(default = "super::value::zero")]
    pub delay: Value,
    /// Duration of its work: a distribution; 0 by default.
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
    /// At a rate that depends on the hour of the day and the day of the week.
    Rhythm(Rhythm),
    /// In bursts of turns with pauses in between.
    Sessions(Sessions),
    /// Each arrival raises the rate of later ones.
    Hawkes(Hawkes),
    /// In alternating busy and quiet spells.
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
