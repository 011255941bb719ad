//! What a clairvoyant could have slept.
//!
//! The clairvoyant knows the future but has the same machine: it freezes no work and no attached client, is woken by the same
//! arrivals, and pays the same freeze lag and resume. It begins each quiesce early enough for the freeze to land the moment
//! the work ends. Its sleep is an upper bound for every watcher that loses nothing:
//!
//! 1. Work starts on arrival or later. So the work before an idle gap of the *undelayed* trace ends at the gap's `end` (of
//!    work) or later, and a sleep in the gap lies within `[end, wake]`, where `wake` is the next arrival that wakes (plus
//!    the poke, for a message).
//! 2. From one wake to the next freeze there is at least a resume, and then a freeze lag or the work that woke the
//!    machine, whichever takes longer.
//!
//! It remains to choose the gaps to sleep in, since a sleep in a short gap can delay the next freeze into the next gap. The
//! best choice is found gap by gap. Let `V(j)` be the most that can have been slept if gap `j` is the last one slept in, and
//! `R(j)` the earliest next freeze after it. Then `V(k) = wake(k) + max over j<k of V(j) - max(end(k), R(j))`. Among the `j`
//! that are `free` (`R(j) <= end(k)`) only `V` matters, among the others only `V - R`. Two heaps find both maxima, in
//! O(gaps log gaps).
//!
//! Deferred work (background, and cron without HTTP) keeps the machine awake if it comes while other work does. Deferred work
//! that comes in a gap costs nothing here: it can wait for the next wake, and its cost then depends on how long other work
//! takes, which is left out. So the bound is loose where there is much of it. While a direct channel is connected, the
//! machine may not sleep.
//!
//! The gaps are those of [`Events::idle_gaps_within`] with the rule [`GapEnd::NoLoss`], but found by a separate loop. It takes
//! less than half the time on blocks of messages, and it also finds gaps of length zero, which a poke prolongs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use dormouse_trace::{Events, GapEnd, Kind};

use crate::choice::Messages;
use crate::run::Span;
use crate::world::World;

/// The longest time that a clairvoyant can sleep within `span`, given `events`, in ms; 0 without a wake URL.
#[must_use]
pub fn oracle_suspended_ms(events: &Events, span: Span, world: &World) -> u64 {
    if !world.wake_url {
        return 0;
    }
    let ends = GapEnd::NoLoss { cron_wakes: world.cron_wakes };
    let mut best = Best::new(world, span.end_ms);
    let (at_ms, kinds, work_ms) = (events.at_ms(), events.kinds(), events.work_ms());
    // The end of all work so far, if none of it was delayed.
    let mut end = span.start_ms;
    let mut next = at_ms.partition_point(|&at| at < span.start_ms);
    let last = at_ms.partition_point(|&at| at <= span.end_ms).max(next);
    while next < last {
        let block = next..last.min(next + BLOCK);
        next = block.end;
        // Without an early exit the compiler compares sixteen kinds per instruction.
        if kinds[block.clone()].iter().fold(true, |all, &kind| all & (kind == Kind::Inbound)) {
            for (&at, &work_ms) in at_ms[block.clone()].iter().zip(&work_ms[block]) {
                if at >= end {
                    best.gap(end, at + best.poke_ms, work_ms);
                }
                end = end.max(at + work_ms);
            }
            continue;
        }
        for i in block {
            let (at, kind) = (at_ms[i], kinds[i]);
            let work_ms = match kind {
                // No sleep while a direct channel is connected.
                Kind::Direct => work_ms[i].max(world.direct_leaves_ms),
                kind if kind.occupies() => work_ms[i],
                _ => 0,
            };
            if at < end {
                end = end.max(at + work_ms);
            } else if ends.ends(kind) {
                let wake = if kind == Kind::Inbound { at + best.poke_ms } else { at };
                best.gap(end, wake, work_ms);
                end = at + work_ms;
            }
            if kind == Kind::Direct && world.direct_leaves_ms == 0 {
                return best.slept;
            }
        }
    }
    best.gap(end, span.end_ms, 0);
    best.slept
}

/// Events per block. If a block holds only messages, as most do, each event takes only a comparison and a maximum.
const BLOCK: usize = 64;

/// The best choice of gaps so far.
struct Best {
    horizon: u64,
    poke_ms: u64,
    resume_ms: u64,
    freeze_lag_ms: u64,
    /// The most slept so far.
    slept: u64,
    /// The greatest `V` of the gaps that are free.
    free: u64,
    /// Gaps that are not yet free, as `(R, V)`, least `R` first.
    by_ready: BinaryHeap<Reverse<(u64, u64)>>,
    /// Gaps that are not yet free, as `(V - R, R)`, greatest `V - R` first.
    by_value: BinaryHeap<(i64, u64)>,
}

impl Best {
    fn new(world: &World, horizon: u64) -> Self {
        Self {
            horizon,
            poke_ms: match world.messages {
                Messages::Relay => world.poke_ms.longest_ms(),
                Messages::Http => 0,
            },
            resume_ms: world.resume_ms.shortest_ms().min(world.cold_start_ms.shortest_ms()),
            freeze_lag_ms: world.freeze_lag_ms.shortest_ms(),
            slept: 0,
            free: 0,
            by_ready: BinaryHeap::new(),
            by_value: BinaryHeap::new(),
        }
    }

