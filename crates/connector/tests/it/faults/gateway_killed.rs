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

/// Five of twenty entries have begun, and the fifth is in its handler. No more messages are sent, so the gateway is started by a repeated poke.
#[tokio::test]
async fn in_the_middle_of_a_drain() {
    let mut world = backlog(20, 5).await;
    world.until("the drain begins", |world| world.journal().began() == 5).await;
    world.machine.kill();
    assert_eq!(world.journal().done().len(), 4);
    world.let_go();
    assert_eq!(world.repeats_after_recovery().await, 1);
    assert_eq!(world.machine.starts(), 2);
}

/// The entry in the handler is handled again, and no other.
#[tokio::test]
async fn in_a_handler_only_that_entry_is_handled_again() {
    let mut world = backlog(3, 2).await;
    world.until("the second begins", |world| world.journal().began() == 2).await;
    world.machine.kill();
    assert_eq!(world.journal().done().len(), 1);
    world.let_go();
    assert_eq!(world.repeats_after_recovery().await, 1);
}

/// A gateway that wakes to a backlog of `entries` entries. The handler of one of them, counted from 1, is held.
async fn backlog(entries: usize, held: usize) -> World {
    let mut world = World::start(Timing::DEFAULT).await;
    world.until_asleep().await;
    world.machine.set_wakes(Wakes::Spent);
    for entry in 1..=entries {
        if entry == held {
            world.hold_next();
        }
        world.send().await;
    }
    assert!(world.machine.frozen_since().is_some());
    world.machine.set_wakes(Wakes::Yes);
    world.machine.wake();
    world
}
