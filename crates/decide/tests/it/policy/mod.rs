//! Laws of costs and policies, and what the whole world makes of them.

mod laws;
mod world;
