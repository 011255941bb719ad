//! Platforms as data: what a machine costs, what its clock counts, how long it takes to suspend and wake, and which
//! timeouts can be set. Each value has a source, a date and a confidence; what is unknown stays unknown, as wide bounds.

mod prices;

pub use prices::{Between, Prices};
