//! Idle gaps: intervals without work.

use std::iter::FusedIterator;
use std::ops::RangeInclusive;

use crate::{Events, Kind};

/// An interval without work and without an attached client in one instance; at least 1 ms long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdleGap {
    /// The end of the last work before it, in ms; or the start of the window.
    pub began_ms: u64,
    /// The time of the arrival that ended it, in ms; or the end of the window.
    pub ended_ms: u64,
    /// The kind of that arrival; `None` if the window ended first, so that its full length is unknown.
    pub by: Option<Kind>,
}

impl IdleGap {
    /// How long it was, in ms.
    pub const fn ms(self) -> u64 {
        self.ended_ms - self.began_ms
    }
}

/// Which arrivals end an idle gap. This depends on what is known about the machine.
///
/// | rule | for a machine that | `internal` | `background` | `cron` | `direct` | all others |
/// |---|---|---|---|---|---|---|
/// | `Any` | is awake, or whose state is unknown | no | yes | yes | yes | yes |
/// | `Wake` | is asleep | no | no | if it wakes | no: lost | yes |
/// | `NoLoss` | may sleep only where nothing is lost | no | no | if it wakes | yes | yes |
///
/// Everything else is the same for all three. A gap begins when all work has ended and the last client has left,
/// assuming that everything was handled on arrival ([`Event::end_ms`](crate::Event::end_ms)). An arrival during
/// work ends no gap, and its own work extends the busy time. An arrival in a gap that does not end it waits, and
/// its work does not count as busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GapEnd {
    /// Every arrival but an `internal` one.
    Any,
    /// An arrival that wakes a sleeping machine. A cron fire does so only with `cron_wakes`: the scheduler is
    /// then outside the machine.
    Wake {
        /// Do cron fires wake the machine?
        cron_wakes: bool,
    },
    /// An arrival that cannot wait: one that wakes, or a message on a direct channel, which would be lost.
    NoLoss {
        /// Do cron fires wake the machine?
        cron_wakes: bool,
    },
}

impl GapEnd {
    /// Does an arrival of this kind end a gap?
    #[inline]
    pub fn ends(self, kind: Kind) -> bool {
        let wakes = |cron_wakes: bool| kind.wakes() && (cron_wakes || kind != Kind::Cron);
        match self {
            GapEnd::Any => kind != Kind::Internal,
            GapEnd::Wake { cron_wakes } => wakes(cron_wakes),
            GapEnd::NoLoss { cron_wakes } => wakes(cron_wakes) || kind == Kind::Direct,
        }
    }
}

/// The idle gaps of one instance, in order of time: [`Events::idle_gaps`], [`Events::idle_gaps_within`].
#[derive(Debug, Clone)]
pub struct IdleGaps<'a> {
    events: &'a Events,
    ends: GapEnd,
    /// The index of the next event; the number of events at the end.
    next: usize,
    last: usize,
    /// The latest end of work so far; `None` before the first arrival.
    busy_until: Option<u64>,
    /// The end of the window, until the silence before it has been returned.
    window_end: Option<u64>,
}

impl Events {
    /// The idle gaps between arrivals, without a window. There is none before the first arrival and none after
    /// the last work, since the length of those silences is unknown.
    ///
    /// ```
    /// use dormouse_trace::{Event, Events, GapEnd, IdleGap, Kind};
    ///
    /// let turn = |at_ms| Event { at_ms, kind: Kind::Inbound, work_ms: 30 };
    /// // The second comes during the work of the first.
    /// let events: Events = [100, 120, 200].map(turn).into_iter().collect();
    /// let gap = IdleGap { began_ms: 150, ended_ms: 200, by: Some(Kind::Inbound) };
    /// assert!(events.idle_gaps(GapEnd::Any).eq([gap]));
    ///
    /// // An instance that was idle from 0 on, and that is watched until 500.
    /// let gaps: Vec<u64> = events.idle_gaps_within(0..=500, GapEnd::Any).map(IdleGap::ms).collect();
    /// assert_eq!(gaps, [100, 50, 270]);
    /// assert_eq!(events.idle_gaps_within(0..=500, GapEnd::Any).last().unwrap().by, None);
    /// ```
    pub fn idle_gaps(&self, ends: GapEnd) -> IdleGaps<'_> {
        IdleGaps { events: self, ends, next: 0, last: self.len(), busy_until: None, window_end: None }
    }

    /// The idle gaps within a window (in ms, both ends included), assuming that the instance is idle from its
    /// start on. Events outside the window are ignored. A silence at the end that no arrival ends comes last,
    /// with `by` set to `None`.
    pub fn idle_gaps_within(&self, window_ms: RangeInclusive<u64>, ends: GapEnd) -> IdleGaps<'_> {
        let (start, end) = window_ms.into_inner();
        let next = self.at_ms().partition_point(|&at| at < start);
        let last = self.at_ms().partition_point(|&at| at <= end);
        IdleGaps { events: self, ends, next, last, busy_until: Some(start), window_end: Some(end) }
    }
}

