//! Half-open connections, which carry nothing but are not closed.

use std::time::Duration;

use super::namespace::{Namespace, Where, enter};
use super::world::{Timing, World};

/// By default a connector pings every 30 s and drops the session after 90 s. Here this is 100 times as fast.
const HURRIED: Timing = Timing { handler_ms: 700, keepalive_ms: 900, ..Timing::DEFAULT };

#[test]
fn dropped_packets_lose_nothing() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    match enter("faults::half_open::dropped_packets_lose_nothing", Namespace::Network) {
        Where::Inside => runtime().block_on(async {
            let world = World::start_on_a_wire(HURRIED).await;
            reaped_and_delivered_again(world).await;
        }),
        Where::Passed => {}
        // The same with a proxy, which when blocked carries nothing and closes nothing.
        Where::NotPermitted => {
            runtime().block_on(async { reaped_and_delivered_again(World::start(HURRIED).await).await });
        }
    }
}

#[tokio::test]
async fn a_blocked_proxy_loses_nothing() {
    reaped_and_delivered_again(World::start(HURRIED).await).await;
}

/// Entries are sent into a dead session: they are accepted, but do not arrive. The connector drops the session, pokes, and
/// delivers them again.
async fn reaped_and_delivered_again(mut world: World) {
    world.hold_next();
    world.send().await;
    world.until("the gateway is busy", |world| world.journal().began() == 1).await;
    world.link.block();
    world.let_go();
    world.send().await;
    world.send().await;
    world.until_status("they are sent into it", |s| s["unacked"].as_u64() >= Some(2)).await;
    let (asked, since) = (world.machine.asked(), world.ran());
    world.until_status("it is reaped", |s| s["connected"] == false).await;
    // Without a keepalive the kernel takes 8 s or more.
    let took = world.ran() - since;
    assert!(took < Duration::from_secs(5), "not by the keepalive: {took:?}");
    world.until("it is poked", |world| world.machine.asked() > asked).await;
    assert_eq!(world.journal().began(), 1, "the network is not blocked");
    world.link.unblock();
    assert_eq!(world.repeats_after_recovery().await, 0);
    assert_eq!(world.machine.starts(), 1);
}

/// Without an ack it does not sleep, since it cannot know whether the connector buffers.
#[tokio::test]
async fn a_gateway_that_cannot_ask_does_not_sleep() {
    let mut world = World::start(Timing { handler_ms: 200, ..HURRIED }).await;
    world.hold_next();
    world.send().await;
    world.until("the gateway is busy", |world| world.journal().began() == 1).await;
    world.link.block();
    world.let_go();
    world.send().await;
    world.for_ms(1500, "it stays awake", |world| world.machine.frozen_since().is_none()).await;
    world.link.unblock();
    assert_eq!(world.repeats_after_recovery().await, 0);
}

/// The flip is visible from outside half a second before its ack is sent and lost. On a busy machine the test may come too late for
/// that: then the gateway is asleep, and it tries again.
#[tokio::test]
async fn an_ack_that_is_lost_after_the_flip_does_not_leave_the_gateway_deaf() {
    let timing = Timing { keepalive_ms: 1500, ack_delay_ms: 500, ..Timing::DEFAULT };
    let mut world = World::start(timing).await;
    for _ in 0..20 {
        world.until_status("it flips", |s| s["buffered"] == true).await;
        world.link.block();
        world.send().await;
        // Both sides give up the connection after 1.5 s.
        let slept = world.sleeps_within(2500).await;
        world.link.unblock();
        assert_eq!(world.repeats_after_recovery().await, 0);
        if !slept {
            return;
        }
        // Awake for the next try.
        world.send().await;
        world.until_handled().await;
    }
    panic!("it sleeps without an ack");
}

/// A frozen peer sends no close. Entries that are sent to it wait for the keepalive, and no longer.
#[tokio::test]
async fn a_machine_that_is_frozen_without_notice_is_reaped_and_poked() {
    let mut world = World::start(Timing { handler_ms: 300, ..HURRIED }).await;
    world.hold_next();
    world.send().await;
    world.until("the gateway is busy", |world| world.journal().began() == 1).await;
    world.machine.freeze_unasked();
    world.let_go();
    world.send().await;
    world.until_status("it is sent", |s| s["unacked"] == 2).await;
    assert_eq!(world.repeats_after_recovery().await, 0);
}
