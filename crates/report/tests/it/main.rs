//! Tests of the public interface: what the crate prints, writes and draws, byte for byte.

mod findings;
mod laws;
mod report;
mod rows;
mod table;
