//! The search as a whole.

mod designs;
mod trials;
