//! Code that the tests share.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use dormouse_connector::{Config, Connector, ConnectorEvent, InstanceConfig};
use dormouse_wire::{Entry, FromConnector, FromGateway, RELAY_PATH, VERSION};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// The time limit for anything that a test waits for. It is longer than anything takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn config(dir: &Path, names: &[&str]) -> Config {
    let mut config = Config::new(SocketAddr::from(([127, 0, 0, 1], 0)), dir.join("store.redb"));
    config.repoke_ms = 0;
    for name in names {
        let instance = InstanceConfig {
            token: format!("token-{name}"),
            sender_token: format!("sender-{name}"),
            wake_url: None,
        };
        config.instances.insert((*name).into(), instance);
    }
    config
}

pub(crate) struct World {
    pub(crate) connector: Connector,
    pub(crate) seen: mpsc::UnboundedReceiver<ConnectorEvent>,
}

impl World {
    pub(crate) async fn start(config: Config) -> Self {
        let (tell, seen) = mpsc::unbounded_channel();
        Self { connector: Connector::start(config, Some(tell)).await.expect("starts"), seen }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.connector.local_addr()
    }

    /// The next event for which `wanted` holds.
    pub(crate) async fn see(&mut self, wanted: impl Fn(&ConnectorEvent) -> bool) -> ConnectorEvent {
        let search = async {
            loop {
                let seen = self.seen.recv().await.expect("the connector runs");
                if wanted(&seen) {
                    return seen;
                }
            }
        };
        timeout(PATIENCE, search).await.expect("it happens")
    }
}

pub(crate) async fn ask(
    method: reqwest::Method,
    addr: SocketAddr,
    path: &str,
    token: &str,
    body: impl Into<reqwest::Body>,
) -> (StatusCode, serde_json::Value) {
    try_ask(method, addr, path, token, body).await.expect("an answer")
}

/// Sends a request to a connector that may die before it answers.
pub(crate) async fn try_ask(
    method: reqwest::Method,
    addr: SocketAddr,
    path: &str,
    token: &str,
    body: impl Into<reqwest::Body>,
) -> Result<(StatusCode, serde_json::Value), reqwest::Error> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::new().request(method, format!("http://{addr}{path}"));
    let response = request.bearer_auth(token).body(body).timeout(PATIENCE).send().await?;
    let status = StatusCode::from_u16(response.status().as_u16()).expect("a status");
    let text = response.text().await?;
    Ok((status, serde_json::from_str(&text).expect("one JSON line")))
}

/// Sends an entry, which must be accepted, and returns its id.
pub(crate) async fn send(addr: SocketAddr, name: &str, body: &str) -> u64 {
    let path = format!("/v1/instances/{name}/inbound");
    let (status, json) =
        ask(reqwest::Method::POST, addr, &path, &format!("sender-{name}"), body.to_owned()).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{json}");
    json["id"].as_u64().expect("an id")
}

/// Sends an internal entry, which must be accepted, and returns its id.
pub(crate) async fn send_internal(addr: SocketAddr, name: &str) -> u64 {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::new().post(format!("http://{addr}/v1/instances/{name}/inbound"));
    let request = request.header("dormouse-kind", "internal").bearer_auth(format!("sender-{name}"));
    let text = request.body("done").send().await.expect("an answer").text().await.expect("a body");
    let json: serde_json::Value = serde_json::from_str(&text).expect("one JSON line");
    json["id"].as_u64().unwrap_or_else(|| panic!("{json}"))
}

pub(crate) async fn status(addr: SocketAddr, name: &str) -> serde_json::Value {
    let path = format!("/v1/instances/{name}");
    ask(reqwest::Method::GET, addr, &path, &format!("sender-{name}"), "").await.1
}

