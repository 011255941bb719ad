//! Laws of the predicate and of the state machine, over random walks: facts in any order, valid or not, and
//! clocks that differ.

mod conformance;
mod fleet;
mod forecast;
mod laws;
mod protocol;
