//! Fault search: random traffic in random worlds under random faults, until a watcher misses work.
//!
//! A *trial* is one machine with its traffic and its world over some hours, a function of its *seed*. Trials are drawn in
//! *swarm* style: each one draws from a random subset of what there is (kinds of event, gaps, parameters, faults), so that
//! what hides another thing is often missing. What may be drawn, and what counts as missed work, is the [`Profile`]'s.
//!
//! | room | what is in it |
//! |---|---|
//! | [`Profile`] | what is assumed of the world, and what counts |
//! | [`Trial`] | one draw: its `traffic`, its `world`, and the `trouble` in it |
//! | [`Search`], [`SearchReport`] | many trials on all threads, and what they came to |
//! | [`Coverage`] | which facts came in which phase under which fault |
//! | [`Shrunk`] | the smallest trial that still shows it, as a scenario |
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
