//! Tests of order, windows, flips and sessions.

use dormouse_connector::ConnectorEvent;
use dormouse_wire::{FromConnector, FromGateway};
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::world::{Clock, Gateway, World, config, send, send_internal, status};

#[tokio::test]
async fn what_is_accepted_is_delivered_in_order_and_forgotten_after_its_ack() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path(), &["a"]);
    config.window = 2;
    let mut world = World::start(config).await;
    for n in 1..=5 {
        assert_eq!(send(world.addr(), "a", &format!("m{n}")).await, n);
    }
    let (mut gateway, buffered) = Gateway::connect(world.addr(), "a").await;
    assert_eq!(buffered, 5);
    for n in 1..=2 {
        let entry = gateway.entry().await;
        assert_eq!(
            (entry.id, entry.attempt, &*entry.body, &*entry.kind),
            (n, 1, &*format!("m{n}"), "message")
        );
    }
    // The window is full.
    gateway.quiet().await;
    gateway.ack(1).await;
    assert_eq!(gateway.entry().await.id, 3);
    for n in 2..=5 {
        gateway.ack(n).await;
        if n < 4 {
            assert_eq!(gateway.entry().await.id, n + 2);
        }
        world.see(|s| matches!(s, ConnectorEvent::Acked { id, .. } if *id == n)).await;
    }
    // While the gateway is connected, entries are delivered at once.
    let id = send(world.addr(), "a", "live").await;
    assert_eq!(gateway.entry().await.id, id);
    gateway.ack(id).await;
    world.see(|s| matches!(s, ConnectorEvent::Acked { id: 6, .. })).await;
    let status = status(world.addr(), "a").await;
    assert_eq!((status["waiting"].as_u64(), status["unacked"].as_u64()), (Some(0), Some(0)));
    world.connector.stop().await;
}

#[tokio::test]
async fn an_unacked_entry_comes_again_with_the_next_attempt() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::start(config(dir.path(), &["a"])).await;
    send(world.addr(), "a", "x").await;
    for attempt in 1..=3 {
        let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
        let entry = gateway.entry().await;
        assert_eq!((entry.id, entry.attempt), (1, attempt));
        drop(gateway);
        world.see(|s| matches!(s, ConnectorEvent::Disconnected { .. })).await;
    }
    world.connector.stop().await;
}

#[tokio::test]
async fn ids_are_not_used_twice_after_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::start(config(dir.path(), &["a"])).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    for n in 1..=3 {
        send(world.addr(), "a", "x").await;
        gateway.entry().await;
        gateway.ack(n).await;
    }
    world.see(|s| matches!(s, ConnectorEvent::Acked { id: 3, .. })).await;
    world.connector.stop().await;
    // Only the next id is kept.
    let world = World::start(config(dir.path(), &["a"])).await;
    assert_eq!(status(world.addr(), "a").await["waiting"], 0);
    assert_eq!(send(world.addr(), "a", "y").await, 4);
    world.connector.stop().await;
}

#[tokio::test]
async fn a_flip_is_refused_while_something_is_unacked() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::start(config(dir.path(), &["a"])).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    send(world.addr(), "a", "x").await;
    gateway.entry().await;
    assert!(!gateway.go_idle(1).await);
    assert_eq!(status(world.addr(), "a").await["buffered"], false);
    // Nothing has changed: entries are still delivered.
    send(world.addr(), "a", "y").await;
    assert_eq!(gateway.entry().await.id, 2);
    gateway.ack(1).await;
    gateway.ack(2).await;
    assert!(gateway.go_idle(2).await);
    assert_eq!(status(world.addr(), "a").await["buffered"], true);
    world.connector.stop().await;
}

#[tokio::test]
async fn flipped_nothing_comes_until_a_hello_which_drains_in_order() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::start(config(dir.path(), &["a"])).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    assert!(gateway.go_idle(1).await);
    for n in 1..=3 {
        assert_eq!(send(world.addr(), "a", "x").await, n);
    }
    gateway.quiet().await;
    // The hello is on the same socket: the gateway changed its mind.
    gateway.hello("a").await;
    assert!(matches!(gateway.next().await, FromConnector::Welcome { buffered: 3, .. }));
    for n in 1..=3 {
        assert_eq!(gateway.entry().await.id, n);
        gateway.ack(n).await;
    }
    assert!(gateway.go_idle(2).await);
    drop(gateway);
    send(world.addr(), "a", "x").await;
    let (mut gateway, buffered) = Gateway::connect(world.addr(), "a").await;
    assert_eq!((buffered, gateway.entry().await.id), (1, 4));
    assert_eq!(status(world.addr(), "a").await["buffered"], false);
    world.connector.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_before_the_upgrade_and_a_wrong_instance_after_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::start(config(dir.path(), &["a", "b"])).await;
    for token in ["", "token-", "token-c", "sender-a"] {
        match Gateway::dial(world.addr(), token).await {
            Err(Error::Http(answer)) => assert_eq!(answer.status().as_u16(), 401, "{token:?}"),
            other => panic!("{token:?}: {:?}", other.map(|g| g.0)),
        }
    }
    let mut gateway = Gateway::dial(world.addr(), "token-a").await.expect("dials");
    gateway.hello("b").await;
    assert!(matches!(gateway.next().await, FromConnector::Refused { .. }));
    assert!(gateway.maybe_next().await.is_none());
    assert_eq!(status(world.addr(), "b").await["connected"], false);
    let mut gateway = Gateway::dial(world.addr(), "token-a").await.expect("dials");
    gateway.say(&FromGateway::Hello { version: 99, instance: "a".into() }).await;
    assert!(matches!(gateway.next().await, FromConnector::Refused { .. }));
    world.connector.stop().await;
}

