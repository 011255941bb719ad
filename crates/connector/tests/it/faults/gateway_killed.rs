//! `kill -9` of the gateway. The platform starts it again only when its wake URL is requested.

use super::machine::Wakes;
use super::world::{Timing, World};

#[tokio::test]
async fn while_it_is_asleep() {
    let mut world = World::start(Timing::DEFAULT).await;
    world.send().await;
    world.until_asleep().await;
    world.machine.kill();
    world.send().await;
    assert_eq!(world.repeats_after_recovery().await, 0);
    assert_eq!(world.machine.starts(), 2);
}

/// The lever has accepted, but the process is gone before the freeze lands.
#[tokio::test]
async fn between_the_lever_and_the_freeze() {
    let mut world = World::start(Timing { freeze_lag_ms: 400, ..Timing::DEFAULT }).await;
    world.until("it suspends", |world| world.machine.is_suspending()).await;
    world.machine.kill();
    world.send().await;
    assert_eq!(world.repeats_after_recovery().await, 0);
    assert_eq!(world.machine.starts(), 2);
}

/// Five of twenty entries have begun. No more messages are sent, so the gateway is started by a repeated poke.
#[tokio::test]
async fn in_the_middle_of_a_drain() {
    let mut world = backlog(20, 10).await;
    world.until("the drain begins", |world| world.journal().began() >= 5).await;
    world.machine.kill();
    let handled = world.journal().done().len();
    assert!((4..20).contains(&handled), "{handled}");
    assert!(world.repeats_after_recovery().await <= 1);
    assert_eq!(world.machine.starts(), 2);
}

/// Deterministic: the handler takes longer than anything else here. Its entry is handled again, and no other.
#[tokio::test]
async fn in_a_handler_only_that_entry_is_handled_again() {
    let mut world = backlog(3, 500).await;
    world.until("the second begins", |world| world.journal().began() == 2).await;
    world.machine.kill();
    assert_eq!(world.journal().done().len(), 1);
    assert_eq!(world.repeats_after_recovery().await, 1);
}

/// A gateway that wakes to a backlog of `entries` entries, each of which takes `handler_ms`.
async fn backlog(entries: usize, handler_ms: u64) -> World {
    let mut world = World::start(Timing { handler_ms, ..Timing::DEFAULT }).await;
    world.until_asleep().await;
    world.machine.set_wakes(Wakes::Spent);
    for _ in 0..entries {
        world.send().await;
    }
    assert!(world.machine.frozen_since().is_some());
    world.machine.set_wakes(Wakes::Yes);
    world.machine.wake();
    world
}
