//! Laws of tuning, the coverage of its interval, and its decisions.

mod book;
mod coverage;
mod laws;
