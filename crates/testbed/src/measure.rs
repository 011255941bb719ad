//! Measurements, defined in the same way for both sides.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dormouse_sim::rows::Delays;

use crate::clock::CompressedClock;

/// An event of the machine or the relay, as observed from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Observed {
    /// The connector starts buffering.
    Flipped,
    /// The gateway's socket is closed.
    Closed,
    /// The lever accepted.
    Accepted,
    /// The machine is frozen.
    Frozen,
    /// The connector pokes the wake URL.
    Poked,
    /// A resume begins.
    Resumes,
    /// The machine runs again.
    Runs,
    /// The gateway is connected.
    Connected,
}

impl Observed {
    /// The actor and the event, for the timeline.
    pub(crate) const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Flipped => ("relay", "flipped"),
            Self::Closed => ("relay", "closed"),
            Self::Accepted => ("machine", "suspending"),
            Self::Frozen => ("machine", "frozen"),
            Self::Poked => ("relay", "poked"),
            Self::Resumes => ("machine", "resumes"),
            Self::Runs => ("machine", "runs"),
            Self::Connected => ("relay", "connected"),
        }
    }
}

/// An event at a trace time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) at_ms: u64,
    pub(crate) what: Observed,
}

/// One side of the comparison: simulated or real.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Side {
    /// The events, in order of time.
    pub(crate) moments: Vec<Moment>,
    /// Message delays from accepted to acked, in ms.
    pub(crate) delays_ms: Vec<u64>,
    /// Messages that arrived while the connector could not deliver them.
    pub(crate) waited: u64,
    /// Arrivals that were never handled.
    pub(crate) lost: u64,
    /// Messages that were handled twice.
    pub(crate) duplicate: u64,
    /// Freezes with work in flight.
    pub(crate) frozen_work: u64,
}

impl Side {
    /// Total time from each freeze to the start of its resume, or to the horizon, in ms.
    pub(crate) fn suspended_ms(&self, end_ms: u64) -> u64 {
        let mut since = None;
        let mut sum = 0;
        for moment in self.moments.iter().filter(|moment| moment.at_ms < end_ms) {
            match moment.what {
                Observed::Frozen => since = Some(moment.at_ms),
                Observed::Resumes => sum += since.take().map_or(0, |since| moment.at_ms - since),
                _ => {}
            }
        }
        sum + since.map_or(0, |since| end_ms - since)
    }

    /// Number of such events before the horizon.
    pub(crate) fn count(&self, what: Observed, end_ms: u64) -> u64 {
        self.moments.iter().filter(|moment| moment.what == what && moment.at_ms < end_ms).count() as u64
    }

    /// The message delays, sorted, for quantiles.
    pub(crate) fn delays(&self) -> Delays {
        let mut delays = Delays::default();
        self.delays_ms.iter().for_each(|&ms| delays.push(ms));
        delays.sort();
        delays
    }
}

/// The log in which the parts of the testbed record their observations. Events before the start are ignored.
#[derive(Clone, Default)]
pub(crate) struct Log {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    clock: Option<CompressedClock>,
    side: Side,
    /// The latest end of work in flight, in trace ms.
    busy_until: u64,
    /// The connector does not deliver to the gateway now.
    away: bool,
    /// Arrivals that were sent and not yet handled.
    expected: u64,
}

/// In real ms: work that ends this close to a freeze counts as ended before it.
const EDGE_REAL_MS: f64 = 5.0;

impl Log {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts trace time.
    pub(crate) fn start(&self, clock: CompressedClock) {
        self.lock().clock = Some(clock);
    }

    /// The current trace time in ms; 0 before the start.
    pub(crate) fn now_ms(&self) -> u64 {
        self.lock().clock.map_or(0, |clock| clock.now_ms())
    }

    /// Records an event at the current time.
    pub(crate) fn see(&self, what: Observed) {
        let mut shared = self.lock();
        let Some(clock) = shared.clock else { return };
        let at_ms = clock.now_ms();
        if what == Observed::Frozen && shared.busy_until > at_ms + (EDGE_REAL_MS * clock.speed()) as u64 {
            shared.side.frozen_work += 1;
        }
        match what {
            Observed::Flipped | Observed::Closed => shared.away = true,
            Observed::Connected => shared.away = false,
            _ => {}
        }
        shared.side.moments.push(Moment { at_ms, what });
    }

    /// Records that a message was accepted.
    pub(crate) fn accepted(&self) {
        let mut shared = self.lock();
        shared.side.waited += u64::from(shared.away);
    }

    /// Records that work of `work_ms` begins.
    pub(crate) fn works(&self, work_ms: u64) {
        let mut shared = self.lock();
        let Some(clock) = shared.clock else { return };
        shared.busy_until = shared.busy_until.max(clock.now_ms() + work_ms);
    }

    /// Records that an arrival was sent, which must be handled.
    pub(crate) fn sent(&self) {
        self.lock().expected += 1;
    }

    /// Records that an arrival was handled.
    pub(crate) fn handled(&self) {
        let mut shared = self.lock();
        shared.expected = shared.expected.saturating_sub(1);
    }

    /// Records that a message was acked `delay_ms` after it was accepted.
    pub(crate) fn acked(&self, delay_ms: u64) {
        self.lock().side.delays_ms.push(delay_ms);
        self.handled();
    }

    /// Records that a message was handled twice.
    pub(crate) fn duplicate(&self) {
        self.lock().side.duplicate += 1;
    }

    /// Is any arrival sent and not yet handled?
    pub(crate) fn somebody_waits(&self) -> bool {
        self.lock().expected > 0
    }

    /// Ends the log; unhandled arrivals count as lost.
    pub(crate) fn finish(&self) -> Side {
        let mut shared = self.lock();
        shared.side.lost = shared.expected;
        std::mem::take(&mut shared.side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(moments: &[(u64, Observed)]) -> Side {
        let moments = moments.iter().map(|&(at_ms, what)| Moment { at_ms, what }).collect();
        Side { moments, ..Side::default() }
    }

    #[test]
    fn a_sleep_counts_from_the_freeze_to_the_resume_or_the_horizon() {
        let side = side(&[
            (10, Observed::Accepted),
            (100, Observed::Frozen),
            (350, Observed::Resumes),
            (400, Observed::Runs),
            (900, Observed::Frozen),
        ]);
        assert_eq!(side.suspended_ms(1000), 250 + 100);
        assert_eq!(side.suspended_ms(300), 200);
        assert_eq!((side.count(Observed::Frozen, 1000), side.count(Observed::Frozen, 900)), (2, 1));
    }

    #[test]
    fn a_freeze_on_work_in_flight_is_counted_and_unhandled_arrivals_are_lost() {
        let log = Log::default();
        log.see(Observed::Flipped); // before the start
        log.start(CompressedClock::starting(tokio::time::Instant::now(), 1.0));
        log.see(Observed::Frozen);
        log.works(60_000);
        log.see(Observed::Frozen);
        log.sent();
        log.sent();
        log.accepted();
        log.see(Observed::Flipped);
        log.accepted();
        log.see(Observed::Connected);
        log.accepted();
        log.acked(7);
        assert!(log.somebody_waits());
        let side = log.finish();
        assert_eq!((side.moments.len(), side.frozen_work, side.lost, side.waited), (4, 1, 1, 1));
        assert_eq!(side.delays_ms, [7]);
    }
}
