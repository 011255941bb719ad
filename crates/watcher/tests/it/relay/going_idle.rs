//! The question whether the connector buffers, and the close after it.

use std::time::Duration;

use dormouse_watcher::Relay as _;
use dormouse_wire::{FromConnector, FromGateway, VERSION};
use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout};

use super::world::{LONG, QUICK, World, ack, ms_since};

#[tokio::test(start_paused = true)]
async fn going_idle_is_acked_or_refused_with_a_fresh_number_while_entries_are_handled() {
    let mut world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    let client = world.client.clone();
    let mut seqs = Vec::new();
    for answer in [true, false] {
        let (acked, ()) = tokio::join!(client.go_dormant(), async {
            let FromGateway::GoingIdle { seq } = line.frame().await else { panic!("not going_idle") };
            assert!(!seqs.contains(&seq));
            seqs.push(seq);
            line.deliver(seq, "message", 1).await;
            world.given().await;
            world.allow(1);
            assert_eq!(line.frame().await, ack(seq));
            // An answer to another question is no answer.
            line.say(FromConnector::GoingIdleAck { seq: 99, ok: false }).await;
            line.say(FromConnector::GoingIdleAck { seq, ok: answer }).await;
        });
        assert_eq!(acked, answer);
    }
}

#[tokio::test(start_paused = true)]
async fn going_idle_is_false_without_a_connection_and_when_it_drops() {
    let world = World::new(QUICK).await;
    assert!(!timeout(LONG, world.client.go_dormant()).await.unwrap());
    let mut line = world.welcome().await;
    let (acked, ()) = tokio::join!(timeout(LONG, world.client.go_dormant()), async {
        line.frame().await;
        drop(line);
    });
    assert!(!acked.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_yes_that_nobody_waits_for_renews_the_connection() {
    let world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    let given_up = timeout(Duration::from_millis(30), world.client.go_dormant()).await;
    assert!(given_up.is_err());
    let FromGateway::GoingIdle { seq } = line.frame().await else { panic!("not going_idle") };
    line.say(FromConnector::GoingIdleAck { seq, ok: false }).await;
    line.nothing_for(20).await;
    assert!(world.client.is_connected(), "a no changes nothing");
    line.say(FromConnector::GoingIdleAck { seq, ok: true }).await;
    assert_eq!(line.next().await, None, "a connector that buffers needs a new hello");
    world.welcome().await;
}

#[tokio::test(start_paused = true)]
async fn a_yes_that_is_dropped_unread_renews_the_connection() {
    let world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    let mut asked = world.client.go_dormant();
    assert!((&mut asked).now_or_never().is_none());
    let FromGateway::GoingIdle { seq } = line.frame().await else { panic!("not going_idle") };
    line.say(FromConnector::GoingIdleAck { seq, ok: true }).await;
    // Long enough for the answer to lie there.
    line.nothing_for(50).await;
    drop(asked);
    assert_eq!(line.next().await, None);
    world.welcome().await;
}

#[tokio::test(start_paused = true)]
async fn a_close_makes_dormant_and_the_supervisor_dials_again_later() {
    let world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    let (took, end) = tokio::join!(
        async {
            let start = Instant::now();
            world.client.close().await;
            ms_since(start)
        },
        line.next()
    );
    assert_eq!(end, None);
    assert!(took < 900, "{took} ms");
    assert!(!world.client.is_connected());
    let closed = Instant::now();
    world.welcome().await;
    assert!((100..1000).contains(&ms_since(closed)), "{} ms", ms_since(closed));
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_does_not_close_holds_up_a_close_for_a_second_at_most() {
    let world = World::new(QUICK).await;
    let _line = world.welcome().await;
    let start = Instant::now();
    timeout(LONG, world.client.close()).await.expect("a close that ends");
    assert!((900..2000).contains(&ms_since(start)), "{} ms", ms_since(start));
}

#[tokio::test(start_paused = true)]
async fn another_hello_drains_on_the_same_connection() {
    let mut world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    world.client.renew();
    assert!(matches!(line.frame().await, FromGateway::Hello { .. }));
    line.say(FromConnector::Welcome { version: VERSION, buffered: 1, store: "s".into() }).await;
    line.deliver(7, "message", 1).await;
    assert_eq!(world.given().await.id, 7);
    assert!(world.client.is_connected());
}

#[tokio::test(start_paused = true)]
async fn a_hello_that_nobody_welcomes_renews_the_connection() {
    let world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    world.client.renew();
    assert!(matches!(line.frame().await, FromGateway::Hello { .. }));
    assert_eq!(timeout(LONG, line.next()).await.unwrap(), None);
    world.welcome().await;
}
