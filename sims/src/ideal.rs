//! `--ideal`: the ideal curve (no ticks, no latencies) instead of a sweep.

use std::fmt::Write as _;

use anyhow::bail;
use clap::ValueEnum;
use dormouse_fleet::{FleetError, FleetFile, Split};
use dormouse_sim::Horizon;
use dormouse_sim::ideal::{Ideal, IdealPoint, IdealSums};

use crate::input::{Named, Source};
use crate::output;

/// The rows of the ideal curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum IdealRows {
    /// One for each timeout. A fleet is read in parts.
    Timeouts,
    /// One for each length of an idle gap, from a timeout of 0 to never (an empty timeout). Every gap is in memory.
    Gaps,
}

impl IdealRows {
    /// Can a fleet stay in its file?
    pub(crate) fn streamed(self) -> bool {
        self == Self::Timeouts
    }
}

/// Memory for the decoded part of a fleet, in bytes. More makes it no faster, but an instance that does not fit needs it.
const AT_FIRST: u64 = 48 << 20;

/// Prints the ideal curve of the only source as CSV, at these timeouts or at every corner. Between two corners the wakes
/// are constant and the idle time is linear. So the corners describe the whole curve, and the minimum of any cost is at
/// one of them.
///
/// # Errors
/// When there are several sources, the fleet cannot be read, or standard output cannot be written to.
pub(crate) fn print(
    sources: &[Source],
    rows: IdealRows,
    timeouts_ms: &[u64],
    horizon: Horizon,
) -> anyhow::Result<()> {
    let [source] = sources else {
        bail!("--ideal prints the curve of one trace, and there are {}; give one", sources.len());
    };
    let mut sums = IdealSums::new(timeouts_ms);
    match (source, rows) {
        (Source::Trace(Named { trace, .. }), IdealRows::Gaps) => {
            return output::print(&csv(Ideal::of(trace, horizon).corners()));
        }
        (Source::Trace(Named { trace, .. }), IdealRows::Timeouts) => {
            sums.add(&trace.instances, horizon.resolved(trace.end_of_work_ms()));
        }
        (Source::FleetFile { fleet, memory, .. }, _) => {
            sums = match of_fleet(fleet, AT_FIRST.min(*memory), &sums, horizon) {
                Err(FleetError::TooLarge { .. }) if *memory > AT_FIRST => {
                    of_fleet(fleet, *memory, &sums, horizon)?
                }
                found => found?,
            };
        }
    }
    output::print(&csv(sums.points()))
}

/// Adds the instances of a fleet to `none`.
fn of_fleet(
    fleet: &FleetFile,
    memory: u64,
    none: &IdealSums,
    horizon: Horizon,
) -> Result<IdealSums, FleetError> {
    let horizon = horizon.resolved(fleet.manifest().content.end_of_work_ms);
    let mut sums = none.clone();
    fleet.batches(Split::WHOLE, memory).overlapped(|instances| {
        sums.add(&instances, horizon);
        Ok::<_, FleetError>(instances)
    })?;
    Ok(sums)
}

fn csv(points: impl IntoIterator<Item = IdealPoint>) -> String {
    let mut csv = String::from("timeout_ms,idle_ms,asleep_ms,wakes\n");
    for IdealPoint { timeout_ms, idle_ms, asleep_ms, wakes } in points {
        let timeout = if timeout_ms == u64::MAX { String::new() } else { timeout_ms.to_string() };
        // Writing to a String cannot fail.
        let _ = writeln!(csv, "{timeout},{idle_ms},{asleep_ms},{wakes}");
    }
    csv
}
