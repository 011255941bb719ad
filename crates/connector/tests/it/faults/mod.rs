//! Tests of faults on real sockets. The connector and a gateway with the production watcher and relay client run as processes,
//! and the test plays the platform, which freezes and thaws the gateway. Then one of them is killed, frozen, cut off, or gets a
//! wrong time.
//!
//! | module | contents |
//! |---|---|
//! | [`gateway`] | the process of the gateway |
//! | [`journal`] | what the gateway has handled, and the check that nothing is handled twice |
//! | [`machine`] | the platform: a lever, a freeze, a wake URL, a restart |
//! | [`proxy`], [`wire`] | the network between gateway and connector, which can be blocked: a proxy, or a pair of interfaces |
//! | [`namespace`] | namespaces for a test, where they are permitted |
//! | [`world`] | all of these together, and [`World::repeats_after_recovery`](world::World::repeats_after_recovery): what must hold after every fault |
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
mod proxy;
mod random;
mod wire;
mod world;
