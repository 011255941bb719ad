//! Simulates the world around the watcher, in virtual time.
//!
//! `dormouse-core` makes the decisions. This crate simulates everything else: the machine with its two clocks, the platform
//! with its lever and its own timer, the connector with its buffer and its pokes, the relay, the faults, and the
//! [auditor](crate::rows::Class), which sees the true world and counts missed work. The watcher is
//! [`dormouse_core::Watcher`] itself, not a second model of it. `docs/model.md` describes the physics.
//!
//! | to | use |
//! |---|---|
//! | run a trace at many timeouts | [`Job`]: on all threads, as totals or per instance |
//! | run one instance and see everything that happens | [`run`] with an [`Observer`]; [`run_with_policy`] |
//! | set a design, a world and faults | [`Setup`] |
//! | compute how long a clairvoyant could sleep | [`oracle_suspended_ms`] |
//! | compute the cost of every timeout in a world without ticks and latencies | [`ideal`] |
//!
//! ```
//! use dormouse_core::Design;
//! use dormouse_sim::{LogEvent, Horizon, Job, Setup, Stamp, Ticks, run};
//! use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};
//!
//! // Two messages, an hour apart.
//! let message = |at_ms| Event { at_ms, kind: Kind::Inbound, work_ms: 60_000 };
//! let events: Events = [0, 3_600_000].map(message).into_iter().collect();
//! let trace = Trace { instances: vec![Instance::new("me", events)], meta: Meta::default() };
//!
//! // The design that misses no work, at two timeouts: it sleeps between the messages, and the second one wakes it.
//! let setup = Setup::new(Design::Dormouse);
//! let totals = Job::new(&trace, &[120_000, 600_000], &setup).totals();
//! let [two_minutes, ten_minutes] = totals.as_slice() else { panic!() };
//! assert_eq!((two_minutes.suspends, two_minutes.wakes[0]), (1, 1));
//! assert!(two_minutes.suspended_ms > ten_minutes.suspended_ms);
//! assert_eq!(two_minutes.violations_total(), 0);
//!
//! // One of these runs with an observer: when does the machine freeze?
//! let me = &trace.instances[0];
//! let mut frozen_ms = None;
//! run(me, Horizon::Common.span(&trace, me), &setup, Ticks::ThatMatter, &mut |stamp: Stamp, event| {
//!     if let LogEvent::Frozen { .. } = event {
//!         frozen_ms = Some(stamp.wall_ms);
//!     }
//! });
//! assert!(frozen_ms > Some(setup.settings.idle_timeout_ms));
//! ```

mod audit;
mod changes;
mod choice;
mod draw;
mod faults;
mod horizon;
pub mod ideal;
mod idle;
mod job;
mod ledger;
mod log;
mod oracle;
mod parameter;
pub mod platform;
pub mod rows;
mod run;
mod set;
mod setup;
mod sweep;
mod timings;
mod value;
mod world;

pub use choice::{LeverKind, Messages, WhileSuspending, WithoutSession};
pub use draw::{Distributed, Draws, Latency, Occasions, What};
pub use faults::{Fault, Faults, When};
pub use horizon::Horizon;
pub use idle::PlatformIdle;
pub use job::{Account, Engine, Job, Task};
pub use ledger::{Block, Ledger};
pub use log::{Line, LogEvent, Observer, Poke, Stamp};
pub use oracle::oracle_suspended_ms;
pub use parameter::{Parameter, ParameterKind, Provenance};
pub use run::{Span, Ticks, policy_gap, run, run_with_policy};
pub use set::ParamError;
pub use setup::{Setup, design_named};
pub use world::World;
