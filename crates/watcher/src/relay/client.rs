//! The relay's gateway side: one supervisor task that dials, handles what comes, and dials again.
//!
//! # What is handled how often
//!
//! Entries are handled one at a time, in order. When the handler has returned, the id is recorded in the seen-set, and after
//! that the entry is acked. The connector delivers an entry until it is acked; an entry that is recorded is acked and not
//! handled again. So with a seen-set in a file every entry is handled exactly once, with two exceptions, in which it is handled
//! once more: the process ends between the handler's return and the written record (or while the handler runs), or the handler
//! panicked. A connection that is lost while the handler runs is none: the handler runs on, and the entry is acked when it
//! is delivered again. With a seen-set in memory the same holds for one process only.
//!
//! This rests on ids that grow and are never used twice. Whoever empties a connector's buffer so that ids begin anew removes
//! the seen-set too. One seen-set file belongs to one running client.
//!
//! # Stamps
//!
//! The idle clock is stamped when the handler begins, so that a watcher that asks again during a quiesce sees it. That the
//! handler still runs is the census's to say. Internal entries and entries seen before do not stamp.
//!
//! # Freezes and refused tokens
//!
//! A token may expire while the machine is frozen. If a freeze was seen since the last welcome, a refusal (401, 403) is
//! provisional: the token source is asked again and one dial follows at once. Every other refusal is logged once and dialled
//! again at the longest backoff, for ever: a token may be mended from outside. A freeze shows in a wall clock that went on by
//! over 2 s more than mono, or in a sleep that took over 2 s too long (a process tree that is frozen on a machine that runs).
//!
//! # Logs
//!
//! What this client logs holds no token and no body. The WebSocket library beneath tells the `log` facade at level trace what it
//! sends and receives, tokens and bodies too: whoever installs a logger for that facade keeps the target `tungstenite` above
//! trace.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dormouse_core::{Mono, Now, Wall};
use dormouse_wire::{Entry, FromConnector, FromGateway, KIND_INTERNAL, VERSION};
use futures_util::{SinkExt as _, StreamExt as _};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use url::Url;

use super::Relay;
use super::seen::{Seen, SeenError};
use crate::signals::Signals;

/// The largest message either way; a longer one ends the connection.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// Entries read but not begun. When there are so many, nothing is read until one is done.
const MAX_QUEUED: usize = 64;

/// How long the closing handshake may take.
const CLOSE_MS: u64 = 1000;

/// Clocks that part by more than this were parted by a freeze.
const FREEZE_MS: u64 = 2000;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Where to dial, as whom, and how patiently.
#[derive(Clone)]
pub struct ClientConfig {
    /// `ws://` or `wss://`, absolute, with the path `/v1/relay`; without credentials.
    pub url: Url,
    /// Who dials.
    pub instance: String,
    /// The file of the seen-set; `None`: in memory. Its folder must be there.
    pub seen: Option<PathBuf>,
    /// How patiently.
    pub timings: Timings,
}

impl fmt::Debug for ClientConfig {
    /// Without credentials and without a query, which may hold one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, instance, seen, timings } = self;
        let place = format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path());
        f.debug_struct("ClientConfig")
            .field("url", &place)
            .field("port", &url.port())
            .field("instance", instance)
            .field("seen", seen)
            .field("timings", timings)
            .finish()
    }
}

/// How long things take, in the clock's ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// From a close that makes dormant to the next dial.
    pub dormant_redial_ms: u64,
    /// From the first loss to the next dial; doubles with each dial that fails.
    pub backoff_min_ms: u64,
    /// The most that it doubles to, and the wait after a refused token.
    pub backoff_max_ms: u64,
    /// From the question for a token to the welcome; then the dial has failed.
    pub dial_timeout_ms: u64,
    /// Between two pings. A connection on which nothing came for twice as long is lost.
    pub keepalive_ms: u64,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            dormant_redial_ms: 1000,
            backoff_min_ms: 1000,
            backoff_max_ms: 30_000,
            dial_timeout_ms: 10_000,
            keepalive_ms: 30_000,
        }
    }
}

