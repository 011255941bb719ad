//! When the next dial comes: holds, backoff, refused tokens.

use std::sync::atomic::Ordering;
use std::time::Duration;

use dormouse_watcher::Relay as _;
use tokio::time::{Instant, sleep, timeout};

use super::world::{LONG, QUICK, World, ack, ms_since};

#[tokio::test(start_paused = true)]
async fn a_hold_delays_the_dial_until_its_release() {
    let world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    assert!(world.client.hold(60_000));
    tokio::join!(world.client.close(), line.next());
    world.no_dial_for(400).await;
    let released = Instant::now();
    world.client.release();
    world.welcome().await;
    assert!(ms_since(released) < 1000, "{} ms", ms_since(released));
}

#[tokio::test(start_paused = true)]
async fn a_hold_delays_the_dial_until_its_ceiling_after_a_loss_too() {
    let world = World::new(QUICK).await;
    let line = world.welcome().await;
    let held = Instant::now();
    assert!(world.client.hold(400));
    drop(line);
    world.welcome().await;
    assert!((390..1500).contains(&ms_since(held)), "{} ms", ms_since(held));
}

#[tokio::test(start_paused = true)]
async fn a_release_does_not_hurry_a_dial_that_is_not_due() {
    let world = World::new(QUICK.with_dormant_redial_ms(300)).await;
    let mut line = world.welcome().await;
    assert!(world.client.hold(60_000));
    tokio::join!(world.client.close(), line.next());
    world.client.release();
    world.no_dial_for(200).await;
    world.welcome().await;
}

#[tokio::test(start_paused = true)]
async fn a_hold_is_refused_without_a_connection() {
    let world = World::new(QUICK).await;
    assert!(!world.client.hold(60_000));
    let line = world.welcome().await;
    assert!(world.client.hold(1));
    drop(line);
    timeout(LONG, async {
        while world.client.is_connected() {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("the loss to be noticed");
    assert!(!world.client.hold(60_000));
    world.welcome().await;
}

#[tokio::test(start_paused = true)]
async fn the_backoff_doubles_to_its_limit_and_an_ack_resets_it_not_a_welcome() {
    let world = World::new(QUICK.with_backoff_max_ms(200)).await;
    let mut waits = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        world.upgrade(Some(503)).await;
        waits.extend(last.replace(Instant::now()).map(ms_since));
    }
    for (wait, least) in waits.iter().zip([45, 95, 195, 195]) {
        assert!((least..least + 190).contains(wait), "{waits:?}");
    }
    // Welcomed and lost at once, time after time: as patient as without a welcome.
    for _ in 0..2 {
        drop(world.welcome().await);
        world.no_dial_for(150).await;
    }
    let mut line = world.welcome().await;
    world.allow(1);
    line.deliver(1, "message", 1).await;
    assert_eq!(line.frame().await, ack(1));
    drop(line);
    let lost = Instant::now();
    world.welcome().await;
    assert!((40..190).contains(&ms_since(lost)), "{} ms", ms_since(lost));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_stays_up_for_longer_than_the_longest_wait_resets_the_backoff() {
    let world = World::new(QUICK.with_backoff_max_ms(300)).await;
    for _ in 0..4 {
        world.upgrade(Some(503)).await;
    }
    let mut line = world.welcome().await;
    line.nothing_for(350).await;
    drop(line);
    let lost = Instant::now();
    world.welcome().await;
    assert!((40..290).contains(&ms_since(lost)), "{} ms", ms_since(lost));
}

#[tokio::test(start_paused = true)]
async fn a_token_source_that_panics_is_a_dial_that_failed() {
    let world = World::new(QUICK).await;
    let line = world.welcome().await;
    world.tokens.panics.store(true, Ordering::SeqCst);
    drop(line);
    world.no_dial_for(300).await;
    world.tokens.panics.store(false, Ordering::SeqCst);
    world.welcome().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_the_client_is_not_connected_and_dials_again() {
    let world = World::new(QUICK.with_keepalive_ms(100)).await;
    let mut line = world.welcome().await;
    world.clock.panics.store(true, Ordering::SeqCst);
    // The next ping finds the clock broken.
    assert_eq!(line.next().await, None);
    assert!(!world.client.is_connected());
    world.welcome().await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_freeze_is_followed_by_one_dial_with_a_fresh_token_once_the_hold_is_over() {
    let world = World::new(QUICK.with_backoff_max_ms(600)).await;
    let mut line = world.welcome().await;
    assert!(world.client.hold(60_000));
    tokio::join!(world.client.close(), line.next());
    world.clock.frozen_ms.store(3_600_000, Ordering::SeqCst);
    world.no_dial_for(250).await;
    world.client.release();
    assert_eq!(world.upgrade(Some(401)).await.0, "t2");
    let refused = Instant::now();
    assert_eq!(world.upgrade(Some(401)).await.0, "t3");
    assert!(ms_since(refused) < 300, "at once, not after {} ms", ms_since(refused));
    // The second refusal is an ordinary one, and no latch.
    world.no_dial_for(500).await;
    assert_eq!(world.upgrade(Some(403)).await.0, "t4");
    world.no_dial_for(500).await;
    let mut line = world.welcome().await;
    assert!(world.client.hold(60_000), "as if nothing had been");
    world.client.release();
    line.nothing_for(20).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_freeze_of_the_process_alone_is_provisional_too() {
    let world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    tokio::join!(world.client.close(), line.next());
    world.clock.stopped_ms.store(3_600_000, Ordering::SeqCst);
    assert_eq!(world.upgrade(Some(401)).await.0, "t2");
    let refused = Instant::now();
    assert_eq!(world.upgrade(Some(401)).await.0, "t3");
    assert!(ms_since(refused) < 250, "at once, not after {} ms", ms_since(refused));
    world.no_dial_for(300).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_freeze_is_not_followed_by_a_dial_at_once() {
    let world = World::new(QUICK).await;
    assert_eq!(world.upgrade(Some(401)).await.0, "t1");
    world.no_dial_for(300).await;
    assert_eq!(world.upgrade(Some(401)).await.0, "t2");
    world.no_dial_for(300).await;
    world.welcome().await;
}
