//! Tests of the connector from outside, with a WebSocket client, a sender and a wake URL.

mod faults;
mod http;
mod poke;
mod process;
mod relay;
mod world;
