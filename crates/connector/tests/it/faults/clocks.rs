//! Jumps of the gateway's wall clock. Mono is the kernel's own, and does not jump.
//!
//! Wall decides when it is idle, when a cooldown is over and when the fence is; mono decides when a tick is due and when the hold
//! ends by itself. So a jump can make a gateway sleep too early or not at all. It cannot make it sleep on work or lose anything.

use serde_json::Value;

use super::world::{Timing, World};

const HOUR: &str = "3600000";

#[tokio::test]
async fn forwards_it_does_not_sleep_on_work() {
    let mut world = World::start(Timing { handler_ms: 800, ..Timing::DEFAULT }).await;
    world.send().await;
    world.until("the gateway is busy", |world| world.journal().began() == 1).await;
    world.machine.tell(&format!("wall +{HOUR}"));
    world
        .until("it is done, and was not frozen before", |world| {
            assert!(world.machine.frozen_since().is_none() || !world.journal().done().is_empty());
            !world.journal().done().is_empty()
        })
        .await;
    assert_eq!(world.ends_well().await, 0);
}

/// The idle clock and the cooldown lie in the future now: it stays awake, and one message sets both right.
#[tokio::test]
async fn backwards_it_stays_awake_until_a_message_comes() {
    let mut world = World::start(Timing { handler_ms: 200, ..Timing::DEFAULT }).await;
    world.send().await;
    world.send().await;
    // One has ended before the jump, and one keeps the gateway awake until it.
    world.until("the gateway is busy", |world| world.journal().began() == 2).await;
    world.machine.tell(&format!("wall -{HOUR}"));
    world.until_handled().await;
    world.for_ms(1000, "it stays awake", |world| world.machine.frozen_since().is_none()).await;
    world.send().await;
    assert_eq!(world.ends_well().await, 0);
}

/// The fence ends too early, so the re-dial beats the freeze: the machine sleeps connected and not flipped. What is sent then
/// waits for the keepalive, and is poked and handled.
#[tokio::test]
async fn forwards_in_the_fence_costs_a_keepalive_at_most_and_no_message() {
    let mut world =
        World::start(Timing { freeze_lag_ms: 1500, fence_ms: 3000, keepalive_ms: 1500, ..Timing::DEFAULT })
            .await;
    fenced(&mut world).await;
    world.machine.tell(&format!("wall +{HOUR}"));
    let not_flipped = |s: &Value| s["connected"] == true && s["buffered"] == false;
    world.until_status("it dials before the freeze", not_flipped).await;
    assert!(world.machine.is_suspending(), "that was the freeze");
    world.until_asleep().await;
    world.send().await;
    assert_eq!(world.ends_well().await, 0);
}

/// The clocks show no freeze, but the look at the fence that comes too late does: a frozen process's mono went on. The message
/// that is drained then sets the idle clock and the cooldown right, and the gateway sleeps again without its clock catching up.
#[tokio::test]
async fn backwards_in_the_fence_a_late_look_ends_it_and_a_message_sets_all_right() {
    let mut world = World::start(Timing { freeze_lag_ms: 500, ..Timing::DEFAULT }).await;
    fenced(&mut world).await;
    world.machine.tell(&format!("wall -{HOUR}"));
    world.until_asleep().await;
    world.send().await;
    world.until_handled().await;
    assert_eq!(world.ends_well().await, 0);
}

/// Waits until the lever has said yes, the gateway has heard it, and the freeze has not landed.
async fn fenced(world: &mut World) {
    world.until("it suspends", |world| world.machine.is_suspending()).await;
    world.for_ms(150, "the freeze is under way", |world| world.machine.is_suspending()).await;
}
