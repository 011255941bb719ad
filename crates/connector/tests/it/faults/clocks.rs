//! Jumps of the gateway's wall clock. The monotonic clock is the kernel's and does not jump.
//!
//! The wall clock decides when the gateway is idle, when a cooldown is over and when the fence ends. The monotonic clock decides
//! when a tick is due and when the hold reaches its ceiling. So a jump can make a gateway sleep too early or not at all. It cannot
//! make it sleep during work or lose anything.

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
    assert_eq!(world.repeats_after_recovery().await, 0);
}

/// The idle clock and the cooldown are in the future now, so the gateway stays awake. One message corrects both.
#[tokio::test]
async fn backwards_it_stays_awake_until_a_message_comes() {
    let mut world = World::start(Timing { handler_ms: 200, ..Timing::DEFAULT }).await;
    world.send().await;
    world.hold_next();
    world.send().await;
    // The first turn ends before the jump. The second keeps the gateway awake until then.
    world.until("the gateway is busy", |world| world.journal().began() == 2).await;
    world.machine.tell(&format!("wall -{HOUR}"));
    world.let_go();
    world.until_handled().await;
    world.for_ms(1000, "it stays awake", |world| world.machine.frozen_since().is_none()).await;
    world.send().await;
    assert_eq!(world.repeats_after_recovery().await, 0);
}

/// The fence ends too early, so the gateway dials again before the freeze, and the machine sleeps connected and not flipped. What
/// is sent then waits for the keepalive, and after that is poked for and handled.
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
    world.machine.hold_freezes(false);
    world.until_asleep().await;
    world.send().await;
    assert_eq!(world.repeats_after_recovery().await, 0);
}

/// The clocks do not show the freeze. A look at the fence that is late does, because the monotonic clock of a frozen process goes
/// on. The message that is drained then corrects the idle clock and the cooldown, so the gateway sleeps again before the wall
/// clock has caught up.
#[tokio::test]
async fn backwards_in_the_fence_a_late_look_ends_it_and_a_message_corrects_the_rest() {
    let mut world = World::start(Timing { freeze_lag_ms: 500, ..Timing::DEFAULT }).await;
    fenced(&mut world).await;
    world.machine.tell(&format!("wall -{HOUR}"));
    world.machine.hold_freezes(false);
    world.until_asleep().await;
    world.send().await;
    world.until_handled().await;
    assert_eq!(world.repeats_after_recovery().await, 0);
}

/// Waits until the lever has accepted and the gateway knows it. The freeze is held.
async fn fenced(world: &mut World) {
    world.machine.hold_freezes(true);
    if world.machine.frozen_since().is_some() {
        world.send().await;
    }
    world.until("it suspends", |world| world.machine.is_suspending()).await;
    world.for_ms(150, "the freeze is under way", |world| world.machine.is_suspending()).await;
}
