//! The relay's gateway side: one supervisor task that dials, handles what comes, and dials again.
//!
//! | room | what is in it |
//! |---|---|
//! | `config` | where to dial, as whom, with which token, for which handler |
//! | `supervisor` | when to dial next: holds, freezes, crashes |
//! | `backoff` | how long a wait is |
//! | `dial` | from a token to the welcome, and why not |
//! | `session` | one connection, from the welcome to its end |
//! | `entries` | an entry in flight: handled, recorded, acked; or given up |
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
//! An entry whose handler panics time after time ([`Handler::max_attempts`]) is given up: told to [`Handler::gave_up`], logged,
//! counted in `dormouse_relay_entries_given_up_total`, recorded and acked. Those after it are handled.
//!
//! This rests on ids that grow and are never used twice in one store of the connector. A store that is made anew has another
//! name, which the welcome tells: then the mark begins at nothing, which is warned of. A store that is put back from a copy keeps
//! its name and uses ids again: whoever does that removes the seen-set. One seen-set file belongs to one running client.
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

mod backoff;
mod config;
mod dial;
mod entries;
mod session;
mod supervisor;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dormouse_core::{Mono, Now};
use rustls::pki_types::CertificateDer;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::Connector;
use tokio_util::sync::CancellationToken;

pub use config::{ClientConfig, ClientError, FixedToken, Handler, Timings, TokenSource};
use supervisor::Supervisor;

use super::Relay;
use super::seen::SeenSet;
use crate::signals::Signals;

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
    /// Begins to dial, on the current runtime. `handler` is given what comes; `signals` are told. Over `wss://` the connector's
    /// certificate is checked against the system's roots.
    ///
    /// # Errors
    /// If the configuration cannot work, the seen-set is damaged, or TLS has no roots.
    pub fn start(
        config: ClientConfig,
        tokens: Arc<dyn TokenSource>,
        handler: Arc<dyn Handler>,
        signals: Signals,
    ) -> Result<Self, ClientError> {
        Self::trusting(config, Vec::new(), tokens, handler, signals)
    }

    /// The same, trusting these root certificates besides the system's, for a connector with one of its own.
    ///
    /// # Errors
    /// As [`start`](Self::start), and if a root is no certificate.
    pub fn trusting(
        config: ClientConfig,
        roots: Vec<CertificateDer<'static>>,
        tokens: Arc<dyn TokenSource>,
        handler: Arc<dyn Handler>,
        signals: Signals,
    ) -> Result<Self, ClientError> {
        config::check(&config)?;
        let runtime = Handle::try_current().map_err(|_| ClientError::NoRuntime)?;
        let connector = if config.url.scheme() == "wss" {
            Connector::Rustls(Arc::new(dial::tls(roots)?))
        } else {
            Connector::Plain
        };
        let seen = Arc::new(SeenSet::open(config.seen.clone(), &config.instance)?);
        let shared = Arc::new(Shared {
            signals,
            line: Mutex::new(None),
            hold: watch::Sender::new(None),
            seq: AtomicU64::new(1),
            stop: CancellationToken::new(),
        });
        let supervisor = Supervisor::new(Arc::clone(&shared), config, connector, tokens, handler, seen);
        runtime.spawn(supervisor.supervise());
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
