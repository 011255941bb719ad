//! The relay's client against a connector that does as it is told, in real time with short timings.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use dormouse_core::Now;
use dormouse_watcher::relay::{
    Client, ClientConfig, ClientError, FixedToken, Handler, SeenError, Timings, TokenSource,
};
use dormouse_watcher::{Clock, Relay as _, Signals, SystemClock};
use dormouse_wire::{Entry, FromConnector, FromGateway, VERSION};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::Id;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};
use url::Url;

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(5);

const QUICK: Timings = Timings {
    dormant_redial_ms: 150,
    backoff_min_ms: 50,
    backoff_max_ms: 400,
    dial_timeout_ms: 1000,
    keepalive_ms: 2000,
};

/// The machine's clocks, but for a wall clock that freezes moved on. Knows which tasks read it: `Signals::handled` reads it
/// once, in the task that handles an entry, and nothing else in there does.
struct Freezable {
    clock: SystemClock,
    frozen_ms: AtomicU64,
    readers: Mutex<Vec<Id>>,
}

impl Clock for Freezable {
    fn now(&self) -> Now {
        self.readers.lock().unwrap().extend(tokio::task::try_id());
        let now = self.clock.now();
        Now { wall: now.wall.plus(self.frozen_ms.load(Ordering::SeqCst)), ..now }
    }
}

/// Says a new token each time it is asked.
#[derive(Default)]
struct Tokens {
    asked: AtomicU64,
    supervisor: OnceLock<Id>,
}

impl TokenSource for Tokens {
    fn token(&self) -> Pin<Box<dyn Future<Output = Option<String>> + Send + '_>> {
        self.supervisor.get_or_init(tokio::task::id);
        let n = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(async move { Some(format!("t{n}")) })
    }
}

/// Tells what it is given, and returns when it is allowed to.
struct Gated {
    given: mpsc::UnboundedSender<Entry>,
    allowed: Semaphore,
}

impl Handler for Gated {
    fn handle(&self, entry: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let entry = entry.clone();
        Box::pin(async move {
            self.given.send(entry.clone()).unwrap();
            assert_ne!((entry.kind.as_str(), entry.attempt), ("panic", 1), "as asked for");
            self.allowed.acquire().await.unwrap().forget();
        })
    }
}

/// A client, and the connector that it dials.
struct World {
    listener: TcpListener,
    client: Client,
    clock: Arc<Freezable>,
    tokens: Arc<Tokens>,
    handler: Arc<Gated>,
    given: mpsc::UnboundedReceiver<Entry>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.client.stop();
    }
}

impl World {
    async fn new(timings: Timings) -> Self {
        Self::with(timings, None).await
    }

    async fn with(timings: Timings, seen: Option<PathBuf>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/v1/relay", listener.local_addr().unwrap()).parse().unwrap();
        let clock = Arc::new(Freezable {
            clock: SystemClock::new(),
            frozen_ms: AtomicU64::new(0),
            readers: Mutex::default(),
        });
        let tokens = Arc::new(Tokens::default());
        let (tx, given) = mpsc::unbounded_channel();
        let handler = Arc::new(Gated { given: tx, allowed: Semaphore::new(0) });
        let config = ClientConfig { url, instance: "me".into(), seen, timings };
        let signals = Signals::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let client =
            Client::start(config, Arc::clone(&tokens) as _, Arc::clone(&handler) as _, signals).unwrap();
        Self { listener, client, clock, tokens, handler, given }
    }

    /// How often the idle clock was stamped.
    fn stamps(&self) -> usize {
        let supervisor = self.tokens.supervisor.get().unwrap();
        self.clock.readers.lock().unwrap().iter().filter(|id| *id != supervisor).count()
    }

    fn allow(&self, entries: usize) {
        self.handler.allowed.add_permits(entries);
    }

    async fn given(&mut self) -> Entry {
        timeout(LONG, self.given.recv()).await.expect("an entry to be handled").unwrap()
    }

