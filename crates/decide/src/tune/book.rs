//! Replays every timeout and keeps the counts of each block of time.

use dormouse_sim::rows::Counts;
use dormouse_sim::{Account, Block, Horizon, Job, Ledger};
use dormouse_text::DAY_MS;

/// The unit that is resampled. Events within one block may depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockUnit {
    /// 24 hours from the start of the trace, all instances together.
    Day,
    /// Seven days, for a trace of at least [`ENOUGH_WEEKS`] weeks.
    Week,
    /// The whole span of an instance: instances with their own clocks have no common days.
    Instance,
}

impl BlockUnit {
    /// The singular name of the unit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Instance => "instance",
        }
    }
}

/// From this many weeks on, the blocks are weeks, which keeps the correlation between the days of a week. With
/// fewer weeks, the blocks are days: an interval from a handful of blocks would be too wide to be useful.
pub const ENOUGH_WEEKS: usize = 26;

/// The counts and blocks of a trace at several timeouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// The timeouts in ms, ascending.
    pub timeouts_ms: Vec<u64>,
    /// For each timeout, the counts of the whole replay.
    pub counts: Vec<Counts>,
    /// For each timeout, its blocks in order of time; the same number for each.
    pub blocks: Vec<Vec<Block>>,
    /// The unit of a block.
    pub unit: BlockUnit,
}

impl Book {
    /// Replays `job`, whose timeouts must ascend. Each wake is billed for at least `minimum_bill_ms`.
    ///
    /// Random draws are keyed, so all timeouts see the same world, and the difference between two of them is a paired one.
    #[must_use]
    pub fn of(job: &Job<'_>, minimum_bill_ms: u64) -> Self {
        let own_clocks = job.horizon == Horizon::PerInstance && job.trace.instances.len() > 1;
        let ledger = |block_ms| move |span| Ledger::new(span, block_ms, minimum_bill_ms);
        let (accounts, unit) = if own_clocks {
            (one_after_another(job.accounts_per_instance(ledger(u64::MAX))), BlockUnit::Instance)
        } else {
            (job.accounts(ledger(DAY_MS)), BlockUnit::Day)
        };
        let (counts, blocks) =
            accounts.into_iter().map(|Account { counts, blocks }| (counts, blocks)).unzip();
        Self { timeouts_ms: job.variants.to_vec(), counts, blocks, unit }.in_weeks_if_enough()
    }

    /// The number of instances that a month's cost covers: all of them under a common clock, one if each has its own.
    #[must_use]
    pub fn together(&self) -> u64 {
        match self.unit {
            BlockUnit::Day | BlockUnit::Week => {
                self.counts.first().map_or(1, |counts| counts.instances.max(1))
            }
            BlockUnit::Instance => 1,
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

    /// Merges days into weeks, if there are [`ENOUGH_WEEKS`]. Days after the last whole week join it.
    fn in_weeks_if_enough(mut self) -> Self {
        let weeks = self.len() / 7;
        if self.unit == BlockUnit::Day && weeks >= ENOUGH_WEEKS {
            for blocks in &mut self.blocks {
                let mut joined = vec![Block::default(); weeks];
                for (day, block) in blocks.iter().enumerate() {
                    joined[(day / 7).min(weeks - 1)].add(block);
                }
                *blocks = joined;
            }
            self.unit = BlockUnit::Week;
        }
        self
    }
}

/// Concatenates the accounts of all instances, block after block.
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
