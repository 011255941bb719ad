//! `kill -9` of the connector.

use super::machine::Wakes;
use super::world::{Timing, World};

/// Deterministic: the ack goes out a second after the flip, and the flip can be seen from outside.
#[tokio::test]
async fn between_the_flip_and_its_ack() {
    let mut world = World::start(Timing { ack_delay_ms: 1000, ..Timing::DEFAULT }).await;
    world.until_status("it flips", |status| status["buffered"] == true).await;
    // Accepted by a connector that buffers, for a gateway that has not heard of it.
    world.send().await;
    assert_eq!(world.machine.frozen_since(), None);
    world.kill_connector();
    world.start_connector();
    assert_eq!(world.ends_well().await, 0);
    assert_eq!(world.machine.starts(), 1);
}

/// Deterministic: what asks to wake the machine is held open, unanswered, when the connector dies.
#[tokio::test]
async fn between_the_append_and_the_poke() {
    let mut world = World::start(Timing::DEFAULT).await;
    world.until_asleep().await;
    world.machine.set_wakes(Wakes::Hangs);
    let asked = world.machine.asked();
    world.send().await;
    world.until("the wake URL is asked", |world| world.machine.asked() > asked).await;
    assert!(world.machine.frozen_since().is_some());
    world.kill_connector();
    world.machine.set_wakes(Wakes::Yes);
    world.start_connector();
    assert_eq!(world.ends_well().await, 0);
}

/// Deterministic up to one entry: it dies when the gateway has said that it begins the fifth of twenty.
#[tokio::test]
async fn in_the_middle_of_a_drain() {
    let mut world = World::start(Timing { handler_ms: 10, ..Timing::DEFAULT }).await;
    world.until_asleep().await;
    world.machine.set_wakes(Wakes::Spent);
    for _ in 0..20 {
        world.send().await;
    }
    assert!(world.machine.frozen_since().is_some());
    world.machine.set_wakes(Wakes::Yes);
    world.machine.wake();
    world.until("the drain begins", |world| world.journal().began() >= 5).await;
    world.kill_connector();
    let handled = world.journal().done().len();
    assert!(handled < 20, "the drain was over: {handled}");
    world.start_connector();
    assert_eq!(world.ends_well().await, 0);
}