/// Where tokens come from. Asked once for every dial.
pub trait TokenSource: Send + Sync + 'static {
    /// A token for the next dial; `None` if there is none now.
    fn token(&self) -> Pin<Box<dyn Future<Output = Option<String>> + Send + '_>>;
}

/// A token that never changes.
#[derive(Clone)]
pub struct FixedToken(
    /// The token.
    pub String,
);

impl fmt::Debug for FixedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedToken(..)")
    }
}

impl TokenSource for FixedToken {
    fn token(&self) -> Pin<Box<dyn Future<Output = Option<String>> + Send + '_>> {
        Box::pin(std::future::ready(Some(self.0.clone())))
    }
}

/// What handles entries.
pub trait Handler: Send + Sync + 'static {
    /// Handles one entry; returns when it may be acked, and so forgotten. A handler that panics has not handled it: the
    /// connection is closed and the entry delivered again, with a backoff that doubles until an entry is handled.
    fn handle(&self, entry: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Why a client does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL's scheme is not a WebSocket's.
    #[error(
        "the relay's url begins with {scheme}://; use ws:// or wss://, as in wss://connector.example/v1/relay"
    )]
    Scheme {
        /// Which it is.
        scheme: String,
    },
    /// The URL names no host.
    #[error("the relay's url names no host; write it in full, as in wss://connector.example/v1/relay")]
    NoHost,
    /// The URL holds a name or password, which would end in logs.
    #[error("the relay's url holds credentials; remove them and hand the token to the token source")]
    Credentials,
    /// A duration that cannot work.
    #[error("the relay's timing {name} is {ms} ms; {mend}")]
    Timing {
        /// Which.
        name: &'static str,
        /// What it is.
        ms: u64,
        /// What it must be.
        mend: &'static str,
    },
    /// The seen-set cannot be used.
    #[error(transparent)]
    Seen(#[from] SeenError),
    /// There is nothing to verify a connector's certificate with.
    #[error(
        "no root certificate for wss://: {what}; install the system's ca-certificates, or set SSL_CERT_FILE"
    )]
    Roots {
        /// What was found.
        what: String,
    },
    /// TLS cannot be set up.
    #[error("cannot set up tls for wss://: {0}; this is a fault of the build")]
    Tls(rustls::Error),
    /// Called outside a runtime.
    #[error("the relay's client was started outside a tokio runtime; start it from a task")]
    NoRuntime,
}

/// The connection to the connector. Clones are one client. It runs until [`stop`](Self::stop), also when every clone is
/// dropped.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    signals: Signals,
    /// Never locked over an await.
    line: Mutex<Option<Line>>,
    /// Until when no dial may begin.
    hold: watch::Sender<Option<Mono>>,
    seq: AtomicU64,
    stop: CancellationToken,
}

/// The connection that is up, as everybody but the supervisor sees it.
#[derive(Clone)]
struct Line {
    asks: mpsc::Sender<Ask>,
    close: CancellationToken,
    /// The connector buffers though nobody wants it to: only a new hello ends that.
    renew: CancellationToken,
    gone: CancellationToken,
}

/// What the connection is asked for.
enum Ask {
    /// That the connector buffers from now on.
    Dormant { seq: u64, reply: oneshot::Sender<bool> },
    /// That it ends doing so.
    Hello,
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Option<Line>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Now {
        self.signals.clock().now()
    }

    async fn sleep(&self, ms: u64) {
        tokio::time::sleep(self.signals.clock().sleep_for(ms)).await;
    }

    /// `None` if it took longer than `ms`.
    async fn within<T>(&self, ms: u64, future: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.signals.clock().sleep_for(ms), future).await.ok()
    }
}