impl Iterator for IdleGaps<'_> {
    type Item = IdleGap;

    fn next(&mut self) -> Option<IdleGap> {
        while self.next < self.last {
            let event = self.events.get(self.next);
            self.next += 1;
            let busy_until = self.busy_until;
            let is_busy = busy_until.is_some_and(|until| event.at_ms < until);
            if is_busy || self.ends.ends(event.kind) {
                self.busy_until = busy_until.max(Some(event.end_ms()));
            }
            if let Some(began_ms) = busy_until
                && event.at_ms > began_ms
                && self.ends.ends(event.kind)
            {
                return Some(IdleGap { began_ms, ended_ms: event.at_ms, by: Some(event.kind) });
            }
        }
        let (began_ms, ended_ms) = (self.busy_until?, self.window_end.take()?);
        (began_ms < ended_ms).then_some(IdleGap { began_ms, ended_ms, by: None })
    }
}

impl FusedIterator for IdleGaps<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;
    use proptest::prelude::*;

    fn gaps(events: &[(u64, Kind, u64)], ends: GapEnd) -> Vec<(u64, u64)> {
        let events: Events =
            events.iter().map(|&(at_ms, kind, work_ms)| Event { at_ms, kind, work_ms }).collect();
        events.idle_gaps_within(0..=100, ends).map(|gap| (gap.began_ms, gap.ended_ms)).collect()
    }

    #[test]
    fn what_ends_a_gap_depends_on_whether_the_machine_is_awake() {
        let ends = |rule: GapEnd| Kind::ALL.map(|kind| rule.ends(kind));
        // Inbound, cron, api, background, client, probe, direct, internal.
        assert_eq!(ends(GapEnd::Any), [true, true, true, true, true, true, true, false]);
        let [yes, no] = [true, false].map(|cron_wakes| GapEnd::Wake { cron_wakes });
        assert_eq!(ends(yes), [true, true, true, false, true, true, false, false]);
        assert_eq!(ends(no), [true, false, true, false, true, true, false, false]);
        let [yes, no] = [true, false].map(|cron_wakes| GapEnd::NoLoss { cron_wakes });
        assert_eq!(ends(yes), [true, true, true, false, true, true, true, false]);
        assert_eq!(ends(no), [true, false, true, false, true, true, true, false]);
    }

    #[test]
    fn an_arrival_that_ends_no_gap_waits_in_it_and_keeps_busy_outside_of_it() {
        let events = [(10, Kind::Background, 20), (40, Kind::Api, 5), (42, Kind::Background, 20)];
        assert_eq!(gaps(&events, GapEnd::Any), [(0, 10), (30, 40), (62, 100)]);
        assert_eq!(gaps(&events, GapEnd::NoLoss { cron_wakes: true }), [(0, 40), (62, 100)]);
    }

    #[test]
    fn a_window_that_ends_during_work_has_no_silence_at_its_end() {
        assert_eq!(gaps(&[(10, Kind::Api, 300), (200, Kind::Api, 0)], GapEnd::Any), [(0, 10)]);
        assert_eq!(gaps(&[(100, Kind::Api, 0)], GapEnd::Any), [(0, 100)]);
    }

    proptest! {
        #[test]
        fn a_moment_is_in_a_gap_if_nothing_is_at_work(
            rows in prop::collection::vec((0..60_u64, 0..8_usize, 0..12_u64), 0..12), start in 0..30_u64, length in 0..40_u64
        ) {
            let event = |(at_ms, kind, work_ms)| Event { at_ms, kind: Kind::ALL[kind], work_ms };
            let (events, window): (Events, _) = (rows.into_iter().map(event).collect(), start..=start + length);
            let found: Vec<IdleGap> = events.idle_gaps_within(window.clone(), GapEnd::Any).collect();
            let within: Vec<Event> = events.iter().filter(|event| window.contains(&event.at_ms)).collect();
            for t in start..start + length {
                let idle = within.iter().all(|event| !(event.at_ms..event.end_ms()).contains(&t));
                prop_assert_eq!(found.iter().any(|gap| (gap.began_ms..gap.ended_ms).contains(&t)), idle, "at {}", t);
            }
            for gap in found {
                let arrivals = within.iter().filter(|event| GapEnd::Any.ends(event.kind));
                prop_assert!(!arrivals.clone().any(|event| gap.began_ms < event.at_ms && event.at_ms < gap.ended_ms));
                match gap.by {
                    Some(kind) => prop_assert!(arrivals.clone().any(|event| (event.at_ms, event.kind) == (gap.ended_ms, kind))),
                    None => prop_assert_eq!(gap.ended_ms, start + length),
                }
            }
        }
    }
}
