//! Every timeout at once.
//!
//! Whoever asks for a curve over idle timeouts asks the same questions of the same traffic again and again, and a replay
//! answers each of them from the beginning. Yet a timeout can only see the *gaps* that are at least as long as itself. This
//! crate finds the gaps once and then takes each timeout from gap to gap:
//!
//! ```text
//! traffic     ||||||||||||||      |||||||||||||||||||||||||||||                 ||||||||
//! 30 s        ------------->Zz.w..------------>Zz...........................w...------->
//! 10 min      ------------------------------------------------>         Zz..w...------->
//!             taken at a stroke   taken at a stroke            played      taken again
//! ```
//!
//! What is *played* (a quiesce, a freeze, a wake, a drain, an abandoned attempt, faults) is played by [`dormouse_sim`] itself,
//! which is entered just before the gap and left when the gateway is up, connected and resting again. So there is no second
//! model of the physics that could disagree with the first, and every design, switch, latency and fault of the simulator is
//! inside the domain: a [`Sweep`] gives the same counts as [`dormouse_sim::Sweep`] to the last integer, delays as a multiset
//! and violations by class included. That is also why this crate stands on the simulator, and not beside it. How it works, what
//! it costs and where it gains nothing stands in `docs/kernel.md`.
//!
//! [`ideal`] is the other curve over all timeouts: without a watcher, as a ruler.
//!
//! ```
//! use dormouse_core::Design;
//! use dormouse_sim::{Horizon, Setup};
//! use dormouse_sweep::Sweep;
//! use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};
//!
//! // A burst of a thousand messages, and an hour later another one.
//! let burst = |start: u64| (0..1000).map(move |i| Event { at_ms: start + i * 500, kind: Kind::Inbound, work_ms: 2_000 });
//! let events: Events = burst(0).chain(burst(3_600_000)).collect();
//! let trace = Trace { instances: vec![Instance::new("me", events)], meta: Meta::default() };
//!
//! let (timeouts_ms, setup) = ([60_000, 120_000, 3_600_000], Setup::new(Design::Dormouse));
//! let swept = Sweep::new(&trace, &timeouts_ms, &setup, Horizon::Common).totals();
//! assert_eq!(swept.iter().map(|counts| counts.suspends).collect::<Vec<_>>(), [1, 1, 0]);
//! assert_eq!(swept, dormouse_sim::Sweep::new(&trace, &timeouts_ms, &setup, Horizon::Common).totals());
//! ```

mod gaps;
pub mod ideal;
mod lane;
mod sweep;

pub use sweep::Sweep;
