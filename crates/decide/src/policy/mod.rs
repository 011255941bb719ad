//! Idle timeouts that are rules and not numbers.
//!
//! A machine that idles pays `rho` a millisecond; one that is woken pays `W`, all included. Their quotient `beta = W / rho` is
//! the *break-even gap*: a longer one is worth sleeping in. Nobody knows how long a gap will be, and each policy is an answer to
//! that: [`Policy`](dormouse_core::Policy) is the trait, each file here is one. All costs in this crate are in ms of idle time,
//! so a wake costs `beta` ms.
//!
//! | to | use |
//! |---|---|
//! | name a policy, and make one for an instance | [`Recipe`], [`TraceGaps`] |
//! | price a plan, gap by gap, in a world without latencies | [`cost`](cost::cost_ms), [`rulers`] |
//! | play policies on a trace, in the whole world and under its auditor | [`Compare`] |
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
//! // The best fixed timeout does the same and pays 10 s more a pair; break-even pays at most twice.
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
mod known;
pub mod never_keep;
pub mod oracle;
pub mod randomised;
mod recipe;
pub mod rulers;
pub mod shares;
pub mod week;

pub use compare::{Compare, PolicyResult};
pub use known::TraceGaps;
pub use recipe::{Recipe, RecipeError};
