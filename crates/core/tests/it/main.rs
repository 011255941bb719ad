//! Laws of the predicate and of the state machine, over random walks: facts in any order, right or wrong, and clocks that part.

mod conformance;
mod fleet;
mod forecast;
mod laws;
mod protocol;
