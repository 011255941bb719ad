//! The ledger of a replay: sleep, wakes, delays and violations per day or other block of time.

use crate::log::{LogEvent, Observer, Stamp};
use crate::run::Span;

/// What happened in one block of time (a day, a week, an instance's life) at one timeout, as integers that add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Block {
    /// The block's length in ms, summed over instances.
    pub horizon_ms: u64,
    /// Frozen time in the block, in ms.
    pub suspended_ms: u64,
    /// Resumes that began in the block.
    pub wakes: u64,
    /// User-visible arrivals in this block that had to wait, even if they were handled in a later block.
    pub delayed: u64,
    /// The sum of their waiting times, in ms.
    pub delay_ms: u64,
    /// Violations of all classes that were established in the block.
    pub violations: u64,
    /// Billed time during which the machine was already frozen again, in ms: each wake is billed for at least a minimum.
    pub topped_up_ms: u64,
}

impl Block {
    /// Time that is not frozen, in ms.
    #[must_use]
    pub fn awake_ms(&self) -> u64 {
        self.horizon_ms - self.suspended_ms
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.horizon_ms += other.horizon_ms;
        self.suspended_ms += other.suspended_ms;
        self.wakes += other.wakes;
        self.delayed += other.delayed;
        self.delay_ms += other.delay_ms;
        self.violations += other.violations;
        self.topped_up_ms += other.topped_up_ms;
    }

    /// Adds `others` to `blocks` position by position. `blocks` grows if it is shorter.
    pub fn add_each(blocks: &mut Vec<Self>, others: &[Self]) {
        blocks.resize(blocks.len().max(others.len()), Self::default());
        blocks.iter_mut().zip(others).for_each(|(mine, theirs)| mine.add(theirs));
    }
}

/// An [`Observer`] that sums up a replay in blocks of time, from the span's start.
///
/// ```text
/// span     |------- day 0 -------|------- day 1 -------|-- rest --|
/// frozen        zzzzzzz      zzzzzzzzzzz     zz                     a sleep across midnight is cut there
/// blocks   [        0           ][             1                 ]  a rest below half a block joins the last one
/// ```
///
/// The sums over all blocks equal the counts that the same replay returns, to the last ms and the last message.
#[derive(Debug)]
pub struct Ledger {
    span: Span,
    block_ms: u64,
    blocks: Vec<Block>,
    minimum_bill_ms: u64,
    frozen_since: Option<u64>,
    woken_at: Option<u64>,
}

impl Ledger {
    /// A ledger over `span`, in blocks of `block_ms` (above zero), where each wake is billed for at least
    /// `minimum_bill_ms`.
    #[must_use]
    pub fn new(span: Span, block_ms: u64, minimum_bill_ms: u64) -> Self {
        let length = span.end_ms - span.start_ms;
        let (whole, rest) = (length / block_ms, length % block_ms);
        let count = (whole + u64::from(rest >= block_ms.div_ceil(2))).max(1);
        let block = |i: u64| Block {
            horizon_ms: if i + 1 < count { block_ms } else { length - i * block_ms },
            ..Block::default()
        };
        Self {
            span,
            block_ms,
            blocks: (0..count).map(block).collect(),
            minimum_bill_ms,
            frozen_since: None,
            woken_at: None,
        }
    }

    /// Ends the ledger after the replay and returns its blocks.
    #[must_use]
    pub fn close(mut self) -> Vec<Block> {
        if let Some(since) = self.frozen_since.take() {
            self.slept(since, self.span.end_ms);
        }
        self.blocks
    }

    fn place(&self, at_ms: u64) -> usize {
        let place = at_ms.saturating_sub(self.span.start_ms) / self.block_ms;
        usize::try_from(place).unwrap_or(usize::MAX).min(self.blocks.len() - 1)
    }

