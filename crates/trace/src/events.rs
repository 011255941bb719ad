//! One instance's events in compact columns.

use std::collections::TryReserveError;

use crate::Kind;

/// The latest time and the longest work that a trace may hold, in ms: 2^50, some 35,700 years.
///
/// Sums of a few of these fit into 64 bits, so code that uses traces need not check for overflow.
pub const MAX_MS: u64 = 1 << 50;

/// One event of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    /// When it arrives, in ms from the trace's start.
    pub at_ms: u64,
    /// The kind of event.
    pub kind: Kind,
    /// How long its work takes (or, for a client, how long it stays attached), in ms.
    pub work_ms: u64,
}

impl Event {
    /// When its work would end if it started on arrival: `at_ms + work_ms` for work and clients, `at_ms` for point events.
    pub const fn end_ms(self) -> u64 {
        if self.kind.occupies() { self.at_ms.saturating_add(self.work_ms) } else { self.at_ms }
    }
}

/// Events in order of time, stored as three columns: [`Events::BYTES_PER_EVENT`] bytes per event.
///
/// The order is an invariant: `at_ms` never decreases, and events of the same millisecond stay in insertion order.
///
/// ```
/// use dormouse_trace::{Event, Events, Kind};
///
/// let mut events = Events::new();
/// events.push(Event { at_ms: 60_000, kind: Kind::Inbound, work_ms: 2_000 });
/// events.push(Event { at_ms: 1_000, kind: Kind::Cron, work_ms: 90_000 }); // late, and put where it belongs
/// assert_eq!(events.at_ms(), [1_000, 60_000]);
/// assert_eq!(events.end_of_work_ms(), 91_000);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events {
    at: Vec<u64>,
    work: Vec<u64>,
    kind: Vec<Kind>,
    /// Updated with each event, so that reading it needs no pass over the events.
    longest_work: u64,
    latest_end: u64,
}

impl Events {
    /// Memory per event, without spare capacity: 8 bytes for the time, 8 for the work, 1 for the kind.
    pub const BYTES_PER_EVENT: usize = 2 * size_of::<u64>() + size_of::<Kind>();

    /// No events.
    pub const fn new() -> Events {
        Events { at: Vec::new(), work: Vec::new(), kind: Vec::new(), longest_work: 0, latest_end: 0 }
    }

    /// No events, with capacity for `events` of them.
    pub fn with_capacity(events: usize) -> Events {
        Events {
            at: Vec::with_capacity(events),
            work: Vec::with_capacity(events),
            kind: Vec::with_capacity(events),
            ..Events::new()
        }
    }

    /// Events from existing columns; `None` if the columns differ in length, are out of order or exceed [`MAX_MS`].
    ///
    /// Takes ownership of the columns without copying.
    pub fn from_columns(at_ms: Vec<u64>, kinds: Vec<Kind>, work_ms: Vec<u64>) -> Option<Events> {
        Events::try_from_columns(at_ms, kinds, work_ms).ok()
    }

    /// Events from existing columns, like [`Events::from_columns`].
    ///
    /// # Errors
    /// The columns themselves, if they are no events.
    #[expect(clippy::type_complexity, reason = "the three columns, as they came")]
    pub fn try_from_columns(
        at_ms: Vec<u64>,
        kinds: Vec<Kind>,
        work_ms: Vec<u64>,
    ) -> Result<Events, (Vec<u64>, Vec<Kind>, Vec<u64>)> {
        let same_length = at_ms.len() == kinds.len() && at_ms.len() == work_ms.len();
        match same_length.then(|| Summary::of(&at_ms, &kinds, &work_ms)).flatten() {
            Some(Summary { longest_work, latest_end }) => {
                Ok(Events { at: at_ms, work: work_ms, kind: kinds, longest_work, latest_end })
            }
            None => Err((at_ms, kinds, work_ms)),
        }
    }

