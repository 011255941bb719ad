//! Traffic to measure with, made and never read from a disk.

use dormouse_trace::generate::{Spec, generate};
use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};

use crate::SMALL;

/// Requests in [`requests`].
pub const REQUESTS: u64 = if SMALL { 20_000 } else { 1_000_000 };

/// Seven idle timeouts from half a minute to half an hour, in ms.
pub const TIMEOUTS_MS: [u64; 7] = [30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 1_800_000];

const SEED: u64 = 1;
const HOUR_MS: u64 = 3_600_000;

/// The specification of [`requests`]: the preset `million-requests`, cut to [`REQUESTS`].
///
/// # Panics
/// If the preset is gone.
#[must_use]
pub fn requests_spec() -> Spec {
    let limit = REQUESTS.to_string();
    Spec::preset_with("million-requests", &[("stream.0.limit", &limit)]).expect("the preset has a limit")
}

/// One instance with a million inbound requests of 2 s in 14 days: 1,200 sessions with three requests a second inside, and
/// pauses of about 6 minutes between them.
///
/// # Panics
/// If the preset is gone.
#[must_use]
pub fn requests() -> Trace {
    generate(&requests_spec(), SEED).expect("the preset is sound")
}

/// A preset as it is, with the seed of all benchmarks.
///
/// # Panics
/// If there is no such preset.
#[must_use]
pub fn preset(name: &str) -> Trace {
    Spec::preset(name).and_then(|spec| generate(&spec, SEED)).expect("the preset is sound")
}

/// Ten thousand messages (in the tests a hundred) of 20 s, one in six hours: hundreds of idle ticks between two arrivals.
#[must_use]
pub fn sparse() -> Trace {
    let events: Events = (0..if SMALL { 100 } else { 10_000 })
        .map(|i| Event { at_ms: i * 6 * HOUR_MS, kind: Kind::Inbound, work_ms: 20_000 })
        .collect();
    Trace { instances: vec![Instance::new("sparse", events)], meta: Meta::default() }
}