pub(crate) struct Gateway(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Gateway {
    pub(crate) async fn dial(addr: SocketAddr, token: &str) -> Result<Self, Error> {
        let mut request = format!("ws://{addr}{RELAY_PATH}").into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        Ok(Self(tokio_tungstenite::connect_async(request).await?.0))
    }

    /// Dials, says hello, and returns the gateway and the number of entries that wait.
    pub(crate) async fn connect(addr: SocketAddr, name: &str) -> (Self, u64) {
        let mut gateway = Self::dial(addr, &format!("token-{name}")).await.expect("dials");
        gateway.hello(name).await;
        match gateway.next().await {
            FromConnector::Welcome { version: VERSION, buffered, .. } => (gateway, buffered),
            other => panic!("{other:?}"),
        }
    }

    /// Dials, says hello, and returns the name of the store.
    pub(crate) async fn store(addr: SocketAddr, name: &str) -> String {
        let mut gateway = Self::dial(addr, &format!("token-{name}")).await.expect("dials");
        gateway.hello(name).await;
        match gateway.next().await {
            FromConnector::Welcome { store, .. } => store,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn hello(&mut self, name: &str) {
        self.say(&FromGateway::Hello { version: VERSION, instance: name.into() }).await;
    }

    pub(crate) async fn say(&mut self, frame: &FromGateway) {
        self.0.send(Message::Text(frame.to_text().into())).await.expect("says");
    }

    pub(crate) async fn ack(&mut self, id: u64) {
        self.say(&FromGateway::InboundAck { id }).await;
    }

    pub(crate) async fn go_idle(&mut self, seq: u64) -> bool {
        self.say(&FromGateway::GoingIdle { seq }).await;
        match self.next().await {
            FromConnector::GoingIdleAck { seq: answered, ok } if answered == seq => ok,
            other => panic!("{other:?}"),
        }
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn maybe_next(&mut self) -> Option<FromConnector> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a frame") {
                Some(Ok(Message::Text(text))) => {
                    return Some(FromConnector::from_text(&text).expect("a frame"));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(crate) async fn next(&mut self) -> FromConnector {
        self.maybe_next().await.expect("it goes on")
    }

    pub(crate) async fn entry(&mut self) -> Entry {
        match self.next().await {
            FromConnector::Inbound(entry) => entry,
            other => panic!("{other:?}"),
        }
    }

    /// Checks that nothing arrives for 150 ms.
    pub(crate) async fn quiet(&mut self) {
        let more = timeout(Duration::from_millis(150), self.0.next()).await;
        assert!(more.is_err(), "{more:?}");
    }
}

/// The clock of a runtime that starts paused: it stands still and moves only when it is told to. Whatever waits for a timer waits
/// for the test; sockets, files and threads go on in real time.
pub(crate) struct Clock {
    began: Instant,
    moved: Cell<Duration>,
    _held: std::sync::mpsc::Sender<()>,
}

impl Clock {
    pub(crate) fn hold() -> Self {
        // A clock that is paused and not held jumps to the next timer whenever no task can run, although a socket may be about to be
        // ready. It does not jump while a blocking task runs. This one ends with the test, or when the test has waited for too
        // long: then the clock jumps, and what waits in vain runs into its time limit.
        let (held, ended) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || ended.recv_timeout(PATIENCE));
        Self { began: Instant::now(), moved: Cell::default(), _held: held }
    }

    /// `ms` pass.
    pub(crate) async fn pass(&self, ms: u64) {
        let by = Duration::from_millis(ms);
        self.moved.set(self.moved.get() + by);
        tokio::time::advance(by).await;
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        // Nothing that the test saw happened because the clock had jumped.
        assert!(
            std::thread::panicking() || self.began.elapsed() == self.moved.get(),
            "the test waited for more than {PATIENCE:?} for something that never came"
        );
    }
}

/// A wake URL that counts, and answers what it is told to.
pub(crate) struct Wake {
    pub(crate) url: String,
    pub(crate) asked: Arc<AtomicUsize>,
    pub(crate) answer: Arc<AtomicU16>,
    server: JoinHandle<()>,
}

impl Wake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let url = format!("http://{}/wake", listener.local_addr().expect("an address"));
        let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU16::new(200)));
        let (count, code) = (Arc::clone(&asked), Arc::clone(&answer));
        let handler = move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            StatusCode::from_u16(code.load(Ordering::SeqCst)).expect("a status")
        };
        let app = axum::Router::new().route("/wake", axum::routing::get(handler));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { url, asked, answer, server }
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.server.abort();
    }
}