impl Client {
    /// Begins to dial, on the current runtime. `handler` is given what comes; `signals` are told.
    ///
    /// # Errors
    /// If the configuration cannot work, the seen-set is damaged, or TLS has no roots.
    pub fn start(
        config: ClientConfig,
        tokens: Arc<dyn TokenSource>,
        handler: Arc<dyn Handler>,
        signals: Signals,
    ) -> Result<Self, ClientError> {
        check(&config)?;
        let runtime = Handle::try_current().map_err(|_| ClientError::NoRuntime)?;
        let connector =
            if config.url.scheme() == "wss" { Connector::Rustls(Arc::new(tls()?)) } else { Connector::Plain };
        let seen = Arc::new(Seen::open(config.seen.clone(), &config.instance)?);
        let shared = Arc::new(Shared {
            signals,
            line: Mutex::new(None),
            hold: watch::Sender::new(None),
            seq: AtomicU64::new(1),
            stop: CancellationToken::new(),
        });
        let t = config.timings;
        let supervisor = Supervisor {
            welcomed: shared.now(),
            shared: Arc::clone(&shared),
            config,
            connector,
            tokens,
            handler,
            seen,
            in_flight: None,
            session: 0,
            losses: Backoff::new(t),
            panics: Backoff::new(t),
            overslept: false,
            refusal_logged: false,
        };
        runtime.spawn(supervisor.run());
        Ok(Self { shared })
    }

    /// Ends the supervisor and its connection, without waiting. A handler that runs is not interrupted.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }

    /// Has the connector welcomed this gateway on a connection that is still up?
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.shared.line().is_some()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("connected", &self.is_connected()).finish_non_exhaustive()
    }
}

impl Relay for Client {
    fn hold(&self, max_ms: u64) -> bool {
        // Under the lock, so that the loss of this connection finds the hold.
        let line = self.shared.line();
        if line.is_none() {
            return false;
        }
        let until = self.shared.now().mono.plus(max_ms);
        self.shared.hold.send_replace(Some(until));
        true
    }

    fn go_dormant(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async move {
            let Some(line) = self.shared.line().clone() else { return false };
            let seq = self.shared.seq.fetch_add(1, Ordering::Relaxed);
            let (reply, answer) = oneshot::channel();
            if line.asks.try_send(Ask::Dormant { seq, reply }).is_err() {
                return false;
            }
            let mut asked = Asked { answer, renew: line.renew };
            (&mut asked.answer).await.unwrap_or(false)
        })
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let Some(line) = self.shared.line().clone() else { return };
            line.close.cancel();
            line.gone.cancelled().await;
        })
    }

    fn release(&self) {
        self.shared.hold.send_replace(None);
    }

    fn renew(&self) {
        self.release();
        if let Some(line) = self.shared.line().clone()
            && line.asks.try_send(Ask::Hello).is_err()
        {
            line.renew.cancel();
        }
    }
}

/// A question under way. Who gives up on it must not leave a connector that buffers behind: if the answer was yes and nobody
/// took it, the connection is made anew.
struct Asked {
    answer: oneshot::Receiver<bool>,
    renew: CancellationToken,
}

impl Drop for Asked {
    fn drop(&mut self) {
        // Closed first: from here on the session finds that it cannot answer.
        self.answer.close();
        if self.answer.try_recv() == Ok(true) {
            self.renew.cancel();
        }
    }
}

fn check(config: &ClientConfig) -> Result<(), ClientError> {
    let (url, t) = (&config.url, &config.timings);
    if !matches!(url.scheme(), "ws" | "wss") {
        return Err(ClientError::Scheme { scheme: url.scheme().to_owned() });
    }
    if url.host_str().is_none() {
        return Err(ClientError::NoHost);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientError::Credentials);
    }
    for (name, ms) in [
        ("backoff_min_ms", t.backoff_min_ms),
        ("dial_timeout_ms", t.dial_timeout_ms),
        ("keepalive_ms", t.keepalive_ms),
    ] {
        if ms == 0 {
            return Err(ClientError::Timing { name, ms, mend: "use 1 or more" });
        }
    }
    if t.backoff_max_ms < t.backoff_min_ms {
        let (name, ms) = ("backoff_max_ms", t.backoff_max_ms);
        return Err(ClientError::Timing { name, ms, mend: "use no less than backoff_min_ms" });
    }
    Ok(())
}

