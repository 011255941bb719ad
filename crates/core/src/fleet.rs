//! The idle predicate for many gateways at once, column by column.

use crate::time::Wall;

/// The facts of many gateways as columns: element `i` of each belongs to instance `i`.
///
/// A controller of a million gateways asks [`is_idle`](crate::is_idle) a million times, and most of that time goes to fetching
/// the facts. As columns they take 16 bytes an instance, and the pass over them has no branch: it is as fast as memory.
///
/// ```
/// use dormouse_core::{FleetColumns, Wall};
///
/// let fleet = FleetColumns {
///     in_flight: &[0, 1, 0, 0],
///     background: &[0, 0, FleetColumns::UNREADABLE, 0],
///     last_seen: &[Wall::ZERO, Wall::ZERO, Wall::ZERO, Wall::from_ms(90_000)],
/// };
/// let mut idle = [true; 5];
/// fleet.idle(Wall::from_ms(120_000), 120_000, &mut idle);
/// // Idle; busy; not readable; seen 30 s ago; not in the columns.
/// assert_eq!(idle, [true, false, false, false, false]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FleetColumns<'a> {
    /// Counted work in flight; [`UNREADABLE`](Self::UNREADABLE) if it could not be read.
    pub in_flight: &'a [u32],
    /// Counted background work alive; [`UNREADABLE`](Self::UNREADABLE) if it could not be read.
    pub background: &'a [u32],
    /// The last stamped message or heartbeat.
    pub last_seen: &'a [Wall],
}

impl FleetColumns<'_> {
    /// The `None` of [`is_idle`](crate::is_idle) in a column of numbers: the source could not be read, which counts as busy.
    pub const UNREADABLE: u32 = u32::MAX;

    /// Asks [`is_idle`](crate::is_idle) for every instance: element `i` of `idle` becomes the answer for instance `i`.
    ///
    /// If a column is too short to have an element for an instance, that instance counts as busy. Elements of the columns
    /// beyond the length of `idle` are ignored.
    pub fn idle(&self, now: Wall, timeout_ms: u64, idle: &mut [bool]) {
        let known = idle.len().min(self.in_flight.len()).min(self.background.len()).min(self.last_seen.len());
        let (asked, unseen) = idle.split_at_mut(known);
        unseen.fill(false);
        // `now.since(seen) >= timeout_ms`, rearranged so that each instance costs one comparison with the latest time that is
        // early enough. If no time is early enough, every answer is no.
        let seen_by = match (now.as_ms().checked_sub(timeout_ms), timeout_ms) {
            (_, 0) => Wall::MAX,
            (Some(ms), _) => Wall::from_ms(ms),
            (None, _) => return asked.fill(false),
        };
        let facts = self.in_flight.iter().zip(self.background).zip(self.last_seen);
        for (idle, ((&in_flight, &background), &last_seen)) in asked.iter_mut().zip(facts) {
            *idle = (in_flight | background == 0) & (last_seen <= seen_by);
        }
    }
}
