//! Faults on real sockets: the real connector, a gateway with the production watcher and relay client, and a platform that
//! freezes and thaws it, each a process of its own; then one of them is killed, frozen, cut off, or told a wrong time.
//!
//! | room | what is in it |
//! |---|---|
//! | [`gateway`] | the gateway's process |
//! | [`journal`] | what it says that it handled, and the law that nothing is handled twice |
//! | [`machine`] | the platform: a lever, a freeze, a wake URL, a restart |
//! | [`road`], [`wire`] | the network between gateway and connector, which can be blocked: a proxy, or a pair of interfaces |
//! | [`namespace`] | namespaces of the test's own, where they are permitted |
//! | [`world`] | all of it, and [`World::ends_well`](world::World::ends_well): what must hold after every fault |
//! | the others | the faults |

mod clocks;
mod connector_killed;
mod disk;
mod gateway;
mod gateway_killed;
mod half_open;
mod journal;
mod machine;
mod namespace;
mod random;
mod road;
mod wire;
mod world;
