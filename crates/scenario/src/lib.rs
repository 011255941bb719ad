//! Scenarios: a story, a watcher, a world, traffic and faults, and the verdict that must come out.
//!
//! A *scenario* is one TOML file that two runs are made of. With the *defect*, the classes of missed work that the story
//! tells of must appear; with the *cure* (a switch, a parameter, another design) they must not, and nothing else may. A
//! scenario whose verdict is the same both ways would prove nothing.
//!
//! | room | what is in it |
//! |---|---|
//! | [`Scenario`] | the file, read and written |
//! | [`Traffic`], [`Inline`] | what arrives |
//! | [`Expect`], [`Bound`] | the verdict |
//! | [`Case`], [`Outcome`] | one run, and what came of it |
//! | [`prevention`] | which switch would have prevented it, found by trying |
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

pub use case::{Case, Outcome};
pub use error::ScenarioError;
pub use expect::{Bound, Expect};
pub use inline::Inline;
pub use prevention::{Change, prevention};
pub use scenario::{Cure, Scenario};
pub use traffic::{Preset, TraceFile, Traffic};
