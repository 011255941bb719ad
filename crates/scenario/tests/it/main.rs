//! Scenario files: errors, output, and guarantees for other crates.

mod files;
mod laws;
mod search;
