//! Runs many instances at many timeouts, on all threads.

use std::str::FromStr;

use crate::rows::Counts;
use dormouse_trace::{Instance, Trace};
use rayon::prelude::*;

use crate::horizon::Horizon;
use crate::ledger::{Block, Ledger};
use crate::log::Observer;
use crate::oracle::oracle_suspended_ms;
use crate::run::{Part, Span, Ticks, run};
use crate::setup::Setup;
use crate::sweep::Sweep;

/// How a [`Job`] computes its counts. Both engines give the same counts, to the last integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// All timeouts of an instance at once. Parts of the trace that no timeout can see are not replayed. See
    /// `crates/sim/docs/kernel.md`.
    #[default]
    Sweep,
    /// The plain reference: one replay for each timeout.
    Replay,
}

impl Engine {
    /// Both engines, the default first.
    pub const ALL: [Self; 2] = [Self::Sweep, Self::Replay];

    /// The name on the command line: one word in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Replay => "replay",
        }
    }

    /// The other engine, to compare with.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Sweep => Self::Replay,
            Self::Replay => Self::Sweep,
        }
    }
}

impl FromStr for Engine {
    type Err = String;

    /// The engine of this [name](Engine::name).
    ///
    /// # Errors
    /// When there is no such engine. The error is one line with the nearest name.
    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|engine| engine.name() == name);
        named.ok_or_else(|| {
            let advice = dormouse_text::nearest::advice(name, Self::ALL.map(Self::name));
            format!("unknown engine `{}`; {advice}", name.escape_debug())
        })
    }
}

/// A set of replays: every instance of a trace with every variant. By default a variant is an idle timeout in ms.
///
/// A job holds only references, so it can be copied, changed in a field, and run again. It runs on all of rayon's threads, and
/// the results do not depend on their number.
///
/// ```text
///              timeout 0   timeout 1   timeout 2
/// instance 0  [  Task   ] [  Task   ] [  Task   ]   one row of `per_instance`
/// instance 1  [  Task   ] [  Task   ] [  Task   ]
///                 +           +           +
///  `totals`   [ Counts  ] [ Counts  ] [ Counts  ]   integers, which add up in any order
/// ```
///
/// ```
/// use dormouse_core::Design;
/// use dormouse_sim::{Engine, Horizon, Job, Setup};
/// use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};
///
/// // A burst of a thousand messages, and an hour later another one.
/// let burst = |start: u64| (0..1000).map(move |i| Event { at_ms: start + i * 500, kind: Kind::Inbound, work_ms: 2_000 });
/// let events: Events = burst(0).chain(burst(3_600_000)).collect();
/// let trace = Trace { instances: vec![Instance::new("me", events)], meta: Meta::default() };
///
/// let (timeouts_ms, setup) = ([60_000, 120_000, 3_600_000], Setup::new(Design::Dormouse));
/// let job = Job::new(&trace, &timeouts_ms, &setup);
/// let suspends = |job: Job<'_>| job.totals().iter().map(|counts| counts.suspends).collect::<Vec<_>>();
/// assert_eq!(suspends(job), [1, 1, 0]);
///
/// // The same with plain replays; for the first ten minutes; at one timeout only.
/// assert_eq!(job.engine(Engine::Replay).totals(), job.totals());
/// assert_eq!(suspends(job.horizon(Horizon::Until(600_000))), [1, 0, 0]);
/// assert_eq!(suspends(Job { variants: &timeouts_ms[2..], ..job }), [0]);
/// ```
pub struct Job<'a, V = u64> {
    /// The traffic.
    pub trace: &'a Trace,
    /// What differs between the runs of an instance: idle timeouts in ms, each above zero, in any order; or any other type
    /// that the caller of [`totals_by`](Self::totals_by) can run.
    pub variants: &'a [V],
    /// Watcher, world and seed. A variant that is a timeout replaces the setup's idle timeout.
    pub setup: &'a Setup,
    /// Where the replays start and end.
    pub horizon: Horizon,
    /// How [`totals`](Job::totals) and [`per_instance`](Job::per_instance) are computed.
    pub engine: Engine,
    /// Told from any thread, after each task, how many events its instance has.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl<V> Clone for Job<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Job<'_, V> {}

/// One run of a [`Job`]: an instance with a variant.
#[derive(Debug)]
pub struct Task<'a, V> {
    /// The instance.
    pub instance: &'a Instance,
    /// Its index in the trace.
    pub index: usize,
    /// The start and end of the replay.
    pub span: Span,
    /// The variant.
    pub variant: &'a V,
}

/// The result of one run, or the sum of several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// What the auditor counted.
    pub counts: Counts,
    /// The blocks of the [`Ledger`], in order of time; empty without a ledger.
    pub blocks: Vec<Block>,
}

impl Account {
    /// Adds `other`: its counts, and its blocks position by position.
    pub fn add(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        Block::add_each(&mut self.blocks, &other.blocks);
    }

    /// Sorts the delays, so that equal accounts are equal values.
    fn sort(&mut self) {
        self.counts.delays.sort();
    }
}

impl<'a, V: Sync> Job<'a, V> {
    /// Every instance of `trace` with every one of `variants`, with the default horizon and engine.
    #[must_use]
    pub fn new(trace: &'a Trace, variants: &'a [V], setup: &'a Setup) -> Self {
        Self {
            trace,
            variants,
            setup,
            horizon: Horizon::default(),
            engine: Engine::default(),
            progress: &|_| {},
        }
    }

    /// The same job with another horizon.
    #[must_use]
    pub fn horizon(self, horizon: Horizon) -> Self {
        Self { horizon, ..self }
    }

