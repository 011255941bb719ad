//! Scenarios: a story, a watcher, a world, traffic and faults, and the expected verdict.
//!
//! A *scenario* is one TOML file that defines two runs. With the *defect*, the classes of missed work from the
//! story must appear. With the *cure* (a switch, a parameter, another design) they must not, and no other class
//! may. A scenario with the same verdict in both runs would prove nothing.
//!
//! | item | contents |
//! |---|---|
//! | [`Scenario`] | the file: reading and writing |
//! | [`Traffic`], [`Inline`] | the traffic |
//! | [`Expect`], [`Bound`] | the expected verdict |
//! | [`ScenarioCase`], [`Outcome`] | one run and its result |
//! | [`prevention`] | which switch would have prevented it, found by trial |
//!
//! ```
//! use dormouse_scenario::Scenario;
//!
//! let scenario = Scenario::from_toml(
//!     r#"
//!     title = "A night job freezes"
//!     story = "Cron jobs were not seen by the idle predicate."
//!     watcher = "current"
//!     horizon = "20m"
//!     [set]
//!     count_cron = false
//!     [traffic]
//!     events = "10s cron 10m"
//!     [expect]
//!     missed = { frozen-work = 1 }
//!     [cure.set]
//!     count_cron = true
//!     "#,
//!     "night.toml",
//! )?;
//! assert!(scenario.defect()?.play().stands());
//! assert!(scenario.cured()?.unwrap().play().stands());
//! assert_eq!(Scenario::from_toml(&scenario.to_toml()?, "night.toml")?, scenario);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The format is in `docs/scenarios.md`.

mod case;
mod error;
mod expect;
mod inline;
mod prevention;
mod scenario;
pub mod search;
mod traffic;

pub use case::{Outcome, ScenarioCase};
pub use error::ScenarioError;
pub use expect::{Bound, Expect};
pub use inline::Inline;
pub use prevention::{Change, prevention};
pub use scenario::{Cure, Scenario};
pub use traffic::{Preset, TraceFile, Traffic};
