//! The connector from outside: a WebSocket client, a sender, a wake URL.

mod faults;
mod http;
mod poke;
mod process;
mod relay;
mod world;
