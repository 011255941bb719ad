//! Tests of the public interface.

mod broken;
mod docs;
mod laws;
mod presets;
mod processes;
mod reading;
mod specs;