    /// The columns: the times, the kinds and the work. Their memory can be used again.
    pub fn into_columns(self) -> (Vec<u64>, Vec<Kind>, Vec<u64>) {
        (self.at, self.kind, self.work)
    }

    /// Inserts an event after all events that are not later. This is constant time if events arrive in order; an
    /// out-of-order event moves all later ones (to sort many at once, collect an iterator).
    pub fn push(&mut self, event: Event) {
        let place = match self.at.last() {
            Some(&last) if last > event.at_ms => self.at.partition_point(|&at| at <= event.at_ms),
            _ => return self.push_unsorted(event),
        };
        self.at.insert(place, event.at_ms);
        self.work.insert(place, event.work_ms);
        self.kind.insert(place, event.kind);
        self.keep_up(event);
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// The event at `index`.
    ///
    /// # Panics
    /// When `index >= len()`, as slices do.
    pub fn get(&self, index: usize) -> Event {
        Event { at_ms: self.at[index], kind: self.kind[index], work_ms: self.work[index] }
    }

    /// All events, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Event> + DoubleEndedIterator + Clone + '_ {
        (0..self.len()).map(|index| self.get(index))
    }

    /// The arrival times, in order.
    pub fn at_ms(&self) -> &[u64] {
        &self.at
    }

    /// The work of each event in ms, parallel to [`Events::at_ms`].
    pub fn work_ms(&self) -> &[u64] {
        &self.work
    }

    /// The kind of each event, parallel to [`Events::at_ms`].
    pub fn kinds(&self) -> &[Kind] {
        &self.kind
    }

    /// When the first event arrives; `None` without events.
    pub fn first_at_ms(&self) -> Option<u64> {
        self.at.first().copied()
    }

    /// The latest [end](Event::end_ms) of any event; 0 without events. Constant time.
    pub fn end_of_work_ms(&self) -> u64 {
        self.latest_end
    }

    /// The longest work of any event of any kind; 0 without events. Constant time.
    ///
    /// An event that arrived this long ago or earlier has ended. So a search for unfinished work need not look
    /// further back than this.
    pub fn longest_work_ms(&self) -> u64 {
        self.longest_work
    }

    /// Capacity in events. The columns grow together.
    pub(crate) fn capacity(&self) -> usize {
        self.at.capacity().min(self.work.capacity()).min(self.kind.capacity())
    }

    /// Sets the capacity of each column to exactly this many events; fails if there is no memory.
    pub(crate) fn grow_to(&mut self, capacity: usize) -> Result<(), TryReserveError> {
        let more = capacity.saturating_sub(self.len());
        self.at.try_reserve_exact(more)?;
        self.work.try_reserve_exact(more)?;
        self.kind.try_reserve_exact(more)
    }

    /// Appends an event without regard to its time. The caller must call [`Events::sort`] afterwards.
    #[inline]
    pub(crate) fn push_unsorted(&mut self, event: Event) {
        self.at.push(event.at_ms);
        self.work.push(event.work_ms);
        self.kind.push(event.kind);
        self.keep_up(event);
    }

    fn keep_up(&mut self, event: Event) {
        self.longest_work = self.longest_work.max(event.work_ms);
        self.latest_end = self.latest_end.max(event.end_ms());
    }

    /// Restores the order, stably. Scratch memory is 4 bytes per event (8 beyond 2^32 events).
    ///
    /// The permutation is sorted in place with the index as the tie-breaker, which makes an unstable sort stable,
    /// and is then applied cycle by cycle to the three columns.
    pub(crate) fn sort(&mut self) {
        if u32::try_from(self.len()).is_ok() {
            self.sort_by_index(|place| place as u32, |index| index as usize);
        } else {
            self.sort_by_index(|place| place, |index| index);
        }
    }

    /// Scratch memory of [`Events::sort`] for this many events, in bytes.
    pub(crate) fn sort_bytes(events: usize) -> u64 {
        let index = if u32::try_from(events).is_ok() { size_of::<u32>() } else { size_of::<usize>() };
        events as u64 * index as u64
    }

