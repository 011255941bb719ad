//! The predicate for a whole fleet, a column at a time.

use crate::time::Wall;

/// A fleet as columns: the `i`th element of each belongs to the `i`th instance.
///
/// A controller of a million gateways asks [`is_idle`](crate::is_idle) a million times, and then the answers cost less than
/// fetching the facts. As columns the facts are 16 bytes an instance with nothing between them, and the pass over them has
/// no branch: it runs as fast as memory delivers (`docs/performance.md`).
///
/// ```
/// use dormouse_core::{Fleet, Wall};
///
/// let fleet = Fleet {
///     in_flight: &[0, 1, 0, 0],
///     background: &[0, 0, Fleet::UNREADABLE, 0],
///     last_seen: &[Wall::ZERO, Wall::ZERO, Wall::ZERO, Wall::from_ms(90_000)],
/// };
/// let mut idle = [true; 5];
/// fleet.idle(Wall::from_ms(120_000), 120_000, &mut idle);
/// // Idle, busy, not to be seen, not yet, and unknown.
/// assert_eq!(idle, [true, false, false, false, false]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fleet<'a> {
    /// Counted work in flight; [`UNREADABLE`](Self::UNREADABLE) if it could not be read.
    pub in_flight: &'a [u32],
    /// Counted background work alive; [`UNREADABLE`](Self::UNREADABLE) if it could not be read.
    pub background: &'a [u32],
    /// The last stamped message or heartbeat.
    pub last_seen: &'a [Wall],
}

impl Fleet<'_> {
    /// Stands for the `None` of [`is_idle`](crate::is_idle) in a column of numbers: the source could not be read, so it counts
    /// as busy. As a number it would be so many items that they count as busy too.
    pub const UNREADABLE: u32 = u32::MAX;

    /// Asks [`is_idle`](crate::is_idle) of every instance: element `i` of `idle` becomes the answer for instance `i`.
    ///
    /// An instance that one of the columns is too short for cannot be seen, and what cannot be seen is busy: its element
    /// becomes `false`. What the columns hold beyond the length of `idle` is not asked for.
    pub fn idle(&self, now: Wall, timeout_ms: u64, idle: &mut [bool]) {
        let known = idle.len().min(self.in_flight.len()).min(self.background.len()).min(self.last_seen.len());
        let (asked, unseen) = idle.split_at_mut(known);
        unseen.fill(false);
        // `now.since(seen) >= timeout_ms`, turned round so that an instance costs one comparison: it was seen at the latest
        // then. Where nobody can have been seen early enough the answer is no for all.
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
