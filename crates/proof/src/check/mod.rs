//! The watcher's state machine under a model checker.
//!
//! The model is core's *real* [`Watcher`](dormouse_core::Watcher), composed with small models of everything around it:
//! relay, connector, platform, clock and person. What takes time takes any time up to a limit, what may get lost gets lost as
//! often as the [`Bounds`] allow, and everything that can happen next is tried, in every order. A state in which work is
//! missed is found, or there is none within the bounds.
//!
//! | module | what is in it |
//! |---|---|
//! | `bounds` | how much happens, what may go wrong, how long things take |
//! | `state` | the world at one moment |
//! | `action` | what can happen next |
//! | `step` | what it changes |
//! | `wrong` | the classes of missed work, as conditions on one state |
//! | `model` | the whole as a checker's model, and the search |
//! | `trail` | how it came to a violation, as a timeline |
//! | `reproduction` | the same in the simulator, and as a scenario file |
//!
//! Time is counted in units of a second, and all of the watcher's durations are a few units: what
//! matters is their order, not their length. Between two units everything that is due by then has happened.
//!
//! ```
//! use dormouse_core::Settings;
//! use dormouse_proof::check::{Bounds, Wrong, explore};
//!
//! // One message and no fault are enough for the watcher of today to leave it lying, and not enough for ours.
//! let bounds = Bounds { arrivals: 1, ..Bounds::nothing() };
//! assert!(explore(Settings::current(), bounds, 1).trail_to(Wrong::StrandedAsleep).is_some());
//! assert_eq!(explore(Settings::dormouse(), bounds, 1).found(), []);
//! ```

mod action;
mod bounds;
mod model;
mod reproduction;
mod state;
mod step;
mod trail;
mod wrong;

pub use bounds::{Bounds, FaultCounts};
pub use model::{Exploration, explore};
pub use reproduction::Reproduction;
pub use trail::Trail;
pub use wrong::Wrong;
