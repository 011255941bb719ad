//! A client, and a connector that does as it is told.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use dormouse_core::Now;
use dormouse_watcher::relay::{Client, ClientConfig, ClientError, FixedToken, Handler, Timings, TokenSource};
use dormouse_watcher::{Clock, Signals, SystemClock};
use dormouse_wire::{Entry, FromConnector, FromGateway, VERSION};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::Id;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};
use url::Url;

use crate::common::{PausedClock, SteppedTime};

/// More than anything here takes.
pub(super) const LONG: Duration = Duration::from_secs(60);

pub(super) const QUICK: Timings = Timings::DEFAULT
    .with_dormant_redial_ms(150)
    .with_backoff_min_ms(50)
    .with_backoff_max_ms(400)
    .with_dial_timeout_ms(1000)
    .with_keepalive_ms(2000);

/// The runtime's clocks, with freezes: of the machine, which move the wall clock, and of the process, which move both. Knows which
/// tasks read it: in the task that handles an entry, only `Signals::handled_since` does, once.
pub(super) struct Freezable {
    clock: Arc<PausedClock>,
    pub(super) frozen_ms: AtomicU64,
    pub(super) stopped_ms: AtomicU64,
    /// The next reading panics.
    pub(super) panics: AtomicBool,
    readers: Mutex<Vec<Id>>,
}

impl Clock for Freezable {
    fn now(&self) -> Now {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "as asked for");
        self.readers.lock().unwrap().extend(tokio::task::try_id());
        let now = self.clock.now();
        let stopped = self.stopped_ms.load(Ordering::SeqCst);
        let frozen = self.frozen_ms.load(Ordering::SeqCst) + stopped;
        Now { wall: now.wall.plus(frozen), mono: now.mono.plus(stopped) }
    }
}

/// Says a new token each time it is asked, or panics.
#[derive(Default)]
pub(super) struct Tokens {
    asked: AtomicU64,
    pub(super) panics: AtomicBool,
    supervisor: OnceLock<Id>,
}

impl TokenSource for Tokens {
    fn token(&self) -> Pin<Box<dyn Future<Output = Option<String>> + Send + '_>> {
        self.supervisor.get_or_init(tokio::task::id);
        assert!(!self.panics.load(Ordering::SeqCst), "hunter2");
        let n = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(async move { Some(format!("t{n}")) })
    }
}

/// Tells what it is given, and returns when it is allowed to.
pub(super) struct Gated {
    pub(super) given: mpsc::UnboundedSender<Entry>,
    pub(super) allowed: Semaphore,
    pub(super) gave_up: Mutex<Vec<Entry>>,
}

impl Handler for Gated {
    fn handle(&self, entry: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let entry = entry.clone();
        Box::pin(async move {
            self.given.send(entry.clone()).unwrap();
            assert_ne!((entry.kind.as_str(), entry.attempt), ("panic", 1), "as asked for");
            assert_ne!(entry.kind, "poison", "as asked for");
            self.allowed.acquire().await.unwrap().forget();
        })
    }

    fn max_attempts(&self) -> u32 {
        3
    }

    fn gave_up<'a>(&'a self, entry: &'a Entry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            self.gave_up.lock().unwrap().push(entry.clone());
            panic!("as asked for");
        })
    }
}

/// A client, and the connector that it dials.
pub(super) struct World {
    pub(super) listener: TcpListener,
    pub(super) client: Client,
    pub(super) clock: Arc<Freezable>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) handler: Arc<Gated>,
    pub(super) given: mpsc::UnboundedReceiver<Entry>,
    _time: SteppedTime,
}

impl Drop for World {
    fn drop(&mut self) {
        self.client.stop();
    }
}

impl World {
    pub(super) async fn new(timings: Timings) -> Self {
        Self::with(timings, None).await
    }

    pub(super) async fn with(timings: Timings, handled_ids: Option<PathBuf>) -> Self {
        let time = SteppedTime::start();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/v1/relay", listener.local_addr().unwrap()).parse().unwrap();
        let clock = Arc::new(Freezable {
            clock: PausedClock::new(),
            frozen_ms: AtomicU64::new(0),
            stopped_ms: AtomicU64::new(0),
            panics: AtomicBool::new(false),
            readers: Mutex::default(),
        });
        let tokens = Arc::new(Tokens::default());
        let (tx, given) = mpsc::unbounded_channel();
        let handler = Arc::new(Gated { given: tx, allowed: Semaphore::new(0), gave_up: Mutex::default() });
        let config = ClientConfig::new(url, "me").with_handled_ids(handled_ids).with_timings(timings);
        let signals = Signals::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let client =
            Client::start(config, Arc::clone(&tokens) as _, Arc::clone(&handler) as _, signals).unwrap();
        Self { listener, client, clock, tokens, handler, given, _time: time }
    }

