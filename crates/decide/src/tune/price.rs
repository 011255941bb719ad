//! The prices of time awake, wakes and waiting, and the costs of a replay under them.

use dormouse_sim::Block;
use dormouse_sim::platform::{Between, Prices};
use dormouse_text::DAY_MS;

use crate::tune::book::Book;

/// A month is 30 days, as platforms bill it; in ms.
pub const MONTH_MS: f64 = 30.0 * DAY_MS as f64;

/// The prices of one replayed world, in one currency. `C = rho · awake + wake · wakes + waiting · delay`.
///
/// Time awake is what was measured: the idle tail, the quiesce, the freeze lag, the resume, and what a minimum
/// bill adds. So `wake` is only what a platform charges for a wake in addition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tariff {
    /// The price of a ms awake minus that of a ms suspended: `rho`.
    pub awake_ms: f64,
    /// The price of a wake by itself.
    pub wake: f64,
    /// The price of a ms of waiting: `lambda`.
    pub waiting_ms: f64,
}

impl Tariff {
    /// Three tariffs: least favourable to a short timeout (time cheap, wakes dear), the midpoint, and most
    /// favourable (time dear, wakes cheap). The price of a second of waiting is `a_second_of_waiting` in all
    /// three.
    ///
    /// The difference of two timeouts is linear in each price, and the shorter one is awake less and wakes more.
    /// So its extremes are at these two corners of the price ranges, and an unknown price widens an interval to
    /// the hull of the two.
    #[must_use]
    pub fn within(prices: &Prices, a_second_of_waiting: f64) -> [Self; 3] {
        let (rho, wake) = (prices.rho_per_hour(), prices.per_wake);
        // If sleeping might cost more than running, take the midpoint of the non-negative part of the range.
        let rho = Between { low: rho.low.max(0.0), high: rho.high.max(0.0) };
        let at = |rho_per_hour: f64, wake: f64| Self {
            awake_ms: rho_per_hour / 3_600_000.0,
            wake,
            waiting_ms: a_second_of_waiting / 1000.0,
        };
        [at(rho.low, wake.high), at(rho.middle(), wake.middle()), at(rho.high, wake.low)]
    }

    /// The cost of a block, waiting included.
    #[must_use]
    pub fn cost(&self, block: &Block) -> f64 {
        self.money(block) + self.waiting_ms * block.delay_ms as f64
    }

    /// The cost of a block in money alone.
    #[must_use]
    pub fn money(&self, block: &Block) -> f64 {
        self.awake_ms * (block.awake_ms() + block.topped_up_ms) as f64 + self.wake * block.wakes as f64
    }
}

/// The cost of every block at every timeout: the input of resampling.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// For each timeout, each block's cost.
    pub blocks: Vec<Vec<f64>>,
    /// Each block's length in months.
    pub months: Vec<f64>,
    /// What no timeout can save, a month: the cost of time with work in flight or a client attached.
    pub busy_per_month: f64,
}

impl Costs {
    /// The costs of `book` under `tariff`. `busy_ms` is the time with work in flight or a client attached. A
    /// month covers as many instances as run [together](Book::together).
    #[must_use]
    pub fn of(book: &Book, tariff: &Tariff, busy_ms: u64) -> Self {
        let month_ms = MONTH_MS * book.together() as f64;
        let cost = |blocks: &Vec<Block>| blocks.iter().map(|block| tariff.cost(block)).collect();
        let months: Vec<f64> = book
            .blocks
            .first()
            .map(|blocks| blocks.iter().map(|block| block.horizon_ms as f64 / month_ms).collect())
            .unwrap_or_default();
        let all: f64 = months.iter().sum();
        let busy = tariff.awake_ms * busy_ms as f64;
        Self {
            blocks: book.blocks.iter().map(cost).collect(),
            months,
            busy_per_month: if all > 0.0 { busy / all } else { 0.0 },
        }
    }

    /// How many blocks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.months.len()
    }

    /// Is there no block?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.months.is_empty()
    }

    /// The avoidable cost of each timeout a month, `C(T)`, where block `i` occurs `times[i]` times.
    #[must_use]
    pub fn per_month(&self, times: &[u32]) -> Vec<f64> {
        let weighted = |values: &[f64]| -> f64 {
            values.iter().zip(times).map(|(value, &times)| value * f64::from(times)).sum()
        };
        let months = weighted(&self.months);
        let each = |blocks: &Vec<f64>| {
            if months > 0.0 { weighted(blocks) / months - self.busy_per_month } else { 0.0 }
        };
        self.blocks.iter().map(each).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices() -> Prices {
        Prices {
            currency: "USD".to_owned(),
            running_per_hour: Between { low: 3.7, high: 3.9 },
            suspended_per_hour: Between { low: 0.1, high: 0.2 },
            per_wake: Between::exactly(2.0),
            minimum_bill_ms: 0,
        }
    }

    #[test]
    fn a_block_costs_its_time_awake_its_wakes_and_its_waiting() {
        let [low, middle, high] = Tariff::within(&prices(), 0.5);
        let hour = Block {
            horizon_ms: 7_200_000,
            suspended_ms: 3_600_000,
            wakes: 1,
            delay_ms: 4000,
            ..Block::default()
        };
        let cost = |tariff: Tariff| (tariff.cost(&hour) * 1e6).round() / 1e6;
        assert_eq!([cost(low), cost(middle), cost(high)], [3.5 + 2.0 + 2.0, 3.65 + 4.0, 3.8 + 4.0]);
        assert_eq!((middle.money(&hour) * 1e6).round() / 1e6, 5.65);
    }

    #[test]
    fn where_nothing_is_known_time_awake_costs_from_nothing_up() {
        let unknown = Between { low: 0.0, high: 3.6 };
        let prices = Prices { running_per_hour: unknown, suspended_per_hour: unknown, ..prices() };
        assert_eq!(Tariff::within(&prices, 0.0).map(|tariff| tariff.awake_ms), [0.0, 0.5e-6, 1e-6]);
    }

    #[test]
    fn costs_are_a_month_of_what_a_timeout_decides() {
        let costs = Costs { blocks: vec![vec![1.0, 4.0]], months: vec![0.5, 1.0], busy_per_month: 1.0 };
        assert_eq!((costs.per_month(&[1, 1]), costs.per_month(&[2, 0])), (vec![5.0 / 1.5 - 1.0], vec![1.0]));
        assert_eq!(costs.per_month(&[0, 0]), [0.0]);
    }
}
