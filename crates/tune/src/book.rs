//! Every timeout replayed in the real watcher's world, with an account of every block of time.

use dormouse_rows::Counts;
use dormouse_sim::{Account, Block, Horizon, Job, Ledger};
use dormouse_text::DAY_MS;

/// What one block is: the unit that is resampled, since what happens within it hangs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 24 hours from the start of the trace, all instances together.
    Day,
    /// Seven days, of a trace that has [`ENOUGH_WEEKS`] of them.
    Week,
    /// An instance's whole life: instances with a clock of their own have no day in common.
    Instance,
}

impl Unit {
    /// One of them, in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Instance => "instance",
        }
    }
}

/// From so many weeks on, weeks are resampled, which keeps what the days of a week have in common. With fewer, the days are:
/// an interval from a handful of blocks is wider than what it is for.
pub const ENOUGH_WEEKS: usize = 26;

/// The accounts of a trace at several timeouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// The timeouts in ms, ascending.
    pub timeouts_ms: Vec<u64>,
    /// For each timeout, all counts.
    pub counts: Vec<Counts>,
    /// For each timeout, its blocks in order of time; as many for each.
    pub blocks: Vec<Vec<Block>>,
    /// What a block is.
    pub unit: Unit,
}

impl Book {
    /// Of `job`, whose timeouts ascend, by replays. Each wake is billed for at least `minimum_bill_ms`.
    ///
    /// Random draws are keyed, so all timeouts meet the same world, and the difference between two of them is a paired one.
    #[must_use]
    pub fn of(job: &Job<'_>, minimum_bill_ms: u64) -> Self {
        let own_clocks = job.horizon == Horizon::PerInstance && job.trace.instances.len() > 1;
        let ledger = |block_ms| move |span| Ledger::new(span, block_ms, minimum_bill_ms);
        let (accounts, unit) = if own_clocks {
            (one_after_another(job.accounts_per_instance(ledger(u64::MAX))), Unit::Instance)
        } else {
            (job.accounts(ledger(DAY_MS)), Unit::Day)
        };
        let (counts, blocks) =
            accounts.into_iter().map(|Account { counts, blocks }| (counts, blocks)).unzip();
        Self { timeouts_ms: job.variants.to_vec(), counts, blocks, unit }.in_weeks_if_enough()
    }

    /// How many instances a month's cost is of: all of them under a common clock, and one where each has its own.
    #[must_use]
    pub fn together(&self) -> u64 {
        match self.unit {
            Unit::Day | Unit::Week => self.counts.first().map_or(1, |counts| counts.instances.max(1)),
            Unit::Instance => 1,
        }
    }

    /// How many blocks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.first().map_or(0, Vec::len)
    }

    /// Is there no block?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Days put together into weeks, if there are [`ENOUGH_WEEKS`]. Days behind the last whole week join it.
    fn in_weeks_if_enough(mut self) -> Self {
        let weeks = self.len() / 7;
        if self.unit == Unit::Day && weeks >= ENOUGH_WEEKS {
            for blocks in &mut self.blocks {
                let mut joined = vec![Block::default(); weeks];
                for (day, block) in blocks.iter().enumerate() {
                    joined[(day / 7).min(weeks - 1)].add(block);
                }
                *blocks = joined;
            }
            self.unit = Unit::Week;
        }
        self
    }
}

/// The accounts of all instances together, with the blocks of one after those of the other.
fn one_after_another(each: Vec<Vec<Account>>) -> Vec<Account> {
    let mut each = each.into_iter();
    let mut all = each.next().unwrap_or_default();
    for accounts in each {
        for (all, Account { counts, blocks }) in all.iter_mut().zip(accounts) {
            all.counts.merge(&counts);
            all.blocks.extend(blocks);
        }
    }
    all.iter_mut().for_each(|account| account.counts.delays.sort());
    all
}
