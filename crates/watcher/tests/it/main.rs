//! The production watcher's integration tests.

mod relay;
