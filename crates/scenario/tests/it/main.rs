//! Scenario files: what is refused, what is written, and what other crates can count on.

mod files;
mod laws;
mod search;