/// TLS as the system trusts.
fn tls() -> Result<rustls::ClientConfig, ClientError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(ClientError::Roots { what: format!("{} errors while loading", found.errors.len()) });
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ClientError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Doubles from the shortest wait to the longest.
struct Backoff {
    next_ms: u64,
    min_ms: u64,
    max_ms: u64,
}

impl Backoff {
    fn new(t: Timings) -> Self {
        Self { next_ms: t.backoff_min_ms, min_ms: t.backoff_min_ms, max_ms: t.backoff_max_ms }
    }

    fn take(&mut self) -> u64 {
        let ms = self.next_ms;
        self.next_ms = ms.saturating_mul(2).min(self.max_ms);
        ms
    }

    fn reset(&mut self) {
        self.next_ms = self.min_ms;
    }
}

struct Supervisor {
    shared: Arc<Shared>,
    config: ClientConfig,
    connector: Connector,
    tokens: Arc<dyn TokenSource>,
    handler: Arc<dyn Handler>,
    seen: Arc<Seen>,
    /// Outlives a connection: a handler is not interrupted, and its entry not begun a second time.
    in_flight: Option<InFlight>,
    /// Which connection this is.
    session: u64,
    losses: Backoff,
    panics: Backoff,
    /// Both clocks at the last welcome, at the start, or when a freeze was last taken into account.
    welcomed: Now,
    overslept: bool,
    refusal_logged: bool,
}

struct InFlight {
    id: u64,
    session: u64,
    task: JoinHandle<Result<(), SeenError>>,
}

/// Why a dial failed.
enum Undialled {
    /// The connector does not take the token.
    Refused,
    Failed(String),
}

/// Why a connection ended.
enum End {
    Stopped,
    Dormant,
    Renew,
    Lost(String),
    Unhandled,
}

