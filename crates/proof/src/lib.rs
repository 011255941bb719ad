//! What the other crates are tested with. Nothing here is part of a product.
//!
//! | module | what is in it | feature |
//! |---|---|---|
//! | [`cases`] | random traffic, worlds and watchers for property tests | always |
//! | [`docs`] | generated files and tables in `docs/`, compared or rewritten | always |
//! | `fuzz` | a target for every reader, which the tests play with kept seeds | `fuzz` |
//! | `check` | the watcher's state machine under a model checker | `check` |
//!
//! Both features are on by default, so that `cargo test --workspace` runs every test. A crate that only draws random cases
//! depends on this one without them, and builds neither the readers nor the checker.

pub mod cases;
#[cfg(feature = "check")]
pub mod check;
pub mod docs;
#[cfg(feature = "fuzz")]
pub mod fuzz;