    fn sort_by_index<I: Copy + Ord>(&mut self, index_of: fn(usize) -> I, place_of: fn(I) -> usize) {
        let mut from: Vec<I> = (0..self.len()).map(index_of).collect();
        from.sort_unstable_by_key(|&index| (self.at[place_of(index)], index));
        for start in 0..from.len() {
            let first = self.get(start);
            let mut place = start;
            // Follow the cycle through `start`; a finished index points at itself.
            loop {
                let source = place_of(from[place]);
                from[place] = index_of(place);
                if source == start {
                    self.set(place, first);
                    break;
                }
                self.set(place, self.get(source));
                place = source;
            }
        }
    }

    fn set(&mut self, index: usize, event: Event) {
        self.at[index] = event.at_ms;
        self.work[index] = event.work_ms;
        self.kind[index] = event.kind;
    }
}

/// What [`Events`] keeps of its columns.
struct Summary {
    longest_work: u64,
    latest_end: u64,
}

impl Summary {
    /// One pass over columns of the same length; `None` if they are out of order or exceed [`MAX_MS`].
    ///
    /// A block stays in the first cache while each question is asked of it in a loop without branches.
    fn of(at_ms: &[u64], kinds: &[Kind], work_ms: &[u64]) -> Option<Summary> {
        const BLOCK: usize = 1024;
        let mut sum = Summary { longest_work: 0, latest_end: 0 };
        let mut before = 0;
        let blocks = at_ms.chunks(BLOCK).zip(kinds.chunks(BLOCK)).zip(work_ms.chunks(BLOCK));
        for ((at_ms, kinds), work_ms) in blocks {
            let later = at_ms.iter().zip(&at_ms[1..]).fold(true, |all, (a, b)| all & (a <= b));
            let longest = work_ms.iter().copied().fold(0, u64::max);
            let last = at_ms[at_ms.len() - 1];
            if !later || before > at_ms[0] || last > MAX_MS || longest > MAX_MS {
                return None;
            }
            before = last;
            sum.longest_work = sum.longest_work.max(longest);
            // None ends later than this.
            if last + longest <= sum.latest_end {
                continue;
            }
            let events = at_ms.iter().zip(kinds).zip(work_ms);
            let all_occupy = kinds.iter().fold(true, |all, kind| all & kind.occupies());
            sum.latest_end = if all_occupy {
                events.fold(sum.latest_end, |latest, ((&at, _), &work)| latest.max(at + work))
            } else {
                events.fold(sum.latest_end, |latest, ((&at_ms, &kind), &work_ms)| {
                    latest.max(Event { at_ms, kind, work_ms }.end_ms())
                })
            };
        }
        Some(sum)
    }
}

impl FromIterator<Event> for Events {
    /// Collects and sorts once, stably.
    fn from_iter<T: IntoIterator<Item = Event>>(events: T) -> Events {
        let mut all = Events::new();
        all.extend(events);
        all
    }
}

