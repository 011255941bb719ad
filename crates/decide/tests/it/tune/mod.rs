//! Laws of tuning, its interval's coverage, and what it decides.

mod book;
mod coverage;
mod laws;
