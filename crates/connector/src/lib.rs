//! The other side of the relay.
//!
//! A connector takes what people send to a gateway, keeps it on disk until the gateway has handled it, delivers it in order
//! over the gateway's own WebSocket, and pokes a wake URL while the gateway is away. The protocol is `dormouse_wire`'s.
//!
//! A sender is answered after its entry is durable. An entry is forgotten after its ack. So an accepted entry is delivered at
//! least once, also over a crash of either side; its id tells a repetition. Ids are never used twice in one store, whose name
//! the welcome tells. Attempts are counted from the connector's start on.
//!
//! An internal entry (a completion, a replay) is kept and delivered like every other, but wakes nobody and keeps nobody awake:
//! it is not poked for, and a gateway flips although one waits.

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

/// How long connections may take to end after [`Connector::stop`].
const STOP: Duration = Duration::from_secs(3);

/// Why a connector did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectorError {
    /// A value makes no sense.
    #[error("config: {what}")]
    Config {
        /// What, where, and how to mend it; no secret.
        what: String,
    },
    /// The address cannot be bound.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// Which.
        listen: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error(
        "cannot open the store {path}: {reason}; its directory must exist and no other connector may use it"
    )]
    Store {
        /// Which file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The HTTP client of the pokes cannot be built.
    #[error("cannot make the client for wake URLs: {reason}")]
    Client {
        /// Why.
        reason: String,
    },
}

/// Something that happened, for testbeds and tests. `at_ms` is the wall clock, since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// A gateway said hello.
    Connected {
        /// Whose.
        instance: String,
        /// Entries that waited.
        drained: u64,
        /// When.
        at_ms: u64,
    },
    /// Its session ended, or a newer one took over.
    Disconnected {
        /// Whose.
        instance: String,
        /// When.
        at_ms: u64,
    },
    /// An entry is durable.
    Accepted {
        /// Whose.
        instance: String,
        /// Which.
        id: u64,
        /// When: the entry's own time.
        at_ms: u64,
    },
    /// An entry was written to the socket.
    Delivered {
        /// Whose.
        instance: String,
        /// Which.
        id: u64,
        /// When.
        at_ms: u64,
    },
    /// An entry was handled.
    Acked {
        /// Whose.
        instance: String,
        /// Which.
        id: u64,
        /// When.
        at_ms: u64,
    },
    /// From here on everything is buffered, until the next hello.
    Flipped {
        /// Whose.
        instance: String,
        /// When.
        at_ms: u64,
    },
    /// The wake URL was asked.
    Poked {
        /// Whose.
        instance: String,
        /// It answered with success (2xx) in time.
        ok: bool,
        /// When it had answered.
        at_ms: u64,
    },
    /// An entry got too old and was removed.
    Expired {
        /// Whose.
        instance: String,
        /// Which.
        id: u64,
        /// When.
        at_ms: u64,
    },
}

/// What everything in here shares.
pub(crate) struct Shared {
    config: Config,
    instances: Instances,
    store: Arc<Store>,
    ops: mpsc::Sender<Op>,
    /// Bytes of bodies that may be in memory.
    bodies: Semaphore,
    store_failed: AtomicBool,
    writer_gone: AtomicBool,
    sessions: TaskTracker,
    end: CancellationToken,
}

impl Shared {
    /// Asks the writer; false if it is gone.
    pub(crate) fn ask(&self, op: Op) -> bool {
        self.ops.send(op).is_ok()
    }

    /// Has the writer ended?
    pub(crate) fn writer_gone(&self) -> bool {
        self.writer_gone.load(Ordering::Relaxed)
    }
}

/// A running connector. Dropped, its tasks end by themselves; [`Connector::stop`] waits for them.
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
    /// Opens the store, binds `listen` and serves. Everything that happens is told to `seen`.
    ///
    /// # Errors
    /// If the configuration makes no sense, the store cannot be opened or the address cannot be bound.
    pub async fn start(config: Config, seen: Option<UnboundedSender<Seen>>) -> Result<Self, ConnectorError> {
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
        for (name, entries) in store.strangers(&instances).map_err(failed)? {
            tracing::warn!(
                instance = name,
                entries,
                "entries wait for an instance that is not configured; configure it again, or they stay"
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

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Ends sessions, answers what was asked, commits it, and releases the store and the address.
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

/// Removes what is too old.
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
