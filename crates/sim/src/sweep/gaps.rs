//! The gaps of one instance in which a watcher could find it idle.

use std::ops::Range;

use dormouse_core::{Settings, Wall};
use dormouse_trace::Kind;

use crate::audit::overstay_beyond_ms;
use crate::run::{Part, Stretch, Watermarks};
use crate::world::World;

/// A gap that some timeout can see, and the stretch of arrivals before it.
///
/// A gap ends at the next event of any kind, since the watcher may look between any two events. So an
/// [idle gap](dormouse_trace::IdleGap) of the trace can consist of several of these. The trace's iterator over idle gaps is not
/// used here, since it could not skip whole blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The stretch before the gap. It began after the previous gap.
    pub(crate) stretch: Stretch,
    /// The longest timeout at which the watcher could find the gateway idle in this gap, or the auditor that it has been awake
    /// for too long, in ms; [`ALL`](Self::ALL) for a gap that ends with an event that must be played at every timeout.
    pub(crate) reach_ms: u64,
}

impl Gap {
    /// The reach of a gap that every timeout sees.
    pub(crate) const ALL: u64 = u64::MAX;
}

/// The gaps of one instance that timeouts from a shortest one on can see. One pass finds them for any number of timeouts.
#[derive(Debug)]
pub(crate) struct Gaps {
    /// The gaps in order of time. The last one is the silence after the last event.
    pub(crate) all: Vec<Gap>,
    /// From this event on there are only messages, and events that neither wake the machine nor can be missed.
    pub(crate) only_messages_from: usize,
    /// The number of [user-visible](Kind::is_user_visible) events.
    pub(crate) users: u64,
}

impl Gaps {
    /// The gaps of `part` that timeouts from `shortest_ms` on can see.
    ///
    /// Between two arrivals the activity does not change. So if a gateway served each arrival as it came, the longest timeout
    /// at which it is [idle](Settings::idle_from) in the gap is the longest at which it is idle at the later arrival. The
    /// moment of that arrival is included: a look comes after an arrival of the same millisecond, but not every arrival is
    /// activity.
    ///
    /// A watcher that stays up after a message for a long time may overstay in a gap in which it never finds the gateway idle.
    pub(crate) fn of(part: &Part<'_>, settings: &Settings, world: &World, shortest_ms: u64) -> Self {
        let range = part.range();
        let watermarks = Watermarks { seen_ms: part.span().start_ms, ..Watermarks::default() };
        let mut scan = Scan {
            part,
            settings,
            world,
            shortest_ms,
            overstay_beyond_ms: overstay_beyond_ms(settings, world),
            before: Stretch { to: range.start, watermarks, users: 0 },
            found: Self { all: Vec::new(), only_messages_from: range.start, users: 0 },
        };
        for start in range.clone().step_by(BLOCK) {
            let block = start..range.end.min(start + BLOCK);
            if !scan.nobody_sees_a_gap_in(&block) {
                scan.catch_up(start);
                block.for_each(|i| scan.event(i));
            }
        }
        scan.catch_up(range.end);
        scan.found.all.push(Gap { stretch: scan.before, reach_ms: Gap::ALL });
        Self { users: scan.before.users, ..scan.found }
    }
}

/// Events per block. Longer blocks are skipped faster, but fewer of them can be skipped.
const BLOCK: usize = 64;

/// The pass that finds the gaps.
struct Scan<'a> {
    part: &'a Part<'a>,
    settings: &'a Settings,
    world: &'a World,
    shortest_ms: u64,
    overstay_beyond_ms: u64,
    /// The stretch up to some event. Between that event and the current position there are only messages, and no gap.
    before: Stretch,
    found: Gaps,
}

impl Scan<'_> {
    /// Is this a dense block of messages, preceded by a message?
    ///
    /// Each message restarts the idle clock. So if the whole block is shorter than the shortest timeout, no timeout finds the
    /// gateway idle in it. The check needs only the kinds and two of the times.
    fn nobody_sees_a_gap_in(&self, block: &Range<usize>) -> bool {
        let events = self.part.events();
        let Some(previous) = block.start.checked_sub(1).filter(|&i| i >= self.part.range().start) else {
            return false;
        };
        let (at_ms, kinds) = (events.at_ms(), &events.kinds()[previous..block.end]);
        at_ms[block.end - 1] - at_ms[previous] < self.shortest_ms
            // Not `all`: without its early exit the compiler compares sixteen kinds per instruction.
            && kinds.iter().fold(true, |all, &kind| all & (kind == Kind::Inbound))
    }

    /// Adds the skipped messages before `to`. If a message came earlier than the last one by more than the longest work takes,
    /// its work has ended before the last message, and that end no longer matters.
    fn catch_up(&mut self, to: usize) {
        let from = std::mem::replace(&mut self.before.to, to);
        if from == to {
            return;
        }
        let events = self.part.events();
        let ended_ms = events.at_ms()[to - 1].saturating_sub(events.longest_work_ms());
        let still_matters = from + events.at_ms()[from..to].partition_point(|&at| at < ended_ms);
        for i in still_matters..to {
            self.before.watermarks.add(events.get(i), self.world);
        }
        self.before.users += (to - from) as u64;
    }

    /// Adds one event of any kind, and the gap before it.
    fn event(&mut self, i: usize) {
        let event = self.part.events().get(i);
        let before = &mut self.before;
        let reach_ms = if Watermarks::is_all_of(event.kind) {
            let reach = reach_ms(&before.watermarks, event.at_ms, self.settings);
            let overstays = if self.settings.stay_ms > self.overstay_beyond_ms {
                let Watermarks { until_ms, active_ms, .. } = before.watermarks;
                let idle_from_ms = until_ms.into_iter().fold(active_ms, u64::max);
                event.at_ms.checked_sub(idle_from_ms.saturating_add(self.overstay_beyond_ms))
            } else {
                None
            };
            reach.max(overstays).filter(|&reach| reach >= self.shortest_ms)
        } else {
            Some(Gap::ALL)
        };
        if let Some(reach_ms) = reach_ms {
            self.found.all.push(Gap { stretch: *before, reach_ms });
        }
        before.watermarks.add(event, self.world);
        before.users += u64::from(event.kind.is_user_visible());
        before.to = i + 1;
        if !matches!(event.kind, Kind::Inbound | Kind::Background | Kind::Internal) {
            self.found.only_messages_from = i + 1;
        }
    }
}

