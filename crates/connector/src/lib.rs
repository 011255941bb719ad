//! The connector: the server side of the relay.
//!
//! A connector takes messages for a gateway and keeps them on disk until the gateway has handled them. It delivers them in
//! order over the gateway's own WebSocket, and pokes a wake URL while the gateway is away. The protocol is in `dormouse_wire`.
//!
//! A sender is answered after its entry is durable, and an entry is deleted after its ack. So an accepted entry is delivered at
//! least once, even if either side crashes. Its id identifies repetitions: an id is never used twice in one store, and the
//! welcome frame names the store. Attempts are counted from the start of the connector.
//!
//! An internal entry (a completion, a replay) is kept and delivered like any other, but it does not wake a gateway or keep one
//! awake: it causes no poke, and a gateway can flip while it waits.

mod buffer;
mod clock;
mod config;
mod http;
mod instance;
mod poke;
mod serve;
mod session;
mod store;
mod writer;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use config::{Config, InstanceConfig};

use instance::{Instance, Instances};
use store::Store;
use writer::Op;

/// How long connections, and then sessions, may take to end after [`Connector::stop`].
const STOP: Duration = Duration::from_secs(3);

/// Why a connector did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectorError {
    /// The configuration is invalid.
    #[error("config: {what}")]
    Config {
        /// What is wrong, where, and how to fix it. Contains no secret.
        what: String,
    },
    /// The address cannot be bound.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error(
        "cannot open the store {path}: {reason}; its directory must exist and no other connector may use it"
    )]
    Store {
        /// The file.
        path: String,
        /// The cause.
        reason: String,
    },
    /// The HTTP client for pokes cannot be built.
    #[error("cannot make the client for wake URLs: {reason}")]
    Client {
        /// The cause.
        reason: String,
    },
}

/// An event, reported to testbeds and tests. `at_ms` is the wall clock, in ms since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectorEvent {
    /// A gateway sent a hello.
    Connected {
        /// The instance.
        instance: String,
        /// The number of entries that are to be delivered.
        drained: u64,
        /// When it happened.
        at_ms: u64,
    },
    /// A session ended, or a newer one replaced it.
    Disconnected {
        /// The instance.
        instance: String,
        /// When it happened.
        at_ms: u64,
    },
    /// An entry was accepted: it is durable.
    Accepted {
        /// The instance.
        instance: String,
        /// The id of the entry.
        id: u64,
        /// When it was accepted. The entry has the same time.
        at_ms: u64,
    },
    /// An entry was written to the socket.
    Delivered {
        /// The instance.
        instance: String,
        /// The id of the entry.
        id: u64,
        /// When it happened.
        at_ms: u64,
    },
    /// An entry was acked: the gateway has handled it.
    Acked {
        /// The instance.
        instance: String,
        /// The id of the entry.
        id: u64,
        /// When it happened.
        at_ms: u64,
    },
    /// A gateway flipped: its entries are buffered until the next hello.
    Flipped {
        /// The instance.
        instance: String,
        /// When it happened.
        at_ms: u64,
    },
    /// The wake URL was requested.
    Poked {
        /// The instance.
        instance: String,
        /// Whether it answered with 2xx in time.
        ok: bool,
        /// When it answered, or the request failed.
        at_ms: u64,
    },
    /// An entry became too old and was removed.
    Expired {
        /// The instance.
        instance: String,
        /// The id of the entry.
        id: u64,
        /// When it happened.
        at_ms: u64,
    },
}

/// State that all tasks share.
pub(crate) struct Shared {
    config: Config,
    instances: Instances,
    store: Arc<Store>,
    ops: mpsc::Sender<Op>,
    /// One permit for each byte of a body that may be in memory.
    bodies: Semaphore,
    store_failed: AtomicBool,
    writer_gone: AtomicBool,
    sessions: TaskTracker,
    end: CancellationToken,
}

impl Shared {
    /// Sends an operation to the writer. Returns false if the writer has ended.
    pub(crate) fn ask(&self, op: Op) -> bool {
        self.ops.send(op).is_ok()
    }

    /// Whether the writer has ended.
    pub(crate) fn writer_gone(&self) -> bool {
        self.writer_gone.load(Ordering::Relaxed)
    }
}

/// A running connector. If it is dropped, its tasks end in the background; [`Connector::stop`] waits for them.
pub struct Connector {
    shared: Arc<Shared>,
    local_addr: SocketAddr,
    server: JoinHandle<()>,
    writer: std::thread::JoinHandle<()>,
    _end: DropGuard,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}

