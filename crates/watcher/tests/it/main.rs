//! The watcher against the simulator, and against gateways, relays and levers that misbehave.

mod common;
mod conformance;
mod parity;
mod relay;
