//! Scenario files: what is refused, what is written, and what other crates can count on.

mod search;
mod files;
mod laws;
