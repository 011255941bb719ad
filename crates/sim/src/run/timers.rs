//! The pending timers of one instance.
//!
//! At most one timer of each kind is pending, so a fixed array is the whole event queue. The order of the kinds is the order
//! within one millisecond: the platform first, then arrivals of the trace, then connector and relay, then the watcher, and
//! the auditor last. Work that ends at a millisecond is over for all of them at that millisecond.

/// The kinds of timers, in order of precedence at equal times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The accepted suspend lands.
    Freeze,
    /// The resume is done.
    Running,
    /// The platform's own timer looks.
    PlatformCheck,
    /// The lever answers.
    Lever,
    /// Clients of a frozen machine reconnect. This is an arrival, and comes after those of the trace.
    Reconnect,
    /// The process that takes HTTP requests is ready for them.
    Ready,
    /// The direct channel disconnects.
    DirectLeaves,
    /// `going_idle` reaches the connector.
    Flip,
    /// Its ack reaches the gateway.
    Ack,
    /// The socket is closed.
    Closed,
    /// The hold reaches its ceiling.
    HoldCeiling,
    /// The relay wants to dial.
    Redial,
    /// A hello on a connection that is up reaches the connector.
    Hello,
    /// The dial is done.
    DialDone,
    /// A poke reaches the platform.
    Poke,
    /// The machine's own request to its wake URL reaches the platform.
    Wake,
    /// The connector may poke again.
    Repoke,
    /// The connector drops a dead peer.
    Reap,
    /// A client's heartbeat is due.
    Heartbeat,
    /// The watcher's deadline.
    Watcher,
    /// The auditor's next bound.
    Audit,
}

impl Timer {
    const ALL: [Self; 21] = [
        Self::Freeze,
        Self::Running,
        Self::PlatformCheck,
        Self::Lever,
        Self::Reconnect,
        Self::Ready,
        Self::DirectLeaves,
        Self::Flip,
        Self::Ack,
        Self::Closed,
        Self::HoldCeiling,
        Self::Redial,
        Self::Hello,
        Self::DialDone,
        Self::Poke,
        Self::Wake,
        Self::Repoke,
        Self::Reap,
        Self::Heartbeat,
        Self::Watcher,
        Self::Audit,
    ];

    /// Does this timer come before an arrival at the same millisecond?
    pub(super) const fn is_platform(self) -> bool {
        matches!(self, Self::Freeze | Self::Running | Self::PlatformCheck | Self::Lever)
    }
}

/// The time of a timer that is not pending.
pub(super) const NEVER: u64 = u64::MAX;

/// When each timer is due, in true wall ms.
#[derive(Debug, Clone)]
pub(super) struct Timers {
    due: [u64; Timer::ALL.len()],
    /// The pending timers, one bit each: bit `timer as usize`. Rarely more than five of the 21 are pending.
    pending: u32,
}

impl Timers {
    /// The timers that run on the gateway.
    const ON_THE_MACHINE: u32 = Self::MONO | 1 << Timer::Lever as u32 | 1 << Timer::Ack as u32;
    /// The timers that run on the gateway's monotonic clock.
    const MONO: u32 = 1 << Timer::Ready as u32
        | 1 << Timer::Closed as u32
        | 1 << Timer::HoldCeiling as u32
        | 1 << Timer::Redial as u32
        | 1 << Timer::DialDone as u32
        | 1 << Timer::Heartbeat as u32
        | 1 << Timer::Watcher as u32;

    /// The looks of the watcher and the auditor, which depend on the idle timeout.
    const LOOKS: u32 = 1 << Timer::Watcher as u32 | 1 << Timer::Audit as u32;

    pub(super) const fn new() -> Self {
        Self { due: [NEVER; Timer::ALL.len()], pending: 0 }
    }

    #[inline]
    pub(super) const fn set(&mut self, timer: Timer, at: u64) {
        self.due[timer as usize] = at;
        let bit = 1 << timer as u32;
        self.pending = if at == NEVER { self.pending & !bit } else { self.pending | bit };
    }

