//! Wake URLs.

use std::sync::atomic::Ordering;

use dormouse_connector::{Config, ConnectorEvent};
use tokio::net::TcpListener;

use crate::world::{Clock, Gateway, Wake, World, config, send, send_internal, status};

/// The instances of these tests. Those after the first are there for [`poked_by_now`].
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Where each instance is woken.
struct Wakes {
    dir: tempfile::TempDir,
    a: Wake,
    others: Wake,
}

impl Wakes {
    async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self { dir, a: Wake::start().await, others: Wake::start().await }
    }

    fn config(&self) -> Config {
        let mut config = config(self.dir.path(), &NAMES);
        for (name, instance) in &mut config.instances {
            let wake = if name == "a" { &self.a } else { &self.others };
            instance.wake_url = Some(wake.url.clone());
        }
        config
    }

    /// How often `a` has been poked, with all pokes that are due now. No event says that a poke does not come, so this waits for
    /// one that comes after it: that of `other`, which is away and has not been poked yet.
    async fn poked_by_now(&self, world: &mut World, other: &str) -> usize {
        assert!(NAMES[1..].contains(&other));
        send(world.addr(), other, "x").await;
        world.see(|s| matches!(s, ConnectorEvent::Poked { instance, .. } if instance == other)).await;
        self.a.count()
    }
}

/// Waits for the next poke of `a`: was it answered with success?
async fn poked(world: &mut World) -> bool {
    let seen = world.see(|s| matches!(s, ConnectorEvent::Poked { instance, .. } if instance == "a")).await;
    matches!(seen, ConnectorEvent::Poked { ok: true, .. })
}

#[tokio::test(start_paused = true)]
async fn a_flipped_instance_is_poked_while_its_socket_is_open_and_a_live_one_is_not() {
    let (_clock, wakes) = (Clock::hold(), Wakes::start().await);
    let mut world = World::start(wakes.config()).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    send(world.addr(), "a", "live").await;
    gateway.entry().await;
    gateway.ack(1).await;
    assert!(gateway.go_idle(1).await);
    assert_eq!(wakes.poked_by_now(&mut world, "b").await, 0);
    send(world.addr(), "a", "buffered").await;
    assert!(poked(&mut world).await);
    // Refused, since a message waits. Had that been delivered, it would be the next frame.
    assert!(!gateway.go_idle(2).await);
    assert_eq!(wakes.poked_by_now(&mut world, "c").await, 1);
    world.connector.stop().await;
}