    /// The same job with another engine.
    #[must_use]
    pub fn engine(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }

    /// The same job with a progress callback. It is called after each task, from any thread, with the number of events of the
    /// task's instance.
    #[must_use]
    pub fn progress(self, progress: &'a (dyn Fn(u64) + Sync)) -> Self {
        Self { progress, ..self }
    }

    /// Runs each task with `run` instead of the engine and returns the sums over all instances, in the variants' order.
    ///
    /// `run` leaves the clairvoyant's sleep out, which is added here.
    pub fn totals_by(&self, run: impl Fn(Task<'_, V>) -> Account + Sync) -> Vec<Account> {
        self.sum(|index, span| self.row(index, span, &run))
    }

    /// Like [`totals_by`](Self::totals_by), but without summing: for each instance, in the trace's order, its accounts in the
    /// variants' order.
    pub fn per_instance_by(&self, run: impl Fn(Task<'_, V>) -> Account + Sync) -> Vec<Vec<Account>> {
        self.each(|index, span| self.row(index, span, &run))
    }

    /// One instance with all variants.
    fn row(&self, index: usize, span: Span, run: &(impl Fn(Task<'_, V>) -> Account + Sync)) -> Vec<Account> {
        let instance = &self.trace.instances[index];
        let task = |variant| {
            let account = run(Task { instance, index, span, variant });
            (self.progress)(instance.events.len() as u64);
            account
        };
        let (mut accounts, oracle_suspended_ms) = rayon::join(
            || self.variants.par_iter().map(task).collect::<Vec<_>>(),
            || oracle_suspended_ms(&instance.events, span, &self.setup.world),
        );
        for account in &mut accounts {
            account.counts.oracle_suspended_ms = oracle_suspended_ms;
        }
        accounts
    }

    /// The sums over the rows of all instances.
    fn sum(&self, row: impl Fn(usize, Span) -> Vec<Account> + Sync) -> Vec<Account> {
        let none = || vec![Account::default(); self.variants.len()];
        let add = |mut totals: Vec<Account>, more: Vec<Account>| {
            totals.iter_mut().zip(&more).for_each(|(total, more)| total.add(more));
            totals
        };
        let spans = self.horizon.spans(self.trace);
        let rows = spans.into_par_iter().enumerate().map(|(index, span)| row(index, span));
        let mut totals = rows.fold(none, add).reduce(none, add);
        totals.par_iter_mut().for_each(Account::sort);
        totals
    }

    /// The rows of all instances.
    fn each(&self, row: impl Fn(usize, Span) -> Vec<Account> + Sync) -> Vec<Vec<Account>> {
        let spans = self.horizon.spans(self.trace);
        let rows = spans.into_par_iter().enumerate().map(|(index, span)| row(index, span));
        let sorted = |mut accounts: Vec<Account>| {
            accounts.iter_mut().for_each(Account::sort);
            accounts
        };
        rows.map(sorted).collect()
    }
}

impl Job<'_> {
    /// The sums over all instances, in the timeouts' order.
    #[must_use]
    pub fn totals(&self) -> Vec<Counts> {
        counts(self.sum(self.computed()))
    }

    /// For each instance, in the trace's order, its counts in the timeouts' order.
    #[must_use]
    pub fn per_instance(&self) -> Vec<Vec<Counts>> {
        self.each(self.computed()).into_iter().map(counts).collect()
    }

    /// As [`totals`](Self::totals), with the sums of the ledgers that `ledger` creates for each span. A ledger must see every
    /// event, so this always replays, whatever the engine.
    pub fn accounts(&self, ledger: impl Fn(Span) -> Ledger + Sync) -> Vec<Account> {
        self.totals_by(|task| self.accounted(&task, &ledger))
    }

    /// As [`per_instance`](Self::per_instance), with [ledgers](Self::accounts).
    pub fn accounts_per_instance(&self, ledger: impl Fn(Span) -> Ledger + Sync) -> Vec<Vec<Account>> {
        self.per_instance_by(|task| self.accounted(&task, &ledger))
    }

    /// Runs one instance at all timeouts with the engine.
    fn computed(&self) -> impl Fn(usize, Span) -> Vec<Account> + Sync {
        let sweep = Sweep::new(self.variants, self.setup, self.trace.instances.len());
        move |index, span| match self.engine {
            Engine::Sweep => {
                let instance = &self.trace.instances[index];
                let played = || (self.progress)(instance.events.len() as u64);
                let counts = sweep.instance(&Part::new(instance, span), &played);
                counts.into_iter().map(|counts| Account { counts, blocks: Vec::new() }).collect()
            }
            Engine::Replay => self.row(index, span, &|task: Task<'_, u64>| Account {
                counts: self.replayed(&task, &mut ()),
                blocks: Vec::new(),
            }),
        }
    }

    fn accounted(&self, task: &Task<'_, u64>, ledger: impl Fn(Span) -> Ledger) -> Account {
        let mut ledger = ledger(task.span);
        let counts = self.replayed(task, &mut ledger);
        Account { counts, blocks: ledger.close() }
    }

    fn replayed(&self, task: &Task<'_, u64>, observer: &mut impl Observer) -> Counts {
        let settings = self.setup.settings.with_idle_timeout_ms(*task.variant);
        let setup = Setup { settings, ..self.setup.clone() };
        run(task.instance, task.span, &setup, Ticks::ThatMatter, observer)
    }
}

fn counts(accounts: Vec<Account>) -> Vec<Counts> {
    accounts.into_iter().map(|account| account.counts).collect()
}