    /// The next upgrade: refused with this status, or taken. The token, and the connection.
    async fn upgrade(&self, refuse: Option<u16>) -> (String, Option<Line>) {
        let (tcp, _) = timeout(LONG, self.listener.accept()).await.expect("a dial").unwrap();
        let mut token = String::new();
        #[expect(clippy::result_large_err, reason = "the shape of the callback is not ours")]
        let answer = |request: &Request, response: Response| {
            assert_eq!(request.uri().path(), "/v1/relay");
            let header = request.headers()["authorization"].to_str().unwrap();
            token = header.strip_prefix("Bearer ").unwrap().to_owned();
            let Some(status) = refuse else { return Ok(response) };
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = status.try_into().unwrap();
            Err(refusal)
        };
        let ws = accept_hdr_async(tcp, answer).await.ok();
        (token, ws.map(|ws| Line { ws }))
    }

    /// Takes the next dial up to the welcome.
    async fn welcome(&self) -> Line {
        let mut line = self.upgrade(None).await.1.unwrap();
        assert_eq!(line.frame().await, FromGateway::Hello { version: VERSION, instance: "me".into() });
        line.say(FromConnector::Welcome { version: VERSION, buffered: 0 }).await;
        timeout(LONG, async {
            while !self.client.is_connected() {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .expect("the client to be connected");
        line
    }

    /// Nobody dials for so long.
    async fn no_dial_for(&self, ms: u64) {
        let dial = timeout(Duration::from_millis(ms), self.listener.accept()).await;
        assert!(dial.is_err(), "a dial within {ms} ms");
    }
}

/// The connector's end of a connection.
struct Line {
    ws: WebSocketStream<TcpStream>,
}

impl Line {
    async fn say(&mut self, frame: FromConnector) {
        self.ws.send(Message::text(frame.to_text())).await.unwrap();
    }

    async fn deliver(&mut self, id: u64, kind: &str, attempt: u32) {
        self.say(FromConnector::Inbound(entry(id, kind, attempt))).await;
    }

    /// The next frame; `None` if the connection ends.
    async fn next(&mut self) -> Option<FromGateway> {
        loop {
            match timeout(LONG, self.ws.next()).await.expect("a frame, or the end") {
                Some(Ok(Message::Text(text))) => return Some(FromGateway::from_text(&text).unwrap()),
                // The read after a close frame answers it.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
                Some(Err(_)) | None => return None,
                other => panic!("{other:?}"),
            }
        }
    }

    async fn frame(&mut self) -> FromGateway {
        self.next().await.expect("a frame, not the end")
    }

    async fn nothing_for(&mut self, ms: u64) {
        let frame = timeout(Duration::from_millis(ms), self.ws.next()).await;
        assert!(frame.is_err(), "{frame:?}");
    }
}

fn entry(id: u64, kind: &str, attempt: u32) -> Entry {
    Entry { id, at_ms: 5, kind: kind.into(), attempt, body: "secret body".into() }
}

fn ack(id: u64) -> FromGateway {
    FromGateway::InboundAck { id }
}

fn ms_since(start: Instant) -> u128 {
    start.elapsed().as_millis()
}

#[tokio::test]
async fn every_kind_is_acked_after_its_handler_and_only_internal_does_not_stamp() {
    let mut world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    let kinds = [("message", 1), ("internal", 1), ("button", 2), ("command", 3), ("anything", 4)];
    for (id, (kind, stamps)) in (1..).zip(kinds) {
        line.deliver(id, kind, 1).await;
        assert_eq!(world.given().await, entry(id, kind, 1));
        assert_eq!(world.stamps(), stamps, "{kind}, at the beginning");
        line.nothing_for(20).await;
        world.allow(1);
        assert_eq!(line.frame().await, ack(id));
        assert_eq!(world.stamps(), stamps, "{kind}, at the end");
    }
}

#[tokio::test]
async fn entries_are_handled_one_at_a_time_and_in_order() {
    let mut world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    for id in 1..=200 {
        line.deliver(id, "message", 1).await;
    }
    assert_eq!(world.given().await.id, 1);
    sleep(Duration::from_millis(20)).await;
    assert!(world.given.try_recv().is_err(), "the second began before the first was done");
    world.allow(200);
    for id in 1..=200 {
        assert_eq!(line.frame().await, ack(id));
    }
    let rest: Vec<u64> = std::iter::from_fn(|| world.given.try_recv().ok()).map(|e| e.id).collect();
    assert_eq!(rest, (2..=200).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_entry_seen_before_is_acked_and_neither_handled_nor_stamped_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen.json");
    let mut world = World::with(QUICK, Some(file.clone())).await;
    world.allow(9);
    let mut line = world.welcome().await;
    line.deliver(7, "message", 1).await;
    assert_eq!(line.frame().await, ack(7));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"instance\":\"me\",\"mark\":7,\"version\":1}\n");
    line.deliver(7, "message", 2).await;
    assert_eq!(line.frame().await, ack(7));
    assert_eq!((world.given().await.id, world.stamps()), (7, 1));
    assert!(world.given.try_recv().is_err());
    drop(world);

    let mut world = World::with(QUICK, Some(file)).await;
    world.allow(9);
    let mut line = world.welcome().await;
    line.deliver(7, "message", 3).await;
    assert_eq!(line.frame().await, ack(7));
    assert_eq!(world.stamps(), 0);
    line.deliver(8, "message", 1).await;
    assert_eq!(line.frame().await, ack(8));
    assert_eq!(world.given().await.id, 8);
}

#[tokio::test]
async fn an_entry_that_cannot_be_recorded_is_not_acked_and_not_handled_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not-yet").join("seen.json");
    let mut world = World::with(QUICK, Some(file.clone())).await;
    world.allow(9);
    let mut line = world.welcome().await;
    line.deliver(1, "message", 1).await;
    assert_eq!(line.next().await, None);
    assert_eq!(world.given().await.id, 1);
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    let mut line = world.welcome().await;
    line.deliver(1, "message", 2).await;
    assert_eq!(line.frame().await, ack(1));
    assert!(file.exists());
    assert!(world.given.try_recv().is_err());
}

#[tokio::test]
async fn a_connection_lost_under_a_handler_does_not_begin_its_entry_again() {
    let mut world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    line.deliver(1, "message", 1).await;
    assert_eq!(world.given().await.id, 1);
    drop(line);
    let mut line = world.welcome().await;
    line.deliver(1, "message", 2).await;
    line.nothing_for(20).await;
    world.allow(1);
    assert_eq!(line.frame().await, ack(1));
    assert!(world.given.try_recv().is_err());
    assert_eq!(world.stamps(), 1);
}

#[tokio::test]
async fn a_handler_that_panics_leaves_its_entry_unacked_and_it_comes_again() {
    let mut world = World::new(QUICK).await;
    world.allow(1);
    let mut line = world.welcome().await;
    line.deliver(1, "panic", 1).await;
    line.deliver(2, "message", 1).await;
    assert_eq!(line.next().await, None, "neither an ack nor the second entry's");
    let mut line = world.welcome().await;
    line.deliver(1, "panic", 2).await;
    assert_eq!(line.frame().await, ack(1));
    let given = [world.given().await, world.given().await];
    assert_eq!(given.map(|e| (e.id, e.attempt)), [(1, 1), (1, 2)]);
}

#[tokio::test]
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

#[tokio::test]
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

#[tokio::test]
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

#[tokio::test]
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

#[tokio::test]
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

#[tokio::test]
async fn a_connector_that_does_not_close_holds_up_a_close_for_a_second_at_most() {
    let world = World::new(QUICK).await;
    let _line = world.welcome().await;
    let start = Instant::now();
    timeout(LONG, world.client.close()).await.expect("a close that ends");
    assert!((900..2000).contains(&ms_since(start)), "{} ms", ms_since(start));
}

#[tokio::test]
async fn a_hold_delays_the_dial_until_its_release() {
    let world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    assert!(world.client.hold(60_000));
    tokio::join!(world.client.close(), line.next());
    world.no_dial_for(400).await;
    let released = Instant::now();
    world.client.release();
    world.welcome().await;
    assert!(ms_since(released) < 100, "{} ms", ms_since(released));
}

#[tokio::test]
async fn a_hold_delays_the_dial_until_its_ceiling_after_a_loss_too() {
    let world = World::new(QUICK).await;
    let line = world.welcome().await;
    let held = Instant::now();
    assert!(world.client.hold(400));
    drop(line);
    world.welcome().await;
    assert!((390..1500).contains(&ms_since(held)), "{} ms", ms_since(held));
}

#[tokio::test]
async fn a_release_does_not_hurry_a_dial_that_is_not_due() {
    let world = World::new(Timings { dormant_redial_ms: 300, ..QUICK }).await;
    let mut line = world.welcome().await;
    assert!(world.client.hold(60_000));
    tokio::join!(world.client.close(), line.next());
    world.client.release();
    world.no_dial_for(200).await;
    world.welcome().await;
}

#[tokio::test]
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

#[tokio::test]
async fn the_backoff_doubles_to_its_limit_and_a_welcome_resets_it() {
    let world = World::new(Timings { backoff_max_ms: 200, ..QUICK }).await;
    let mut waits = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        world.upgrade(Some(503)).await;
        waits.extend(last.replace(Instant::now()).map(ms_since));
    }
    for (wait, least) in waits.iter().zip([45, 95, 195, 195]) {
        assert!((least..least + 90).contains(wait), "{waits:?}");
    }
    let line = world.welcome().await;
    drop(line);
    let lost = Instant::now();
    world.welcome().await;
    assert!((40..150).contains(&ms_since(lost)), "{} ms", ms_since(lost));
}

#[tokio::test]
async fn a_refusal_after_a_freeze_is_followed_by_one_dial_with_a_fresh_token_once_the_hold_is_over() {
    let world = World::new(Timings { backoff_max_ms: 600, ..QUICK }).await;
    let mut line = world.welcome().await;
    assert!(world.client.hold(60_000));
    tokio::join!(world.client.close(), line.next());
    world.clock.frozen_ms.store(3_600_000, Ordering::SeqCst);
    world.no_dial_for(250).await;
    world.client.release();
    assert_eq!(world.upgrade(Some(401)).await.0, "t2");
    let refused = Instant::now();
    assert_eq!(world.upgrade(Some(401)).await.0, "t3");
    assert!(ms_since(refused) < 40, "at once, not after {} ms", ms_since(refused));
    // The second refusal is an ordinary one, and no latch.
    world.no_dial_for(500).await;
    assert_eq!(world.upgrade(Some(403)).await.0, "t4");
    world.no_dial_for(500).await;
    let mut line = world.welcome().await;
    assert!(world.client.hold(60_000), "as if nothing had been");
    world.client.release();
    line.nothing_for(20).await;
}

#[tokio::test]
async fn a_refusal_without_a_freeze_is_not_followed_by_a_dial_at_once() {
    let world = World::new(QUICK).await;
    assert_eq!(world.upgrade(Some(401)).await.0, "t1");
    world.no_dial_for(300).await;
    assert_eq!(world.upgrade(Some(401)).await.0, "t2");
    world.no_dial_for(300).await;
    world.welcome().await;
}

#[tokio::test]
async fn a_connection_on_which_nothing_comes_any_more_is_lost() {
    let world = World::new(Timings { keepalive_ms: 100, ..QUICK }).await;
    // Nobody reads it, so nobody answers its pings.
    let _half_open = world.welcome().await;
    let heard = Instant::now();
    world.welcome().await;
    assert!((190..1000).contains(&ms_since(heard)), "{} ms", ms_since(heard));
}

#[tokio::test]
async fn pongs_keep_a_quiet_connection() {
    let world = World::new(Timings { keepalive_ms: 30, ..QUICK }).await;
    let mut line = world.welcome().await;
    let end = timeout(Duration::from_millis(400), line.next()).await;
    assert!(end.is_err(), "{end:?}");
    assert!(world.client.is_connected());
}

#[tokio::test]
async fn what_is_no_frame_or_too_long_ends_the_connection() {
    let world = World::new(QUICK).await;
    for text in ["{}".to_owned(), "x".repeat(300 * 1024)] {
        let mut line = world.welcome().await;
        // The client may be gone before all of it is written.
        let _ = line.ws.send(Message::text(text)).await;
        assert_eq!(line.next().await, None);
    }
    world.welcome().await;
}

#[tokio::test]
async fn a_stopped_client_closes_and_does_not_dial_again() {
    let world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    world.client.stop();
    assert_eq!(line.next().await, None);
    world.no_dial_for(300).await;
}

fn start(url: &str, seen: Option<PathBuf>, timings: Timings) -> Result<Client, ClientError> {
    let config = ClientConfig { url: Url::parse(url).unwrap(), instance: "me".into(), seen, timings };
    let (given, _) = mpsc::unbounded_channel();
    let handler = Arc::new(Gated { given, allowed: Semaphore::new(0) });
    let signals = Signals::new(Arc::new(SystemClock::new()));
    Client::start(config, Arc::new(FixedToken("hunter2".into())), handler, signals)
}

#[tokio::test]
async fn a_seen_set_that_is_damaged_or_another_instances_is_an_error_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen.json");
    for damaged in [
        "",
        "{",
        r#"{"version":1,"instance":"me"}"#,
        r#"{"version":2,"instance":"me","mark":1}"#,
        r#"{"version":1,"instance":"me","mark":-1}"#,
    ] {
        std::fs::write(&file, damaged).unwrap();
        let error = start("ws://127.0.0.1:9/v1/relay", Some(file.clone()), QUICK).unwrap_err();
        assert!(matches!(error, ClientError::Seen(SeenError::Damaged { .. })), "{damaged}: {error}");
        let text = error.to_string();
        assert!(text.contains("seen.json") && text.contains("remove it"), "{text}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), damaged, "left as it was");
    }
    std::fs::write(&file, r#"{"version":1,"instance":"you","mark":1}"#).unwrap();
    let error = start("ws://127.0.0.1:9/v1/relay", Some(file), QUICK).unwrap_err();
    assert!(matches!(error, ClientError::Seen(SeenError::OtherInstance { .. })), "{error}");
}

#[tokio::test]
async fn a_configuration_that_cannot_work_is_an_error_at_start() {
    for (url, what) in [
        ("http://connector.example/v1/relay", "use ws:// or wss://"),
        ("ws://me:hunter2@connector.example/v1/relay", "remove them"),
    ] {
        let text = start(url, None, QUICK).unwrap_err().to_string();
        assert!(text.contains(what) && !text.contains("hunter2"), "{text}");
    }
    let text =
        start("ws://127.0.0.1:9/", None, Timings { keepalive_ms: 0, ..QUICK }).unwrap_err().to_string();
    assert!(text.contains("keepalive_ms is 0 ms"), "{text}");
}

#[test]
fn no_secret_shows_in_debug() {
    let url = Url::parse("wss://u:hunter2@connector.example:9/v1/relay?token=hunter2").unwrap();
    let config = ClientConfig { url, instance: "me".into(), seen: None, timings: QUICK };
    let text = format!("{config:?} {:?}", FixedToken("hunter2".into()));
    assert!(text.contains("connector.example") && !text.contains("hunter2"), "{text}");
}
