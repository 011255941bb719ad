//! `kill -9` of the connector.

use super::machine::Wakes;
use super::world::{Timing, World};

/// Deterministic: the ack is sent a second after the flip, and the flip is visible from outside.
#[tokio::test]
async fn between_the_flip_and_its_ack() {
    let mut world = World::start(Timing { ack_delay_ms: 1000, ..Timing::DEFAULT }).await;
    world.until_status("it flips", |status| status["buffered"] == true).await;
    // The connector buffers this, and the gateway does not know of the flip yet.
    world.send().await;
    assert_eq!(world.machine.frozen_since(), None);
    assert!(world.kill_connector());
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

/// Deterministic to within one entry: the connector is killed when the gateway reports that it begins the fifth of twenty.
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
    assert!(world.kill_connector());
    let handled = world.journal().done().len();
    assert!(handled < 20, "the drain was over: {handled}");
    world.start_connector();
    assert_eq!(world.repeats_after_recovery().await, 0);
}
