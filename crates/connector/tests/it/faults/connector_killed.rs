//! `kill -9` of the connector.

use super::machine::Wakes;
use super::world::{Timing, World};

/// The ack is sent a second after the flip, and the flip is visible from outside.
#[tokio::test]
async fn between_the_flip_and_its_ack() {
    let mut world = World::start(Timing { ack_delay_ms: 1000, ..Timing::DEFAULT }).await;
    // On a machine that stands still for that second, the ack may come after all. The freeze does not.
    world.machine.hold_freezes(true);
    world.until_status("it flips", |status| status["buffered"] == true).await;
    // The connector buffers this, and the gateway does not know of the flip yet.
    world.send().await;
    assert!(world.kill_connector());
    world.machine.hold_freezes(false);
    world.start_connector();
    assert_eq!(world.repeats_after_recovery().await, 0);
    assert_eq!(world.machine.starts(), 1);
}

/// Deterministic: the request to the wake URL is open and unanswered when the connector is killed.
#[tokio::test]
async fn between_the_append_and_the_poke() {
    let mut world = World::start(Timing::DEFAULT).await;
    world.until_asleep().await;
    world.machine.set_wakes(Wakes::Hangs);
    let asked = world.machine.asked();
    world.send().await;
    world.until("the wake URL is asked", |world| world.machine.asked() > asked).await;
    assert!(world.machine.frozen_since().is_some());
    assert!(world.kill_connector());
    world.machine.set_wakes(Wakes::Yes);
    world.start_connector();
    assert_eq!(world.repeats_after_recovery().await, 0);
}

/// The connector is killed while the fifth of twenty is in its handler.
#[tokio::test]
async fn in_the_middle_of_a_drain() {
    let mut world = World::start(Timing::DEFAULT).await;
    world.until_asleep().await;
    world.machine.set_wakes(Wakes::Spent);
    for entry in 1..=20 {
        if entry == 5 {
            world.hold_next();
        }
        world.send().await;
    }
    assert!(world.machine.frozen_since().is_some());
    world.machine.set_wakes(Wakes::Yes);
    world.machine.wake();
    world.until("the drain begins", |world| world.journal().began() == 5).await;
    assert!(world.kill_connector());
    assert_eq!(world.journal().done().len(), 4);
    world.let_go();
    world.start_connector();
    assert_eq!(world.repeats_after_recovery().await, 0);
}
