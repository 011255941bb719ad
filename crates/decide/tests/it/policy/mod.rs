//! Laws of costs and policies, and policies in the full simulation.

mod laws;
mod world;