impl Supervisor {
    async fn run(mut self) {
        let stop = self.shared.stop.clone();
        let mut due = self.shared.now().mono;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.wait_until(due) => {}
            }
            let dialled = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                dialled = self.dial() => dialled,
            };
            let wait_ms = match dialled {
                Ok(socket) => match self.talk(socket).await {
                    End::Stopped => return,
                    End::Dormant => self.config.timings.dormant_redial_ms,
                    End::Renew => 0,
                    End::Unhandled => self.panics.take(),
                    End::Lost(why) => {
                        let wait_ms = self.losses.take();
                        info!(instance = self.config.instance, why, wait_ms, "relay lost");
                        wait_ms
                    }
                },
                Err(Undialled::Failed(why)) => {
                    let wait_ms = self.losses.take();
                    warn!(instance = self.config.instance, why, wait_ms, "relay cannot be dialled");
                    wait_ms
                }
                Err(Undialled::Refused) if self.take_freeze() => {
                    info!(
                        instance = self.config.instance,
                        "token refused after a freeze: a fresh one is asked for"
                    );
                    0
                }
                Err(Undialled::Refused) => {
                    if !self.refusal_logged {
                        self.refusal_logged = true;
                        error!(
                            instance = self.config.instance,
                            "the relay's token is refused; mend the token, or the connector's list"
                        );
                    }
                    self.config.timings.backoff_max_ms
                }
            };
            due = self.shared.now().mono.plus(wait_ms);
        }
    }

    /// Was there a freeze since the last welcome? Each counts once.
    fn take_freeze(&mut self) -> bool {
        let now = self.shared.now();
        let apart = now.wall.since(self.welcomed.wall).saturating_sub(now.mono.since(self.welcomed.mono));
        self.welcomed = now;
        std::mem::take(&mut self.overslept) || apart > FREEZE_MS
    }

    /// Waits until `due`, and for the end of a hold.
    async fn wait_until(&mut self, due: Mono) {
        let mut hold = self.shared.hold.subscribe();
        loop {
            let until = hold.borrow_and_update().map_or(due, |held| held.max(due));
            let now = self.shared.now().mono;
            if now >= until {
                return;
            }
            tokio::select! {
                biased;
                // Never an error: the sender is in `shared`.
                _ = hold.changed() => {}
                () = self.shared.sleep(until.since(now)) => {
                    self.overslept |= self.shared.now().mono.since(until) > FREEZE_MS;
                }
            }
        }
    }

    /// Up to the welcome.
    async fn dial(&mut self) -> Result<Socket, Undialled> {
        let ms = self.config.timings.dial_timeout_ms;
        let until = self.shared.now().mono.plus(ms);
        let dialled = self.shared.within(ms, self.shake_hands()).await;
        self.overslept |= self.shared.now().mono.since(until) > FREEZE_MS;
        let socket = dialled.unwrap_or_else(|| Err(Undialled::Failed(format!("no welcome in {ms} ms"))))?;
        self.welcomed = self.shared.now();
        self.overslept = false;
        self.refusal_logged = false;
        self.losses.reset();
        Ok(socket)
    }

    async fn shake_hands(&self) -> Result<Socket, Undialled> {
        let failed = |why: &str| Undialled::Failed(why.to_owned());
        let token = self.tokens.token().await.ok_or_else(|| failed("there is no token now"))?;
        let mut header = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| failed("the token has characters that no header can carry"))?;
        header.set_sensitive(true);
        let mut request = self.config.url.as_str().into_client_request().map_err(undialled)?;
        request.headers_mut().insert(AUTHORIZATION, header);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let connector = Some(self.connector.clone());
        let (mut socket, _) =
            connect_async_tls_with_config(request, Some(limits), true, connector).await.map_err(undialled)?;
        socket.send(self.hello()).await.map_err(undialled)?;
        loop {
            match socket.next().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(text))) => {
                    return match FromConnector::from_text(&text) {
                        Ok(FromConnector::Welcome { version: VERSION, buffered }) => {
                            debug!(instance = self.config.instance, buffered, "relay connected");
                            Ok(socket)
                        }
                        Ok(FromConnector::Welcome { version, .. }) => Err(Undialled::Failed(format!(
                            "the connector speaks protocol version {version}, this gateway {VERSION}"
                        ))),
                        Ok(FromConnector::Refused { reason }) => Err(Undialled::Failed(refused(&reason))),
                        Ok(_) => Err(failed("a frame before the welcome")),
                        Err(e) => Err(Undialled::Failed(e.to_string())),
                    };
                }
                Some(Ok(_)) | None => return Err(failed("closed before the welcome")),
                Some(Err(e)) => return Err(undialled(e)),
            }
        }
    }

    fn hello(&self) -> Message {
        Message::text(
            FromGateway::Hello { version: VERSION, instance: self.config.instance.clone() }.to_text(),
        )
    }

    /// One connection, from the welcome to its end.
    async fn talk(&mut self, mut socket: Socket) -> End {
        self.session += 1;
        let (asks, mut asked) = mpsc::channel(4);
        let line = Line {
            asks,
            close: CancellationToken::new(),
            renew: CancellationToken::new(),
            gone: CancellationToken::new(),
        };
        let shared = Arc::clone(&self.shared);
        let gone = line.gone.clone().drop_guard();
        *shared.line() = Some(line.clone());
        shared.signals.connected();
        let end = tokio::select! {
            biased;
            () = shared.stop.cancelled() => End::Stopped,
            () = line.close.cancelled() => End::Dormant,
            () = line.renew.cancelled() => End::Renew,
            end = self.exchange(&mut socket, &mut asked) => end,
        };
        *shared.line() = None;
        // Who still waits for an answer gets none.
        drop(asked);
        if !matches!(end, End::Lost(_)) {
            // Entries that come meanwhile are not acked, so they come again.
            shared
                .within(CLOSE_MS, async {
                    if socket.close(None).await.is_ok() {
                        while let Some(Ok(frame)) = socket.next().await
                            && !frame.is_close()
                        {}
                    }
                })
                .await;
        }
        drop(socket);
        drop(gone);
        end
    }

    /// Everything on a connection that is up. May be dropped at any point: a frame half written is completed by the next one.
    async fn exchange(&mut self, socket: &mut Socket, asks: &mut mpsc::Receiver<Ask>) -> End {
        let shared = Arc::clone(&self.shared);
        let keepalive_ms = self.config.timings.keepalive_ms;
        let mut queue = VecDeque::new();
        let mut waiting: BTreeMap<u64, oneshot::Sender<bool>> = BTreeMap::new();
        let mut heard = shared.now().mono;
        let mut ping_at = heard.plus(keepalive_ms);
        // Said hello again, and is to be welcomed by then.
        let mut welcome_by = None;
        loop {
            if self.in_flight.is_none()
                && let Some(entry) = queue.pop_front()
            {
                self.begin(entry);
            }
            let room = queue.len() < MAX_QUEUED;
            let frame = tokio::select! {
                biased;
                outcome = done(&mut self.in_flight) => match self.finish(outcome) {
                    Ok(ack) => ack.map(|id| Message::text(FromGateway::InboundAck { id }.to_text())),
                    Err(end) => return end,
                },
                Some(ask) = asks.recv() => match ask {
                    Ask::Dormant { seq, reply } => {
                        waiting.retain(|_, reply| !reply.is_closed());
                        (!reply.is_closed()).then(|| {
                            waiting.insert(seq, reply);
                            Message::text(FromGateway::GoingIdle { seq }.to_text())
                        })
                    }
                    Ask::Hello => {
                        welcome_by = Some(shared.now().mono.plus(self.config.timings.dial_timeout_ms));
                        Some(self.hello())
                    }
                },
                () = shared.sleep(welcome_by.unwrap_or(ping_at).min(ping_at).since(shared.now().mono)) => {
                    let now = shared.now().mono;
                    if welcome_by.is_some_and(|at| now >= at) {
                        return End::Renew;
                    }
                    if now < ping_at {
                        continue;
                    }
                    self.overslept |= now.since(ping_at) > FREEZE_MS;
                    if !room {
                        // Nothing was read, so nothing can have been heard.
                        heard = now;
                    }
                    if now.since(heard) >= keepalive_ms.saturating_mul(2) {
                        return End::Lost(format!("nothing came for {} ms", now.since(heard)));
                    }
                    ping_at = now.plus(keepalive_ms);
                    Some(Message::Ping(Vec::new().into()))
                }
                read = socket.next(), if room => {
                    heard = shared.now().mono;
                    match read {
                        Some(Ok(Message::Text(text))) => match FromConnector::from_text(&text) {
                            Ok(FromConnector::Inbound(entry)) => queue.push_back(entry),
                            Ok(FromConnector::GoingIdleAck { seq, ok }) => {
                                let taken = waiting.remove(&seq).is_some_and(|reply| reply.send(ok).is_ok());
                                if ok && !taken {
                                    // It buffers, and whoever wanted that gave up: only a new hello ends it.
                                    return End::Renew;
                                }
                            }
                            Ok(FromConnector::Refused { reason }) => return End::Lost(refused(&reason)),
                            Ok(FromConnector::Welcome { .. }) if welcome_by.take().is_some() => {
                                shared.signals.connected();
                            }
                            Ok(FromConnector::Welcome { .. }) => {
                                return End::Lost("a second welcome".to_owned());
                            }
                            Err(e) => return End::Lost(e.to_string()),
                        },
                        // Pings are answered by the socket.
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_))) | None => return End::Lost("closed by the connector".to_owned()),
                        Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                            return End::Lost("a message that is no text".to_owned());
                        }
                        Some(Err(e)) => return End::Lost(describe(&e)),
                    }
                    None
                }
            };
            if let Some(frame) = frame {
                match shared.within(keepalive_ms, socket.send(frame)).await {
                    Some(Ok(())) => {}
                    Some(Err(e)) => return End::Lost(describe(&e)),
                    None => return End::Lost(format!("nothing could be sent for {keepalive_ms} ms")),
                }
            }
        }
    }

    /// Begins to handle an entry, in a task of its own: it goes on when the connection ends, and its panic ends only it.
    fn begin(&mut self, entry: Entry) {
        let (id, session) = (entry.id, self.session);
        let (seen, handler) = (Arc::clone(&self.seen), Arc::clone(&self.handler));
        let signals = self.shared.signals.clone();
        if seen.contains(id) && entry.attempt == 1 {
            warn!(
                instance = self.config.instance,
                id,
                "an entry is delivered for the first time with an id that was handled before: it is dropped; if the \
                 connector's buffer was made anew, remove the seen-set"
            );
        }
        let task = tokio::spawn(async move {
            if !seen.contains(id) {
                if entry.kind != KIND_INTERNAL {
                    signals.handled_since(Wall::from_ms(entry.at_ms));
                }
                handler.handle(&entry).await;
            }
            match tokio::task::spawn_blocking(move || seen.record(id)).await {
                Ok(recorded) => recorded,
                Err(e) => match e.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime ends, and this task with it.
                    Err(_) => std::future::pending().await,
                },
            }
        });
        self.in_flight = Some(InFlight { id, session, task });
    }

    /// What to ack after the entry in flight came to its end.
    fn finish(
        &mut self,
        outcome: Result<Result<(), SeenError>, tokio::task::JoinError>,
    ) -> Result<Option<u64>, End> {
        let Some(InFlight { id, session, .. }) = self.in_flight.take() else { return Ok(None) };
        // Of an earlier connection: the connector delivers it again on this one, and then it is acked or handled.
        let here = session == self.session;
        let instance = &self.config.instance;
        match outcome {
            Ok(Ok(())) => {
                self.panics.reset();
                return Ok(here.then_some(id));
            }
            Ok(Err(e)) => error!(instance, id, "handled, but not acked: {e}"),
            // Without the panic's text, which may quote the entry.
            Err(_) => error!(instance, id, "the handler panicked: the entry is not acked and comes again"),
        }
        if here { Err(End::Unhandled) } else { Ok(None) }
    }
}

