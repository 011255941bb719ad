//! The watcher against the simulator, and against gateways, relays, levers and disks that misbehave.

mod common;
mod conformance;
<<<<<<< HEAD
mod endings;
=======
mod dormouse;
>>>>>>> main
mod lever;
mod parity;
mod recorder;
mod relay;
mod show;
mod tls;
