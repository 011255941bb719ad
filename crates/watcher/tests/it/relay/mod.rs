//! The relay's client against a connector that does as it is told, with short timings.

mod connection;
mod dials;
mod entries;
mod going_idle;
mod secrets;
mod start;
mod world;
