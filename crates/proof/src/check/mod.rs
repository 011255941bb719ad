//! Model checking of the watcher's state machine.
//!
//! The model composes core's *real* [`Watcher`](dormouse_core::Watcher) with small models of its environment:
//! relay, connector, platform, clock and person. A delay may have any length up to a limit, messages may get
//! lost as often as the [`Bounds`] allow, and all possible actions are explored in every order. The search
//! either finds a state in which work is missed, or shows that there is none within the bounds.
//!
//! | module | contents |
//! |---|---|
//! | `bounds` | how much happens, which faults strike, how long things take |
//! | `state` | the world at one moment |
//! | `action` | the possible actions |
//! | `step` | the effect of an action |
//! | `wrong` | the classes of missed work, as conditions on one state |
//! | `model` | the model for the checker, and the search |
//! | `trail` | the actions that led to a violation, as a timeline |
//! | `reproduction` | the same violation in the simulator, and as a scenario file |
//!
//! Time is counted in units of a second, and all of the watcher's durations are a few units: their order
//! matters, not their length. A unit passes only when everything that is due has happened.
//!
//! ```
//! use dormouse_core::Settings;
//! use dormouse_proof::check::{Bounds, Wrong, explore};
//!
//! // One message and no fault are enough to make the current watcher strand it, but not dormouse.
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
