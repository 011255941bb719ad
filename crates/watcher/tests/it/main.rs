//! The watcher against the simulator, and against gateways, relays, levers and disks that misbehave.

mod common;
mod conformance;
mod dormouse;
mod endings;
mod layers;
#[cfg(target_os = "linux")]
mod lever;
mod lever_logs;
mod log;
mod parity;
mod prometheus;
mod recorder;
mod relay;
mod show;
mod tls;