#[tokio::test(start_paused = true)]
async fn pokes_have_a_cooldown() {
    let (clock, wakes) = (Clock::hold(), Wakes::start().await);
    let mut world = World::start(Config { poke_cooldown_ms: 60_000, ..wakes.config() }).await;
    send(world.addr(), "a", "x").await;
    assert!(poked(&mut world).await);
    for _ in 0..5 {
        send(world.addr(), "a", "x").await;
    }
    assert_eq!(wakes.poked_by_now(&mut world, "b").await, 1);
    clock.pass(59_999).await;
    send(world.addr(), "a", "x").await;
    assert_eq!(wakes.poked_by_now(&mut world, "c").await, 1);
    clock.pass(1).await;
    assert_eq!(wakes.poked_by_now(&mut world, "d").await, 1, "what came within it is not made up for");
    send(world.addr(), "a", "x").await;
    assert!(poked(&mut world).await);
    assert_eq!(wakes.a.count(), 2);
    world.connector.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_poke_is_retried_and_starts_no_cooldown() {
    let (clock, wakes) = (Clock::hold(), Wakes::start().await);
    wakes.a.answer.store(500, Ordering::SeqCst);
    let mut world = World::start(wakes.config()).await;
    // The gateway comes by itself after a failed poke, and goes again. The next message is poked for at once.
    send(world.addr(), "a", "x").await;
    assert!(!poked(&mut world).await);
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    gateway.entry().await;
    gateway.ack(1).await;
    assert!(gateway.go_idle(1).await);
    send(world.addr(), "a", "x").await;
    assert!(!poked(&mut world).await);
    // It is retried after a second, and then after two. A redirect is an answer too, but it wakes no machine.
    clock.pass(999).await;
    assert_eq!(wakes.poked_by_now(&mut world, "b").await, 2);
    wakes.a.answer.store(302, Ordering::SeqCst);
    clock.pass(1).await;
    assert!(!poked(&mut world).await);
    clock.pass(1999).await;
    assert_eq!(wakes.poked_by_now(&mut world, "c").await, 3);
    wakes.a.answer.store(204, Ordering::SeqCst);
    clock.pass(1).await;
    assert!(poked(&mut world).await);
    let status = status(world.addr(), "a").await;
    assert_eq!((&status["pokes"], &status["pokes_failed"]), (&1.into(), &3.into()));
    world.connector.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_falls_silent_on_an_entry_is_poked_even_without_a_re_poke() {
    let (clock, wakes) = (Clock::hold(), Wakes::start().await);
    let mut world = World::start(Config { keepalive_ms: 300, ..wakes.config() }).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    send(world.addr(), "a", "x").await;
    gateway.entry().await;
    // Frozen: the socket stays open and its pings are not answered.
    clock.pass(300).await;
    world.see(|s| matches!(s, ConnectorEvent::Disconnected { .. })).await;
    assert!(poked(&mut world).await);
    assert_eq!(wakes.a.count(), 1);
    world.connector.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_internal_entry_causes_no_poke_when_it_comes_or_later_or_at_start() {
    let (clock, wakes) = (Clock::hold(), Wakes::start().await);
    let config = || Config { repoke_ms: 50, ..wakes.config() };
    let mut world = World::start(config()).await;
    send_internal(world.addr(), "a").await;
    assert_eq!(wakes.poked_by_now(&mut world, "b").await, 0);
    clock.pass(50).await;
    assert_eq!(wakes.poked_by_now(&mut world, "c").await, 0);
    world.connector.stop().await;
    let mut world = World::start(config()).await;
    assert_eq!(wakes.poked_by_now(&mut world, "d").await, 0);
    // With a message after it both are fetched.
    send(world.addr(), "a", "x").await;
    assert!(poked(&mut world).await);
    let (_gateway, buffered) = Gateway::connect(world.addr(), "a").await;
    assert_eq!(buffered, 2);
    world.connector.stop().await;
}

#[tokio::test(start_paused = true)]
async fn while_something_waits_it_is_poked_again() {
    let (clock, wakes) = (Clock::hold(), Wakes::start().await);
    let mut world = World::start(Config { repoke_ms: 200, ..wakes.config() }).await;
    send(world.addr(), "a", "x").await;
    assert!(poked(&mut world).await);
    clock.pass(199).await;
    assert_eq!(wakes.poked_by_now(&mut world, "b").await, 1);
    for ms in [1, 200] {
        clock.pass(ms).await;
        assert!(poked(&mut world).await);
    }
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    gateway.entry().await;
    clock.pass(600).await;
    assert_eq!(wakes.poked_by_now(&mut world, "c").await, 3, "it is with its gateway");
    world.connector.stop().await;
}

#[tokio::test]
async fn what_waits_at_start_pokes() {
    let wakes = Wakes::start().await;
    let world = World::start(config(wakes.dir.path(), &NAMES)).await;
    send(world.addr(), "a", "x").await;
    world.connector.stop().await;
    let mut world = World::start(wakes.config()).await;
    assert!(poked(&mut world).await);
    world.connector.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_wake_url_that_hangs_delays_no_other_instance() {
    // The clock stands, so the poke that hangs never runs into its time limit.
    let (_clock, wakes) = (Clock::hold(), Wakes::start().await);
    let hole = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let mut config = wakes.config();
    let url = format!("http://{}/", hole.local_addr().expect("an address"));
    config.instances.get_mut("a").expect("a").wake_url = Some(url);
    let mut world = World::start(config).await;
    send(world.addr(), "a", "x").await;
    let (_never_answered, _) = hole.accept().await.expect("it is asked");
    send(world.addr(), "b", "x").await;
    world.see(|s| matches!(s, ConnectorEvent::Poked { instance, .. } if instance == "b")).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    assert_eq!(gateway.entry().await.id, 1);
    world.connector.stop().await;
}
