//! Test support for the other crates. Not part of any product.
//!
//! | module | contents | feature |
//! |---|---|---|
//! | [`cases`] | random traffic, worlds and watchers for property tests | always |
//! | [`docs`] | generated files and tables in `docs/`, compared or rewritten | always |
//! | `fuzz` | a fuzz target for every reader; the tests run the stored seeds | `fuzz` |
//! | `check` | model checking of the watcher's state machine | `check` |
//!
//! Both features are on by default, so `cargo test --workspace` runs every test. A crate that only needs random
//! cases turns them off and compiles neither the readers nor the checker.

pub mod cases;
#[cfg(feature = "check")]
pub mod check;
pub mod docs;
#[cfg(feature = "fuzz")]
pub mod fuzz;