    #[inline]
    pub(super) const fn clear(&mut self, timer: Timer) {
        self.set(timer, NEVER);
    }

    pub(super) const fn get(&self, timer: Timer) -> u64 {
        self.due[timer as usize]
    }

    pub(super) const fn pending(&self, timer: Timer) -> bool {
        self.get(timer) != NEVER
    }

    /// The next timer and its time. While the machine is not running, timers on the gateway wait.
    pub(super) fn next(&self, running: bool) -> (u64, Timer) {
        let mut next = (NEVER, Timer::Audit);
        let waiting = if running { 0 } else { Self::ON_THE_MACHINE };
        let mut set = self.pending & !waiting;
        while set != 0 {
            let timer = Timer::ALL[set.trailing_zeros() as usize];
            set &= set - 1;
            let due = self.get(timer);
            // Strictly less, so that the first in order of precedence wins a tie.
            if due < next.0 {
                next = (due, timer);
            }
        }
        next
    }

    /// Are no timers pending but the looks of the watcher and the auditor?
    pub(super) const fn only_looks(&self) -> bool {
        self.pending & !Self::LOOKS == 0
    }

    /// Are no timers pending but those that run on the gateway's monotonic clock?
    pub(super) const fn only_mono(&self) -> bool {
        self.pending & !Self::MONO == 0
    }

    /// Are the same timers pending at the same times, apart from the looks of the watcher and the auditor?
    pub(super) fn are_like(&self, other: &Self) -> bool {
        self.pending & !Self::LOOKS == other.pending & !Self::LOOKS
            && Self::each(self.pending & !Self::LOOKS).all(|timer| self.get(timer) == other.get(timer))
    }

    /// The earliest of all timers except the looks of the watcher and the auditor.
    pub(super) fn earliest_but_looks(&self) -> u64 {
        let (others, _) = self.due.split_at(Timer::Watcher as usize);
        others.iter().copied().fold(NEVER, u64::min)
    }

    /// The monotonic clock was stopped for `ms`, so the timers that run on it are due that much later.
    pub(super) fn shift_mono(&mut self, ms: u64) {
        for timer in Self::each(self.pending & Self::MONO) {
            self.due[timer as usize] += ms;
        }
    }

    /// The gateway process is gone, and its timers with it.
    pub(super) fn clear_the_machine(&mut self) {
        for timer in Self::each(self.pending & Self::ON_THE_MACHINE) {
            self.clear(timer);
        }
    }

    /// The timers of a set, in order of precedence.
    fn each(mut set: u32) -> impl Iterator<Item = Timer> {
        std::iter::from_fn(move || {
            let first = (set != 0).then(|| Timer::ALL[set.trailing_zeros() as usize]);
            set &= set.wrapping_sub(1);
            first
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_array_is_indexed_in_order_of_precedence() {
        for (i, timer) in Timer::ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, i);
        }
    }

    #[test]
    fn the_platform_comes_before_the_relay_and_the_watcher_last() {
        let mut timers = Timers::new();
        for timer in [Timer::Audit, Timer::Watcher, Timer::Ack, Timer::Freeze] {
            timers.set(timer, 7);
        }
        let mut order = Vec::new();
        while timers.next(true).0 != NEVER {
            let (_, timer) = timers.next(true);
            order.push(timer);
            timers.clear(timer);
        }
        assert_eq!(order, [Timer::Freeze, Timer::Ack, Timer::Watcher, Timer::Audit]);
    }

    #[test]
    fn nothing_happens_on_a_frozen_gateway() {
        let mut timers = Timers::new();
        timers.set(Timer::Watcher, 5);
        timers.set(Timer::Flip, 9);
        assert_eq!(timers.next(true), (5, Timer::Watcher));
        assert_eq!(timers.next(false), (9, Timer::Flip));
        timers.shift_mono(100);
        assert_eq!((timers.get(Timer::Watcher), timers.get(Timer::Flip)), (105, 9));
    }
}
