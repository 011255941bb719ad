//! From traffic to a decision: which idle timeout, what it saves, whom it delays, and how sure that is.
//!
//! [`dormouse_sim`] replays every timeout with the real watcher, and keeps an [account](dormouse_sim::Block) of
//! each day. The rest is statistics:
//!
//! ```text
//! trace ── replay at every timeout ──> Book: a Block a day and timeout ── Tariff ──> Costs ── Candidates ──> a timeout
//!                                                                           │
//!                                                              resampled days: Interval
//! ```
//!
//! The decision is whether to *change* the present timeout. A timeout whose replay loses work is never
//! recommended. Costs up to 2 % above the cheapest are equally good. Among those timeouts the present one wins,
//! otherwise the one with the fewest wakes. A change is recommended only if the whole 95 % interval of its
//! saving is above zero. If the data are not enough to tell, the answer is to keep the present timeout.
//!
//! ```
//! use dormouse_core::Design;
//! use dormouse_sim::platform::{Between, Prices};
//! use dormouse_sim::{Job, Setup};
//! use dormouse_trace::generate::{Spec, generate};
//! use dormouse_decide::tune::{Request, Reason, Verdict, tune};
//!
//! let trace = generate(&Spec::preset("team-week")?, 1)?;
//! let prices = Prices {
//!     currency: "USD".to_owned(),
//!     running_per_hour: Between::exactly(0.008),
//!     suspended_per_hour: Between::exactly(0.0),
//!     per_wake: Between::exactly(0.0),
//!     minimum_bill_ms: 0,
//! };
//! let question = Request {
//!     prices: &prices,
//!     present_ms: 3_600_000,
//!     a_second_of_waiting: 0.0,
//!     max_delay_ms_p99: None,
//!     max_wakes_per_day: None,
//!     least_saving: 0.0,
//!     seed: 1,
//! };
//! let setup = Setup::new(Design::Dormouse);
//! let answer = tune(&Job::new(&trace, &[60_000, 120_000, 600_000], &setup), &question);
//! assert_eq!((answer.verdict, answer.reason, answer.timeout_ms), (Verdict::Set, Reason::Saves, 60_000));
//! assert!(answer.saving.unwrap().low.unwrap() > 0.0);
//! assert_eq!(answer.warnings[0].kind, "too-little");
//! # Ok::<(), dormouse_trace::TraceError>(())
//! ```

mod answer;
mod basis;
mod book;
mod choose;
mod decision;
mod draws;
mod interval;
mod order;
mod price;
mod rolling;
mod warnings;

pub use answer::{Amount, CurvePoint, Decision, Implied, Missed, Reason, Reckoned, SCHEMA_VERSION, Verdict};
pub use basis::{Basis, ENOUGH_DAYS, ENOUGH_GAPS, Warning, break_even_ms, gaps_needed};
pub use book::{BlockUnit, Book, ENOUGH_WEEKS};
pub use choose::{Candidates, NEAR};
pub use decision::{Request, tune};
pub use interval::{FEWEST_BLOCKS, Interval, IntervalMethod, RESAMPLES, Shape, interval};
pub use order::{ShuffleTest, order};
pub use price::{Costs, MONTH_MS, Tariff};
pub use rolling::{Rolling, rolling};
