//! Wake URLs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use dormouse_connector::{Config, ConnectorEvent};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::world::{Gateway, Wake, World, config, send, send_internal, status};

fn waking(dir: &std::path::Path, wake: &Wake) -> Config {
    let mut config = config(dir, &["a"]);
    config.instances.get_mut("a").expect("a").wake_url = Some(wake.url.clone());
    config
}

#[tokio::test]
async fn a_flipped_instance_is_poked_while_its_socket_is_open_and_a_live_one_is_not() {
    let (dir, wake) = (tempfile::tempdir().expect("a directory"), Wake::start().await);
    let mut world = World::start(waking(dir.path(), &wake)).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    send(world.addr(), "a", "live").await;
    gateway.entry().await;
    gateway.ack(1).await;
    assert!(gateway.go_idle(1).await);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(wake.count(), 0);
    send(world.addr(), "a", "buffered").await;
    world.see(|s| matches!(s, ConnectorEvent::Poked { ok: true, .. })).await;
    assert_eq!(wake.count(), 1);
    gateway.quiet().await;
    world.connector.stop().await;
}

#[tokio::test]
async fn pokes_have_a_cooldown() {
    let (dir, wake) = (tempfile::tempdir().expect("a directory"), Wake::start().await);
    let mut config = waking(dir.path(), &wake);
    config.poke_cooldown_ms = 1500;
    let mut world = World::start(config).await;
    send(world.addr(), "a", "x").await;
    world.see(|s| matches!(s, ConnectorEvent::Poked { .. })).await;
    for _ in 0..5 {
        send(world.addr(), "a", "x").await;
    }
    sleep(Duration::from_millis(200)).await;
    assert_eq!(wake.count(), 1);
    sleep(Duration::from_millis(1500)).await;
    send(world.addr(), "a", "x").await;
    world.see(|s| matches!(s, ConnectorEvent::Poked { .. })).await;
    assert_eq!(wake.count(), 2);
    world.connector.stop().await;
}

#[tokio::test]
async fn a_failed_poke_is_retried_and_starts_no_cooldown() {
    let (dir, wake) = (tempfile::tempdir().expect("a directory"), Wake::start().await);
    wake.answer.store(500, Ordering::SeqCst);
    let mut world = World::start(waking(dir.path(), &wake)).await;
    send(world.addr(), "a", "x").await;
    world.see(|s| matches!(s, ConnectorEvent::Poked { ok: false, .. })).await;
    let failed = Instant::now();
    // A redirect reached somebody, and woke nobody.
    wake.answer.store(302, Ordering::SeqCst);
    world.see(|s| matches!(s, ConnectorEvent::Poked { ok: false, .. })).await;
    wake.answer.store(204, Ordering::SeqCst);
    world.see(|s| matches!(s, ConnectorEvent::Poked { ok: true, .. })).await;
    assert!(failed.elapsed() >= Duration::from_millis(900), "{:?}", failed.elapsed());
    let status = status(world.addr(), "a").await;
    assert_eq!((&status["pokes"], &status["pokes_failed"]), (&1.into(), &2.into()));
    world.connector.stop().await;
}

#[tokio::test]
async fn a_gateway_that_falls_silent_on_an_entry_is_poked_even_without_a_re_poke() {
    let (dir, wake) = (tempfile::tempdir().expect("a directory"), Wake::start().await);
    let mut config = waking(dir.path(), &wake);
    config.keepalive_ms = 300;
    let mut world = World::start(config).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    send(world.addr(), "a", "x").await;
    gateway.entry().await;
    // Frozen: the socket stays open and nobody answers its pings.
    world.see(|s| matches!(s, ConnectorEvent::Disconnected { .. })).await;
    world.see(|s| matches!(s, ConnectorEvent::Poked { ok: true, .. })).await;
    assert_eq!(wake.count(), 1);
    world.connector.stop().await;
}

#[tokio::test]
async fn an_internal_entry_pokes_nobody_neither_when_it_comes_nor_again_nor_at_start() {
    let (dir, wake) = (tempfile::tempdir().expect("a directory"), Wake::start().await);
    let waking = || Config { repoke_ms: 50, ..waking(dir.path(), &wake) };
    let world = World::start(waking()).await;
    send_internal(world.addr(), "a").await;
    sleep(Duration::from_millis(200)).await;
    world.connector.stop().await;
    let mut world = World::start(waking()).await;
    sleep(Duration::from_millis(200)).await;
    assert_eq!(wake.count(), 0);
    // With a message behind it both are fetched.
    send(world.addr(), "a", "x").await;
    world.see(|s| matches!(s, ConnectorEvent::Poked { ok: true, .. })).await;
    let (_gateway, buffered) = Gateway::connect(world.addr(), "a").await;
    assert_eq!(buffered, 2);
    world.connector.stop().await;
}

#[tokio::test]
async fn while_something_waits_it_is_poked_again() {
    let (dir, wake) = (tempfile::tempdir().expect("a directory"), Wake::start().await);
    let mut config = waking(dir.path(), &wake);
    config.repoke_ms = 200;
    let mut world = World::start(config).await;
    send(world.addr(), "a", "x").await;
    for _ in 0..3 {
        world.see(|s| matches!(s, ConnectorEvent::Poked { ok: true, .. })).await;
    }
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    gateway.entry().await;
    sleep(Duration::from_millis(100)).await;
    let asked = wake.count();
    sleep(Duration::from_millis(600)).await;
    assert_eq!(wake.count(), asked, "it is with its gateway");
    world.connector.stop().await;
}

#[tokio::test]
async fn what_waits_at_start_pokes() {
    let (dir, wake) = (tempfile::tempdir().expect("a directory"), Wake::start().await);
    let world = World::start(config(dir.path(), &["a"])).await;
    send(world.addr(), "a", "x").await;
    world.connector.stop().await;
    let mut world = World::start(waking(dir.path(), &wake)).await;
    world.see(|s| matches!(s, ConnectorEvent::Poked { ok: true, .. })).await;
    world.connector.stop().await;
}

#[tokio::test]
async fn a_wake_url_that_hangs_holds_up_nobody() {
    let dir = tempfile::tempdir().expect("a directory");
    // Takes connections and never answers.
    let hole = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let wake = Wake::start().await;
    let mut config = config(dir.path(), &["a", "b"]);
    let url = format!("http://{}/", hole.local_addr().expect("an address"));
    config.instances.get_mut("a").expect("a").wake_url = Some(url);
    config.instances.get_mut("b").expect("b").wake_url = Some(wake.url.clone());
    let mut world = World::start(config).await;
    let began = Instant::now();
    send(world.addr(), "a", "x").await;
    send(world.addr(), "b", "x").await;
    world.see(|s| matches!(s, ConnectorEvent::Poked { instance, .. } if instance == "b")).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    assert_eq!(gateway.entry().await.id, 1);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    world.connector.stop().await;
}
