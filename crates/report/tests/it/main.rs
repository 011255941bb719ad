//! The crate from outside: what it prints, writes and draws, byte for byte.

mod findings;
mod laws;
mod report;
mod rows;
mod table;
