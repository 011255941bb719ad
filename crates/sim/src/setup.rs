//! A watcher in a world.

use dormouse_core::{Design, Settings};

use crate::world::World;

/// A watcher in a world: everything a replay needs apart from the trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The watcher.
    pub settings: Settings,
    /// The world around it.
    pub world: World,
    /// Seed of the keyed draws.
    pub seed: u64,
}

impl Setup {
    /// The watcher of `design` in the default world, with seed 1.
    #[must_use]
    pub fn new(design: Design) -> Self {
        Self { settings: design.settings(), world: World::default(), seed: 1 }
    }
}
