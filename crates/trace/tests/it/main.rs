//! What the crate promises, seen from outside.

mod broken;
mod docs;
mod laws;
mod presets;
mod processes;
mod reading;
mod specs;
