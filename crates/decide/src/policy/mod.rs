//! Policies: rules that choose an idle timeout for each gap.
//!
//! An idle machine costs `rho` per millisecond, and a wake costs `W`, all included. Their quotient
//! `beta = W / rho` is the *break-even gap*: a longer gap is worth sleeping in. The length of a gap is not known in advance,
//! and each policy handles that differently. [`Policy`](dormouse_core::Policy) is the trait; each file here is
//! one policy. All costs in this crate are in ms of idle time, so a wake costs `beta` ms.
//!
//! | to | use |
//! |---|---|
//! | name a policy, and create it for an instance | [`Recipe`], [`TraceGaps`] |
//! | compute the cost of a plan, gap by gap, in a world without latencies | [`cost`](cost::cost_ms), [`rulers`] |
//! | compare policies on a trace, in the full simulation with its auditor | [`Compare`] |
//!
//! ```
//! use dormouse_decide::policy::{TraceGaps, Recipe, rulers::Rulers};
//! use dormouse_sim::Horizon;
//! use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};
//!
//! // Pairs of messages, 10 s apart, each hour.
//! let at = |n: u64| n / 2 * 3_600_000 + n % 2 * 10_000;
//! let events: Events = (0..100).map(|n| Event { at_ms: at(n), kind: Kind::Inbound, work_ms: 0 }).collect();
//! let trace = Trace { instances: vec![Instance::new("me", events)], meta: Meta::default() };
//!
//! // Where a wake is worth 20 s, a clairvoyant stays awake for the second message and sleeps after it.
//! let known = TraceGaps::of(&trace, Horizon::Common, 20_000, 1);
//! let rulers = Rulers::of(&known);
//! assert_eq!(rulers.opt_ms, 50 * 10_000 + 49 * 20_000);
//! // The best fixed timeout does the same and pays 10 s more a pair; break-even pays at most twice the clairvoyant's cost.
//! assert_eq!(known.cost_ms(&Recipe::Hindsight), 50 * 10_000 + 49 * 30_000);
//! assert!(known.cost_ms(&Recipe::BreakEven) <= 2 * rulers.opt_ms);
//! ```

pub mod always_on;
pub mod augmented;
pub mod average;
pub mod break_even;
mod compare;
pub mod cost;
pub mod cron_aware;
pub mod fixed;
pub mod governor;
pub mod hindsight;
pub mod histogram;
pub mod history;
pub mod never_keep;
pub mod oracle;
pub mod randomised;
mod recipe;
pub mod rulers;
pub mod shares;
mod trace_gaps;
pub mod week;

pub use compare::{Compare, PolicyResult};
pub use recipe::{Recipe, RecipeError};
pub use trace_gaps::TraceGaps;
