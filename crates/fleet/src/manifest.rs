//! What a fleet says about itself, so that whoever reads a part of it knows whether nothing is missing.

use dormouse_trace::{Instance, Meta};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Version of the file format: columns, order and manifest.
pub const VERSION: u32 = 1;

/// What some set of instances holds. Contents of disjoint sets [add up](Content::merge), in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// How many instances there are.
    pub instances: u64,
    /// How many events.
    pub events: u64,
    /// The latest end of work in ms from the trace's start; 0 without events.
    pub end_of_work_ms: u64,
    /// Which instances they are: the sum, modulo 2^64, of the XXH3 of each one's name, seeded with its number of events and its end
    /// of work. Two different sets have the same one by chance only.
    pub fingerprint: u64,
}

impl Content {
    /// What these instances hold.
    #[must_use]
    pub fn of<'a>(instances: impl IntoIterator<Item = &'a Instance>) -> Self {
        instances.into_iter().fold(Self::default(), |sum, instance| {
            let (events, end_of_work_ms) = (instance.events.len() as u64, instance.events.end_of_work_ms());
            let seed = events ^ end_of_work_ms.rotate_left(32);
            let fingerprint = xxh3_64_with_seed(instance.name.as_bytes(), seed);
            sum.merge(&Self { instances: 1, events, end_of_work_ms, fingerprint })
        })
    }

    /// Both together.
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

/// What stands in a fleet's file beside its rows, as JSON under the key [`Manifest::KEY`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`VERSION`].
    pub version: u32,
    /// What the rows hold, all together.
    pub content: Content,
    /// The wall time of `at_ms = 0`, in ms since 1970-01-01T00:00:00Z.
    pub epoch_ms: Option<i64>,
    /// The time zone that the traffic lives in.
    pub time_zone: Option<String>,
}

impl Manifest {
    /// Its key in the file's metadata.
    pub const KEY: &str = "dormouse.fleet";

    /// What is known about the clock.
    #[must_use]
    pub fn meta(&self) -> Meta {
        Meta { epoch_ms: self.epoch_ms, time_zone: self.time_zone.clone() }
    }
}