    /// Adds a sleep from `from` until `to` (wall ms), cut off at the horizon.
    pub fn slept(&mut self, from: u64, to: u64) {
        let (mut from, to) = (from.min(self.span.end_ms), to.min(self.span.end_ms));
        while from < to {
            let place = self.place(from);
            let next = self.block_ms.saturating_mul(place as u64 + 1).saturating_add(self.span.start_ms);
            let until = if place + 1 < self.blocks.len() { next.min(to) } else { to };
            self.blocks[place].suspended_ms += until - from;
            from = until;
        }
    }
}

impl Observer for Ledger {
    fn on(&mut self, stamp: Stamp, event: LogEvent) {
        let now = stamp.wall_ms;
        match event {
            LogEvent::Handled { kind, delay_ms } if delay_ms > 0 && kind.is_user_visible() => {
                let place = self.place(now - delay_ms);
                self.blocks[place].delayed += 1;
                self.blocks[place].delay_ms += delay_ms;
            }
            LogEvent::Frozen { .. } => {
                if let Some(since) = self.woken_at.take() {
                    let place = self.place(now);
                    self.blocks[place].topped_up_ms += self.minimum_bill_ms.saturating_sub(now - since);
                }
                self.frozen_since = Some(now);
            }
            LogEvent::Resuming { .. } => {
                if let Some(since) = self.frozen_since.take() {
                    self.slept(since, now);
                }
                if now < self.span.end_ms {
                    let place = self.place(now);
                    self.blocks[place].wakes += 1;
                }
                self.woken_at = Some(now);
            }
            LogEvent::Violation(violation) => {
                let place = self.place(violation.at_ms);
                self.blocks[place].violations += 1;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use dormouse_trace::Kind;

    use super::*;

    fn ledger(end_ms: u64, minimum_bill_ms: u64) -> Ledger {
        Ledger::new(Span { start_ms: 100, end_ms }, 10, minimum_bill_ms)
    }

    fn happens(ledger: &mut Ledger, at_ms: u64, event: LogEvent) {
        ledger.on(Stamp { wall_ms: at_ms, mono_ms: at_ms }, event);
    }

    const FROZEN: LogEvent = LogEvent::Frozen { clients: 0 };
    const RESUMING: LogEvent = LogEvent::Resuming { cause: crate::rows::WakeCause::Inbound };

    #[test]
    fn a_rest_below_half_a_block_joins_the_last_one() {
        let lengths = |end| -> Vec<u64> { ledger(end, 0).blocks.iter().map(|b| b.horizon_ms).collect() };
        assert_eq!(lengths(124), [10, 14]);
        assert_eq!(lengths(125), [10, 10, 5]);
        assert_eq!(lengths(130), [10, 10, 10]);
        assert_eq!((lengths(103), lengths(100)), (vec![3], vec![0]));
    }

    #[test]
    fn a_sleep_is_cut_at_the_ends_of_blocks_and_at_the_horizon() {
        let mut of = ledger(124, 0);
        happens(&mut of, 104, FROZEN);
        happens(&mut of, 112, RESUMING);
        happens(&mut of, 120, FROZEN);
        let blocks = of.close();
        let slept: Vec<(u64, u64)> = blocks.iter().map(|b| (b.suspended_ms, b.wakes)).collect();
        assert_eq!(slept, [(6, 0), (2 + 4, 1)]);
    }

    #[test]
    fn a_message_counts_on_the_day_it_came_and_a_short_day_awake_is_topped_up() {
        let mut of = ledger(130, 7);
        happens(&mut of, 102, FROZEN);
        happens(&mut of, 109, RESUMING);
        let late = LogEvent::Handled { kind: Kind::Inbound, delay_ms: 3 };
        happens(&mut of, 111, late);
        happens(&mut of, 112, FROZEN);
        let blocks = of.close();
        assert_eq!((blocks[0].delayed, blocks[0].delay_ms, blocks[1].delayed), (1, 3, 0));
        // Awake from 109 to 112 and billed for 7.
        assert_eq!((blocks[0].topped_up_ms, blocks[1].topped_up_ms), (0, 4));
    }
}