/// The end of the entry in flight; never, if there is none.
async fn done(in_flight: &mut Option<InFlight>) -> Result<Result<(), SeenError>, tokio::task::JoinError> {
    match in_flight {
        Some(InFlight { task, .. }) => task.await,
        None => std::future::pending().await,
    }
}

fn undialled(e: WsError) -> Undialled {
    match e {
        WsError::Http(answer) if matches!(answer.status().as_u16(), 401 | 403) => Undialled::Refused,
        e => Undialled::Failed(describe(&e)),
    }
}

/// What went wrong, without a URL or anything that was sent.
fn describe(e: &WsError) -> String {
    match e {
        WsError::Io(e) => e.to_string(),
        WsError::Tls(e) => e.to_string(),
        WsError::Http(answer) => format!("http status {} instead of a websocket", answer.status().as_u16()),
        WsError::Capacity(_) => format!("a message of more than {MAX_MESSAGE_BYTES} bytes"),
        WsError::ConnectionClosed | WsError::AlreadyClosed => "closed".to_owned(),
        WsError::Protocol(e) => e.to_string(),
        WsError::Utf8(_) => "a text that is not utf-8".to_owned(),
        _ => "a websocket cannot be had from this url".to_owned(),
    }
}

fn refused(reason: &str) -> String {
    let short: String = reason.chars().filter(|c| !c.is_control()).take(200).collect();
    format!("refused by the connector: {short}")
}
