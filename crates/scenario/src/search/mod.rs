//! Fault search: random traffic in random worlds under random faults, until a watcher misses work.
//!
//! A *trial* is one machine with its traffic and its world over some hours, a function of its *seed*. Trials are
//! drawn in *swarm* style: each one draws only from a random subset of the options (kinds of event, gaps,
//! parameters, faults), so that an option that masks another one is often absent. The [`Profile`] defines what
//! may be drawn, and what counts as missed work.
//!
//! | item | contents |
//! |---|---|
//! | [`Profile`] | the assumptions about the world, and what counts as missed work |
//! | [`Trial`] | one draw: its `traffic`, its `world`, and its faults (`trouble`) |
//! | [`Search`], [`SearchReport`] | many trials on all threads, and their results |
//! | [`Coverage`] | which facts occurred in which phase under which fault |
//! | [`Shrunk`] | the smallest trial that still shows the failure, as a scenario |
//!
//! ```
//! use dormouse_core::Design;
//! use dormouse_sim::rows::Class;
//! use dormouse_scenario::search::{Profile, Search};
//!
//! let search = Search { design: Design::Current, profile: Profile::Assumed };
//! let report = search.run(0..200);
//! let failure = report.found(Class::StrandedInbound).first[0];
//! let shrunk = search.shrink(failure.seed, Class::StrandedInbound);
//! assert!(shrunk.trial.events.len() <= 3);
//! ```

mod coverage;
mod draw;
mod profile;
mod report;
mod shrink;
mod traffic;
mod trial;
mod trials;
mod trouble;
mod world;

pub use coverage::Coverage;
pub use profile::Profile;
pub use report::{Failure, Found, SearchReport};
pub use shrink::Shrunk;
pub use trial::Trial;
pub use trials::Search;