    /// How often the idle clock was stamped.
    pub(super) fn stamps(&self) -> usize {
        let supervisor = self.tokens.supervisor.get().unwrap();
        self.clock.readers.lock().unwrap().iter().filter(|id| *id != supervisor).count()
    }

    pub(super) fn allow(&self, entries: usize) {
        self.handler.allowed.add_permits(entries);
    }

    pub(super) async fn given(&mut self) -> Entry {
        timeout(LONG, self.given.recv()).await.expect("an entry to be handled").unwrap()
    }

    /// The next upgrade: refused with this status, or taken. The token, and the connection.
    pub(super) async fn upgrade(&self, refuse: Option<u16>) -> (String, Option<Line>) {
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
    pub(super) async fn welcome(&self) -> Line {
        self.welcome_from("s").await
    }

    /// The same, by a connector with this store.
    pub(super) async fn welcome_from(&self, store: &str) -> Line {
        let mut line = self.upgrade(None).await.1.unwrap();
        assert_eq!(line.frame().await, FromGateway::Hello { version: VERSION, instance: "me".into() });
        line.say(FromConnector::Welcome { version: VERSION, buffered: 0, store: store.into() }).await;
        timeout(LONG, async {
            while !self.client.is_connected() {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .expect("the client to be connected");
        line
    }

    /// Nothing dials for this long.
    pub(super) async fn no_dial_for(&self, ms: u64) {
        let dial = timeout(Duration::from_millis(ms), self.listener.accept()).await;
        assert!(dial.is_err(), "a dial within {ms} ms");
    }
}

/// The connector's end of a connection.
pub(super) struct Line {
    pub(super) ws: WebSocketStream<TcpStream>,
}

impl Line {
    pub(super) async fn say(&mut self, frame: FromConnector) {
        self.ws.send(Message::text(frame.to_text())).await.unwrap();
    }

    pub(super) async fn deliver(&mut self, id: u64, kind: &str, attempt: u32) {
        self.say(FromConnector::Inbound(entry(id, kind, attempt))).await;
    }

    /// The next frame; `None` if the connection ends.
    pub(super) async fn next(&mut self) -> Option<FromGateway> {
        // Over all of it: pings come for ever.
        timeout(LONG, async {
            loop {
                match self.ws.next().await {
                    Some(Ok(Message::Text(text))) => return Some(FromGateway::from_text(&text).unwrap()),
                    // The read after a close frame answers it.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
                    Some(Err(_)) | None => return None,
                    other => panic!("{other:?}"),
                }
            }
        })
        .await
        .expect("a frame, or the end")
    }

    pub(super) async fn frame(&mut self) -> FromGateway {
        self.next().await.expect("a frame, not the end")
    }

    pub(super) async fn nothing_for(&mut self, ms: u64) {
        let frame = timeout(Duration::from_millis(ms), self.ws.next()).await;
        assert!(frame.is_err(), "{frame:?}");
    }
}

pub(super) fn entry(id: u64, kind: &str, attempt: u32) -> Entry {
    Entry { id, at_ms: 5, kind: kind.into(), attempt, body: "secret body".into() }
}

pub(super) fn ack(id: u64) -> FromGateway {
    FromGateway::InboundAck { id }
}

pub(super) fn ms_since(start: Instant) -> u128 {
    start.elapsed().as_millis()
}

/// A client whose handler never returns, without a connector.
pub(super) fn start(
    url: &str,
    handled_ids: Option<PathBuf>,
    timings: Timings,
) -> Result<Client, ClientError> {
    let config =
        ClientConfig::new(Url::parse(url).unwrap(), "me").with_handled_ids(handled_ids).with_timings(timings);
    let (given, _) = mpsc::unbounded_channel();
    let handler = Arc::new(Gated { given, allowed: Semaphore::new(0), gave_up: Mutex::default() });
    let signals = Signals::new(Arc::new(SystemClock::new()));
    Client::start(config, Arc::new(FixedToken("hunter2".into())), handler, signals)
}