/// The longest timeout at which a gateway with these `watermarks` is idle at `at` or before; `None` if it still works then.
#[inline]
fn reach_ms(watermarks: &Watermarks, at: u64, settings: &Settings) -> Option<u64> {
    settings.idle_from(&watermarks.activity()).longest_timeout_ms(Wall::from_ms(at))
}

#[cfg(test)]
mod tests {
    use dormouse_core::Design;
    use dormouse_trace::{Event, Instance};
    use proptest::prelude::*;

    use super::*;
    use crate::run::Span;

    fn reaches(design: Design, events: &[(u64, Kind, u64)]) -> Vec<(usize, u64)> {
        let events = events.iter().map(|&(at_ms, kind, work_ms)| Event { at_ms, kind, work_ms }).collect();
        let instance = Instance::new("x", events);
        let part = Part::new(&instance, Span { start_ms: 0, end_ms: 1000 });
        // By default a message keeps the gateway up for longer than these gaps last.
        let settings = design.settings().with_stay_ms(0);
        let gaps = Gaps::of(&part, &settings, &World::default(), 10);
        gaps.all.iter().map(|gap| (gap.stretch.to, gap.reach_ms)).collect()
    }

    #[test]
    fn a_gap_reaches_from_the_last_message_or_from_the_end_of_work() {
        // Twenty ms of work, an answer after fifty.
        let events = [(0, Kind::Inbound, 20), (50, Kind::Inbound, 0), (55, Kind::Inbound, 0)];
        assert_eq!(reaches(Design::Current, &events), [(1, 50), (3, Gap::ALL)]);
        assert_eq!(reaches(Design::Dormouse, &events), [(1, 30), (3, Gap::ALL)]);
    }

    #[test]
    fn work_that_goes_on_hides_a_gap_and_work_that_is_not_counted_does_not() {
        let events =
            [(0, Kind::Cron, 50), (50, Kind::Probe, 0), (70, Kind::Background, 100), (100, Kind::Probe, 0)];
        assert_eq!(reaches(Design::Current, &events), [(1, 50), (2, 70), (4, Gap::ALL)]);
        assert_eq!(reaches(Design::Phase0, &events), [(1, 50), (2, 70), (4, Gap::ALL)]);
        assert_eq!(reaches(Design::Current, &[(0, Kind::Cron, 90), (80, Kind::Probe, 0)]), [(2, Gap::ALL)]);
        assert_eq!(
            reaches(Design::Phase0, &[(0, Kind::Cron, 90), (80, Kind::Probe, 0)]),
            [(1, 80), (2, Gap::ALL)]
        );
    }

    #[test]
    fn every_timeout_sees_the_gaps_around_an_event_that_must_be_played() {
        let events = [(0, Kind::Inbound, 0), (1, Kind::Client, 5), (2, Kind::Inbound, 0)];
        assert_eq!(reaches(Design::Current, &events), [(1, Gap::ALL), (3, Gap::ALL)]);
    }

    /// The gap before an arrival, its work, and the index of its kind in [`Kind::ALL`].
    fn some_arrival() -> impl Strategy<Value = (u64, u64, u8)> {
        let gap_ms = prop_oneof![9 => 0..40_u64, 1 => 0..4_000_u64];
        (gap_ms, prop_oneof![60 => 0..100_u64, 1 => 0..3_000_u64], 0..200_u8)
    }

    proptest! {
        #[test]
        fn skipped_blocks_hide_no_gap(
            arrivals in proptest::collection::vec(some_arrival(), 0..400), shortest_ms in 1..4_000_u64
        ) {
            let mut at_ms = 0;
            let events = arrivals.into_iter().map(|(gap, work_ms, kind)| {
                at_ms += gap;
                // Nearly all are messages, since otherwise no block would be skipped.
                let kind = Kind::ALL.get(usize::from(kind)).copied().unwrap_or(Kind::Inbound);
                Event { at_ms, kind, work_ms }
            });
            let (instance, world) = (Instance::new("x", events.collect()), World::default());
            let part = Part::new(&instance, Span { start_ms: 0, end_ms: 1_000_000 });
            let settings = Design::Dormouse.settings().with_stay_ms(shortest_ms / 2);
            let found = Gaps::of(&part, &settings, &world, shortest_ms);
            let mut scan = Scan {
                part: &part,
                settings: &settings,
                world: &world,
                shortest_ms,
                overstay_beyond_ms: overstay_beyond_ms(&settings, &world),
                before: Stretch { to: 0, watermarks: Watermarks::default(), users: 0 },
                found: Gaps { all: Vec::new(), only_messages_from: 0, users: 0 },
            };
            part.range().for_each(|i| scan.event(i));
            scan.found.all.push(Gap { stretch: scan.before, reach_ms: Gap::ALL });
            prop_assert_eq!(found.only_messages_from, scan.found.only_messages_from);
            prop_assert_eq!(found.users, scan.before.users);
            prop_assert_eq!(found.all, scan.found.all);
        }
    }
}
