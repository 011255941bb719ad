//! A watcher in a world.

use dormouse_core::{Design, Settings};
use dormouse_text::nearest;

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

/// The watcher's design of this [name](Design::name).
///
/// # Errors
/// When there is no such design. The error is one line with the nearest name.
pub fn design_named(name: &str) -> Result<Design, String> {
    name.parse().map_err(|_| {
        let advice = nearest::advice(name, Design::ALL.map(Design::name));
        format!("unknown watcher `{}`; {advice}", name.escape_debug())
    })
}