    /// Adds a gap from `end` to `wake`. The arrival that ends it brings `work_ms` of work.
    fn gap(&mut self, end: u64, wake: u64, work_ms: u64) {
        let (end, wake) = (end.min(self.horizon), wake.min(self.horizon));
        while let Some(&Reverse((ready, slept))) = self.by_ready.peek()
            && ready <= end
        {
            self.free = self.free.max(slept);
            self.by_ready.pop();
        }
        while self.by_value.peek().is_some_and(|&(_, ready)| ready <= end) {
            self.by_value.pop();
        }
        let mut slept = self.free + (wake - end);
        if let Some(&(value, _)) = self.by_value.peek() {
            slept = slept.max(u64::try_from(value + wake as i64).unwrap_or(0));
        }
        self.slept = self.slept.max(slept);
        let ready = wake + self.resume_ms + self.freeze_lag_ms.max(work_ms);
        self.by_ready.push(Reverse((ready, slept)));
        self.by_value.push((slept as i64 - ready as i64, ready));
    }
}

#[cfg(test)]
mod tests {
    use dormouse_trace::{Event, IdleGap};
    use proptest::prelude::*;

    use super::*;
    use crate::draw::Latency;

    /// Resume 400, freeze lag 2600, poke 0: a wake costs 3 s.
    fn world() -> World {
        World {
            resume_ms: Latency::Fixed(400),
            freeze_lag_ms: Latency::Fixed(2600),
            poke_ms: Latency::Fixed(0),
            ..World::default()
        }
    }

    fn slept(events: &[(u64, Kind, u64)], end_ms: u64, world: &World) -> u64 {
        let events: Events =
            events.iter().map(|&(at_ms, kind, work_ms)| Event { at_ms, kind, work_ms }).collect();
        oracle_suspended_ms(&events, Span { start_ms: 0, end_ms }, world)
    }

    #[test]
    fn sleeps_from_the_end_of_work_to_the_next_arrival() {
        let events = [(10_000, Kind::Inbound, 5_000), (60_000, Kind::Inbound, 1_000)];
        // 0..10 s, 15.4..60 s (the first message was handled a resume later), 63..100 s (a wake costs 3 s).
        assert_eq!(slept(&events, 100_000, &world()), 10_000 + 44_600 + 37_000);
    }

    #[test]
    fn a_poke_prolongs_a_sleep_that_a_message_ends_and_no_other() {
        let world = World { poke_ms: Latency::Fixed(50), ..world() };
        assert_eq!(slept(&[(10_000, Kind::Inbound, 90_000)], 100_000, &world), 10_050);
        assert_eq!(slept(&[(10_000, Kind::Cron, 90_000)], 100_000, &world), 10_000);
    }

    proptest! {
        #[test]
        fn where_a_wake_costs_nothing_it_sleeps_in_every_gap_that_the_iterator_finds(
            rows in prop::collection::vec((0..9_000_u64, 0..7_usize, 0..4_000_u64), 0..150),
            messages in any::<bool>(), cron_wakes in any::<bool>(), start_ms in 0..20_000_u64, length in 0..400_000_u64
        ) {
            let kinds = [Kind::Inbound, Kind::Cron, Kind::Api, Kind::Background, Kind::Client, Kind::Probe, Kind::Internal];
            let mut at_ms = 0;
            let events: Events = rows.into_iter().map(|(gap, kind, work_ms)| {
                at_ms += gap;
                Event { at_ms, kind: if messages { Kind::Inbound } else { kinds[kind] }, work_ms }
            }).collect();
            let nothing = Latency::Fixed(0);
            let world = World {
                cron_wakes, resume_ms: nothing.clone(), cold_start_ms: nothing.clone(), freeze_lag_ms: nothing.clone(),
                poke_ms: nothing, ..World::default()
            };
            let gaps = events.idle_gaps_within(start_ms..=start_ms + length, GapEnd::NoLoss { cron_wakes });
            let span = Span { start_ms, end_ms: start_ms + length };
            prop_assert_eq!(oracle_suspended_ms(&events, span, &world), gaps.map(IdleGap::ms).sum::<u64>());
        }
    }

    #[test]
    fn of_two_gaps_too_close_it_takes_the_better_one() {
        // Sleeping until 1 s forbids a freeze before 4 s; the gap 1..3.5 s is worth more.
        assert_eq!(slept(&[(1_000, Kind::Probe, 0), (3_500, Kind::Cron, 96_500)], 100_000, &world()), 2_500);
    }

    #[test]
    fn background_work_that_comes_into_a_gap_waits() {
        let events = [(10_000, Kind::Background, 30_000), (60_000, Kind::Api, 1_000)];
        assert_eq!(slept(&events, 100_000, &world()), 60_000 + 37_000);
    }

    #[test]
    fn background_work_that_comes_while_awake_keeps_awake() {
        let events = [(0, Kind::Api, 10_000), (5_000, Kind::Background, 30_000)];
        assert_eq!(slept(&events, 100_000, &world()), 65_000);
    }

    #[test]
    fn does_not_sleep_with_a_client_with_a_direct_channel_or_without_a_wake_url() {
        assert_eq!(slept(&[(0, Kind::Client, 100_000)], 100_000, &world()), 0);
        assert_eq!(slept(&[(40_000, Kind::Direct, 0)], 100_000, &world()), 40_000);
        let leaves = World { direct_leaves_ms: 25_000, ..world() };
        assert_eq!(slept(&[(40_000, Kind::Direct, 0)], 100_000, &leaves), 40_000 + 35_000 - 400);
        assert_eq!(slept(&[], 100_000, &World { wake_url: false, ..world() }), 0);
        assert_eq!(slept(&[], 100_000, &world()), 100_000);
    }
}
