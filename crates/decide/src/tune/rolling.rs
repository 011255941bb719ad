//! Rolling-origin evaluation: fitted on the past, judged on the next block.

use dormouse_sim::Block;
use serde::Serialize;

use crate::tune::book::{BlockUnit, Book};
use crate::tune::choose::Candidates;
use crate::tune::price::Costs;

/// Number of blocks to fit on before the first one is judged.
const FIRST: usize = 7;

/// How tuning would have done: each block is played at the timeout that the previous blocks recommend, and
/// compared with the present one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rolling {
    /// Number of blocks that were judged.
    pub judged: usize,
    /// Blocks at which a timeout other than the present one was recommended.
    pub changed: usize,
    /// Of those, the blocks that cost more than with the present timeout.
    pub lost: usize,
    /// The saving a month over all judged blocks; negative: a loss.
    pub saved: f64,
}

/// Evaluates `book` with its costs. The recommendation is the cheapest timeout of the past (within 2 %, the
/// present one), whether or not the saving was sure; the interval is an additional condition. A timeout is
/// recommended only if it lost no work in the past, and if `field` allows it apart from lost work. `None` with
/// too few blocks, and if blocks are instances, which have no order.
#[must_use]
pub fn rolling(book: &Book, costs: &Costs, within_bounds: &[bool], present: usize) -> Option<Rolling> {
    let n = costs.len();
    if n <= FIRST || book.unit == BlockUnit::Instance {
        return None;
    }
    let mut found = Rolling { judged: n - FIRST, changed: 0, lost: 0, saved: 0.0 };
    let mut months = 0.0;
    for next in FIRST..n {
        let past: Vec<u32> = (0..n).map(|block| u32::from(block < next)).collect();
        let sum = |of: fn(&Block) -> u64| -> Vec<u64> {
            book.blocks.iter().map(|blocks| blocks[..next].iter().map(of).sum()).collect()
        };
        let lost_work = sum(|block| block.violations);
        let allowed =
            within_bounds.iter().zip(lost_work).map(|(&within, lost)| within && lost == 0).collect();
        let field = Candidates { present, allowed, wakes: sum(|block| block.wakes) };
        let chosen = field.choose(&costs.per_month(&past)).unwrap_or(present);
        let saved = costs.blocks[present][next] - costs.blocks[chosen][next];
        found.changed += usize::from(chosen != present);
        found.lost += usize::from(chosen != present && saved < 0.0);
        found.saved += saved;
        months += costs.months[next];
    }
    if months > 0.0 {
        found.saved /= months;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use dormouse_sim::rows::Counts;

    use super::*;

    /// Two timeouts; the second is the present one and costs 10 a day.
    fn played(first: &[f64], violations: &[u64]) -> Rolling {
        let block = |&violations: &u64| Block { horizon_ms: 1, violations, ..Block::default() };
        let book = Book {
            timeouts_ms: vec![1, 2],
            counts: vec![Counts::default(); 2],
            blocks: vec![violations.iter().map(block).collect(), vec![block(&0); first.len()]],
            unit: BlockUnit::Day,
        };
        let costs = Costs {
            blocks: vec![first.to_vec(), vec![10.0; first.len()]],
            months: vec![1.0; first.len()],
            busy_per_month: 0.0,
        };
        rolling(&book, &costs, &[true; 2], 1).unwrap()
    }

    #[test]
    fn what_was_good_so_far_is_judged_by_the_next_day() {
        let days = [5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 12.0, 8.0];
        assert_eq!(played(&days, &[0; 9]), Rolling { judged: 2, changed: 2, lost: 1, saved: 0.0 });
    }

    #[test]
    fn a_timeout_that_lost_work_in_the_past_is_not_chosen_for_the_next_day() {
        let days = [5.0; 9];
        // Work is lost on the eighth day: the ninth is judged without that timeout.
        let found = played(&days, &[0, 0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(found, Rolling { judged: 2, changed: 1, lost: 0, saved: 2.5 });
    }

    #[test]
    fn a_dearer_timeout_leaves_all_as_it_is() {
        assert_eq!(played(&[11.0; 9], &[0; 9]), Rolling { judged: 2, changed: 0, lost: 0, saved: 0.0 });
    }
}
