//! The manifest of a fleet, with which a reader checks that nothing is missing.

use dormouse_trace::{Instance, Meta};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The version of the file format: columns, order and manifest.
pub const VERSION: u32 = 1;

/// A summary of a set of instances. The contents of disjoint sets [add up](Content::merge), in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The number of instances.
    pub instances: u64,
    /// The number of events.
    pub events: u64,
    /// The latest end of work in ms from the trace's start; 0 without events.
    pub end_of_work_ms: u64,
    /// A fingerprint of the set: the sum, modulo 2^64, of the XXH3 of each instance's name, seeded with its number of events and
    /// its end of work. Different sets have the same fingerprint only by chance.
    pub fingerprint: u64,
}

impl Content {
    /// The content of these instances.
    #[must_use]
    pub fn of<'a>(instances: impl IntoIterator<Item = &'a Instance>) -> Self {
        instances.into_iter().fold(Self::default(), |sum, instance| {
            let (events, end_of_work_ms) = (instance.events.len() as u64, instance.events.end_of_work_ms());
            let seed = events ^ end_of_work_ms.rotate_left(32);
            let fingerprint = xxh3_64_with_seed(instance.name.as_bytes(), seed);
            sum.merge(&Self { instances: 1, events, end_of_work_ms, fingerprint })
        })
    }

    /// The content of both sets together.
    #[must_use]
    pub fn merge(self, other: &Self) -> Self {
        Self {
            instances: self.instances.saturating_add(other.instances),
            events: self.events.saturating_add(other.events),
            end_of_work_ms: self.end_of_work_ms.max(other.end_of_work_ms),
            fingerprint: self.fingerprint.wrapping_add(other.fingerprint),
        }
    }
}

/// The metadata of a fleet's file: JSON under the key [`Manifest::KEY`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format version: [`VERSION`].
    pub version: u32,
    /// The content of all rows.
    pub content: Content,
    /// The wall time of `at_ms = 0`, in ms since 1970-01-01T00:00:00Z.
    pub epoch_ms: Option<i64>,
    /// The time zone of the traffic.
    pub time_zone: Option<String>,
}

impl Manifest {
    /// The key of the manifest in the metadata of the file.
    pub const KEY: &str = "dormouse.fleet";

    /// The epoch and the time zone.
    #[must_use]
    pub fn meta(&self) -> Meta {
        Meta { epoch_ms: self.epoch_ms, time_zone: self.time_zone.clone() }
    }
}
