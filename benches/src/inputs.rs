//! Generated traffic for benchmarks; no files are read.

use crate::path;
use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};

use crate::SMALL;

/// Requests in [`requests`].
pub const REQUESTS: u64 = if SMALL { 20_000 } else { 1_000_000 };

/// Seven idle timeouts from half a minute to half an hour, in ms.
pub const TIMEOUTS_MS: [u64; 7] = [30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 1_800_000];

const HOUR_MS: u64 = 3_600_000;

/// [`REQUESTS`] requests in sessions, with pauses between them.
#[must_use]
pub fn requests() -> Trace {
    path::requests(REQUESTS)
}

/// Ten thousand messages (a hundred in tests) of 20 s, one every six hours: hundreds of idle ticks between two arrivals.
#[must_use]
pub fn sparse() -> Trace {
    let events: Events = (0..if SMALL { 100 } else { 10_000 })
        .map(|i| Event { at_ms: i * 6 * HOUR_MS, kind: Kind::Inbound, work_ms: 20_000 })
        .collect();
    Trace { instances: vec![Instance::new("sparse", events)], meta: Meta::default() }
}