impl Extend<Event> for Events {
    /// Adds all events and sorts once, stably: new events come after the existing ones of the same millisecond.
    fn extend<T: IntoIterator<Item = Event>>(&mut self, events: T) {
        for event in events {
            self.push_unsorted(event);
        }
        if !self.at.is_sorted() {
            self.sort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(at_ms: u64, work_ms: u64) -> Event {
        Event { at_ms, kind: Kind::ALL[work_ms as usize % 8], work_ms }
    }

    proptest! {
        #[test]
        fn pushing_and_collecting_both_sort_stably(times in prop::collection::vec(0u64..20, 0..60)) {
            // The work is the ordinal, so that an unstable sort shows.
            let events: Vec<Event> = times.iter().enumerate().map(|(n, &at)| event(at, n as u64)).collect();
            let mut expected = events.clone();
            expected.sort_by_key(|event| event.at_ms);
            let mut pushed = Events::new();
            events.iter().for_each(|&event| pushed.push(event));
            prop_assert_eq!(pushed.iter().collect::<Vec<_>>(), expected);
            let collected: Events = events.iter().copied().collect();
            prop_assert_eq!(&collected, &pushed);
            prop_assert_eq!(collected.longest_work_ms(), events.iter().map(|e| e.work_ms).max().unwrap_or(0));
            prop_assert_eq!(collected.end_of_work_ms(), events.iter().map(|e| e.end_ms()).max().unwrap_or(0));
        }
    }

    #[test]
    fn columns_that_are_no_events_are_refused() {
        let of =
            |at: &[u64], work: &[u64]| Events::from_columns(at.to_vec(), vec![Kind::Api; 2], work.to_vec());
        let sound = of(&[3, 3], &[0, MAX_MS]).unwrap();
        assert_eq!(sound.get(1), Event { at_ms: 3, kind: Kind::Api, work_ms: MAX_MS });
        assert_eq!((sound.longest_work_ms(), sound.end_of_work_ms()), (MAX_MS, MAX_MS + 3));
        assert_eq!(of(&[3, 2], &[0, 0]), None);
        assert_eq!(of(&[3, MAX_MS + 1], &[0, 0]), None);
        assert_eq!(of(&[3, 3], &[MAX_MS + 1, 0]), None);
        assert_eq!(of(&[3], &[0, 0]), None);
        assert_eq!(of(&[3, 3], &[0]), None);
    }

    proptest! {
        #[test]
        fn a_summary_of_blocks_is_that_of_all_events(
            mut times in prop::collection::vec(0..5_000_u64, 1..4_000), work in 0..900_u64
        ) {
            times.sort_unstable();
            let events: Vec<Event> = times.iter().map(|&at| event(at, (at * 7919 + work) % 900)).collect();
            let columns = |events: &[Event]| {
                let column = |of: fn(&Event) -> u64| events.iter().map(of).collect::<Vec<_>>();
                let kinds = events.iter().map(|event| event.kind).collect();
                (column(|event| event.at_ms), kinds, column(|event| event.work_ms))
            };
            let (at_ms, kinds, work_ms) = columns(&events);
            let made = Events::from_columns(at_ms, kinds, work_ms).unwrap();
            prop_assert_eq!(made.longest_work_ms(), events.iter().map(|e| e.work_ms).max().unwrap());
            prop_assert_eq!(made.end_of_work_ms(), events.iter().map(|e| e.end_ms()).max().unwrap());
            prop_assert_eq!(Events::into_columns(made), columns(&events));
        }
    }

    #[test]
    fn one_event_out_of_order_is_found_wherever_it_is_and_the_columns_come_back() {
        // Columns are checked in blocks of 1,024 events.
        for late in [0, 1, 1022, 1023, 1024, 2047, 2998] {
            let mut at_ms: Vec<u64> = (0..3_000).collect();
            at_ms[late] += 2;
            let (kinds, work_ms) = (vec![Kind::Cron; 3_000], vec![7; 3_000]);
            let refused = Events::try_from_columns(at_ms.clone(), kinds.clone(), work_ms.clone());
            assert_eq!(refused, Err((at_ms, kinds, work_ms)), "{late}");
        }
    }

    #[test]
    fn points_in_time_end_when_they_arrive() {
        let events: Events = [
            Event { at_ms: 10, kind: Kind::Client, work_ms: 5 },
            Event { at_ms: 12, kind: Kind::Probe, work_ms: 500 },
            Event { at_ms: 13, kind: Kind::Internal, work_ms: 500 },
        ]
        .into_iter()
        .collect();
        assert_eq!(events.end_of_work_ms(), 15);
        assert_eq!(Events::new().end_of_work_ms(), 0);
    }

    #[test]
    fn an_event_takes_seventeen_bytes() {
        assert_eq!(Events::BYTES_PER_EVENT, 17);
    }
}