#[tokio::test]
async fn a_new_session_replaces_the_old_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::start(config(dir.path(), &["a"])).await;
    send(world.addr(), "a", "x").await;
    let (mut old, _) = Gateway::connect(world.addr(), "a").await;
    assert_eq!(old.entry().await.attempt, 1);
    let (mut new, buffered) = Gateway::connect(world.addr(), "a").await;
    assert_eq!(buffered, 1);
    assert_eq!(new.entry().await.attempt, 2);
    assert!(matches!(old.next().await, FromConnector::Refused { .. }));
    assert!(old.maybe_next().await.is_none());
    // What the old session still sends, and its end, change nothing.
    let _ = old.0.send(Message::Text(FromGateway::GoingIdle { seq: 1 }.to_text().into())).await;
    drop(old);
    new.ack(1).await;
    world.see(|s| matches!(s, ConnectorEvent::Acked { id: 1, .. })).await;
    let status = status(world.addr(), "a").await;
    assert_eq!((&status["connected"], &status["buffered"]), (&true.into(), &false.into()));
    world.connector.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_delays_no_other_and_is_disconnected() {
    let clock = Clock::hold();
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path(), &["slow", "quick"]);
    config.window = dormouse_wire::MAX_WINDOW;
    config.max_body_bytes = 200_000;
    config.keepalive_ms = 1500;
    let mut world = World::start(config).await;
    // It says hello and then reads nothing. More is sent to it than the buffers of the sockets hold.
    let (_slow, _) = Gateway::connect(world.addr(), "slow").await;
    let body = "x".repeat(200_000);
    for _ in 0..dormouse_wire::MAX_WINDOW {
        send(world.addr(), "slow", &body).await;
    }
    let (mut quick, _) = Gateway::connect(world.addr(), "quick").await;
    for n in 1..=20 {
        send(world.addr(), "quick", "x").await;
        assert_eq!(quick.entry().await.id, n);
        quick.ack(n).await;
    }
    clock.pass(1500).await;
    world.see(|s| matches!(s, ConnectorEvent::Disconnected { instance, .. } if instance == "slow")).await;
    assert_eq!(status(world.addr(), "slow").await["waiting"], dormouse_wire::MAX_WINDOW);
    world.connector.stop().await;
}

#[tokio::test]
async fn an_internal_entry_refuses_no_flip_and_comes_with_the_next_drain() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::start(config(dir.path(), &["a"])).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    assert_eq!(send_internal(world.addr(), "a").await, 1);
    assert_eq!(gateway.entry().await.kind, "internal");
    // An unacked internal entry is no reason to stay awake. A message is one.
    assert!(gateway.go_idle(1).await);
    gateway.hello("a").await;
    assert!(matches!(gateway.next().await, FromConnector::Welcome { buffered: 1, .. }));
    assert_eq!(gateway.entry().await.attempt, 2);
    send(world.addr(), "a", "x").await;
    assert_eq!(gateway.entry().await.id, 2);
    assert!(!gateway.go_idle(2).await);
    world.connector.stop().await;
}

#[tokio::test]
async fn a_store_keeps_its_name_over_a_restart_and_a_new_one_has_another() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut names = Vec::new();
    for _ in 0..2 {
        let world = World::start(config(dir.path(), &["a"])).await;
        names.push(Gateway::store(world.addr(), "a").await);
        world.connector.stop().await;
    }
    std::fs::remove_file(dir.path().join("store.redb")).expect("removes");
    let world = World::start(config(dir.path(), &["a"])).await;
    names.push(Gateway::store(world.addr(), "a").await);
    assert!(names[0].len() == 32 && names[0] == names[1] && names[0] != names[2], "{names:?}");
    world.connector.stop().await;
}