impl Connector {
    /// Opens the store, binds `listen` and serves. Events are sent to `seen`.
    ///
    /// # Errors
    /// If the configuration is invalid, the store cannot be opened or the address cannot be bound.
    pub async fn start(
        config: Config,
        seen: Option<UnboundedSender<ConnectorEvent>>,
    ) -> Result<Self, ConnectorError> {
        config.check()?;
        let failed = |e: redb::Error| ConnectorError::Store {
            path: config.store.display().to_string(),
            reason: e.to_string(),
        };
        let store = Arc::new(Store::open(&config.store).map_err(failed)?);
        let mut instances = Instances::new();
        for (name, secrets) in &config.instances {
            let kept = store.kept(name).map_err(failed)?;
            let instance = Instance::new(name, secrets, &config, kept, seen.clone());
            instances.insert(name.clone(), Arc::new(instance));
        }
        for (name, entries) in store.unconfigured(&instances).map_err(failed)? {
            tracing::warn!(
                instance = name,
                entries,
                "entries wait for an instance that is not configured; they are kept until it is configured again"
            );
        }
        let client = poke::client().map_err(|e| ConnectorError::Client { reason: e.to_string() })?;
        let cannot_listen = |source| ConnectorError::Listen { listen: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(cannot_listen)?;
        let local_addr = listener.local_addr().map_err(cannot_listen)?;

        let (ops, to_do) = mpsc::channel();
        let end = CancellationToken::new();
        let max_held_bytes = (config.max_held_bytes as usize).min(Semaphore::MAX_PERMITS);
        let shared = Arc::new(Shared {
            config,
            instances,
            store,
            ops,
            bodies: Semaphore::new(max_held_bytes),
            store_failed: AtomicBool::new(false),
            writer_gone: AtomicBool::new(false),
            sessions: TaskTracker::new(),
            end: end.clone(),
        });
        let writer = {
            // Weak, or the thread would keep its own sender alive.
            let (store, weak) = (Arc::clone(&shared.store), Arc::downgrade(&shared));
            let runtime = tokio::runtime::Handle::current();
            std::thread::spawn(move || {
                // It compares times with the runtime's, and a test may have stopped that clock.
                let _runtime = runtime.enter();
                writer::run(&store, &to_do, &|works| {
                    if let Some(shared) = weak.upgrade() {
                        shared.store_failed.store(!works, Ordering::Relaxed);
                    }
                });
                if let Some(shared) = weak.upgrade() {
                    shared.writer_gone.store(true, Ordering::Relaxed);
                }
            })
        };
        for instance in shared.instances.values() {
            if let Some(url) = instance.secrets.wake_url.clone() {
                let task = poke::run(Arc::clone(instance), url, client.clone(), end.clone());
                shared.sessions.spawn(task);
            }
        }
        if shared.config.max_age_ms > 0 {
            shared.sessions.spawn(expire(Arc::clone(&shared)));
        }
        let app = http::router(Arc::clone(&shared));
        let server = tokio::spawn({
            let (shared, end) = (Arc::clone(&shared), end.clone());
            async move { serve::serve(listener, app, &shared.config, end).await }
        });
        tracing::info!(%local_addr, instances = shared.instances.len(), "listening");
        Ok(Self { shared, local_addr, server, writer, _end: end.drop_guard() })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Ends the sessions, commits and answers what was sent before, and releases the store and the address.
    pub async fn stop(mut self) {
        self.shared.end.cancel();
        if tokio::time::timeout(STOP, &mut self.server).await.is_err() {
            tracing::warn!("some connections did not end in time");
            self.server.abort();
        }
        self.shared.sessions.close();
        if tokio::time::timeout(STOP, self.shared.sessions.wait()).await.is_err() {
            tracing::warn!("some sessions did not end in time");
        }
        self.shared.ask(Op::Stop);
        let writer = self.writer;
        let _ = tokio::task::spawn_blocking(move || writer.join()).await;
        self.shared.store.close();
        tracing::info!("stopped");
    }
}

/// Removes entries that are too old, until the connector stops.
async fn expire(shared: Arc<Shared>) {
    let max_age = shared.config.max_age_ms;
    let every = Duration::from_millis((max_age / 10).clamp(10, 10_000));
    loop {
        tokio::select! {
            biased;
            () = shared.end.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        let Some(before) = clock::wall_ms().checked_sub(max_age) else { continue };
        for instance in shared.instances.values() {
            for id in instance.expire(before) {
                tracing::warn!(
                    instance = instance.name(),
                    id,
                    max_age_ms = max_age,
                    "an entry expired undelivered"
                );
                shared.ask(Op::Remove { instance: Arc::clone(instance), id });
            }
        }
    }
}
