//! The world around the watcher, in virtual time.
//!
//! Core decides; this crate is everything else: the machine with its two clocks, the platform with its lever and its own
//! timer, the connector with its buffer and its pokes, the relay, the faults, and the [auditor](dormouse_rows::Class) that
//! sees the true world and counts missed work. The watcher in here is [`dormouse_core::Watcher`] itself: nothing models it
//! a second time. The physics stand in `docs/model.md`.
//!
//! ```
//! use dormouse_core::Design;
//! use dormouse_sim::{Horizon, Setup, Sweep};
//! use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};
//!
//! // Two messages, an hour apart.
//! let events: Events = [0, 3_600_000].into_iter().map(|at_ms| Event { at_ms, kind: Kind::Inbound, work_ms: 60_000 }).collect();
//! let trace = Trace { instances: vec![Instance::new("me", events)], meta: Meta::default() };
//!
//! let setup = Setup::new(Design::Dormouse);
//! let totals = Sweep::new(&trace, &[120_000, 600_000], &setup, Horizon::Common).totals();
//! let [two_minutes, ten_minutes] = totals.as_slice() else { panic!() };
//! assert_eq!((two_minutes.suspends, two_minutes.wakes[0]), (1, 1));
//! assert!(two_minutes.suspended_ms > ten_minutes.suspended_ms);
//! assert_eq!(two_minutes.violations_total(), 0);
//! ```

mod audit;
mod changes;
mod choice;
mod draw;
mod faults;
mod idle;
mod ledger;
mod log;
mod oracle;
mod parameter;
mod run;
mod set;
mod setup;
mod sweep;
mod timings;
mod value;
mod world;

pub use choice::{LeverKind, Messages, WhileSuspending, WithoutSession};
pub use draw::{Distributed, Draws, Latency, What};
pub use faults::{Fault, Faults, When};
pub use idle::PlatformIdle;
pub use ledger::{Block, DAY_MS, Ledger};
pub use log::{Event, Line, Observer, Poke, Stamp};
pub use oracle::oracle_suspended_ms;
pub use parameter::{Parameter, ParameterKind, Provenance};
pub use run::{
    Ahead, Imprint, Part, Span, Stretch, Stretches, Ticks, run, run_in_stretches, run_with_policy,
};
pub use set::ParamError;
pub use setup::Setup;
pub use sweep::{Horizon, Sweep};
pub use world::World;
