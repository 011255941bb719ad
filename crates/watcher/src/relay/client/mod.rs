//! The gateway's side of the relay: a task that dials the connector, handles what it delivers, and dials again.
//!
//! # How often an entry is handled
//!
//! Entries are handled one at a time, in order. When the handler has returned, the client records the id, and then it acks the entry.
//! The connector delivers an entry until it is acked. An entry whose id is recorded is acked and not handled again.
//!
//! So with the ids in a [file](ClientConfig::handled_ids) every entry is handled exactly once, with two exceptions. An entry is handled
//! again if the process ends while the handler runs or before the id is written, and if the handler panics. A lost connection is not
//! an exception: the handler goes on, and the entry is acked when it is delivered again. With the ids in memory, the same holds within
//! one process.
//!
//! An entry whose handler panics again and again ([`Handler::max_attempts`]) is given up: [`Handler::gave_up`] is told, and the entry
//! is logged, counted, recorded and acked. The entries after it are handled.
//!
//! All this needs ids that grow, and a store that uses none of them twice. A new store has a new name, which comes with the welcome;
//! then the client starts without recorded ids, and logs a warning. A store that is restored from a copy keeps its name and uses ids
//! again: in that case, remove the file of handled ids. A file must belong to one running client only.
//!
//! # The idle clock
//!
//! An entry sets the idle clock when its handler begins, so the watcher's second look during a quiesce sees it. Whether the handler's
//! work is still running is for the gateway's [sources](crate::Gateway::sources) to say. Internal entries, and entries that were
//! handled before, do not set the clock.
//!
//! # Freezes and refused tokens
//!
//! A token can expire while the machine is frozen. So the first refusal (401 or 403) after a freeze is not final: the token source is
//! asked again, and the client dials again at once. Every other refusal is logged once, and the client dials again after the longest
//! wait, since the token may be corrected elsewhere. The client notices a freeze by a wall clock that gained more than 2 s on the
//! monotonic clock, or, if only the process tree was frozen, by a timer that fired more than 2 s late.
//!
//! # Logs
//!
//! What this client logs contains no token and no body. The WebSocket library logs what it sends and receives, including tokens and
//! bodies, to the `log` facade at level trace: if you install a logger for that facade, keep the target `tungstenite` above trace.

mod backoff;
mod config;
mod dial;
mod entries;
mod line;
mod session;
mod state;
mod supervisor;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustls::pki_types::CertificateDer;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_tungstenite::Connector;
use tokio_util::sync::CancellationToken;

use self::line::{Ask, Shared};
use self::state::Supervisor;
pub use config::{ClientConfig, ClientError, FixedToken, Handler, Timings, TokenSource};

use super::Relay;
use super::handled_ids::HandledIds;
use crate::signals::Signals;

/// The connection to the connector. Clones are one client. It runs until [`stop`](Self::stop), even if every clone is dropped.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

impl Client {
    /// Begins to dial, on the current runtime. Entries go to `handler`; `signals` are the watcher's. With `wss://`, the connector's
    /// certificate is verified with the system's roots.
    ///
    /// # Errors
    /// If the configuration cannot work, the file of handled ids cannot be used, or the system has no roots.
    pub fn start(
        config: ClientConfig,
        tokens: Arc<dyn TokenSource>,
        handler: Arc<dyn Handler>,
        signals: Signals,
    ) -> Result<Self, ClientError> {
        Self::trusting(config, Vec::new(), tokens, handler, signals)
    }

    /// The same, with more trusted root certificates than the system's.
    ///
    /// # Errors
    /// As [`start`](Self::start), and if a root is not a certificate.
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
        let handled_ids = Arc::new(HandledIds::open(config.handled_ids.clone(), &config.instance)?);
        let shared = Arc::new(Shared::new(signals));
        let supervisor =
            Supervisor::new(Arc::clone(&shared), config, connector, tokens, handler, handled_ids);
        runtime.spawn(supervisor.supervise());
        Ok(Self { shared })
    }

    /// Ends the client and its connection, without waiting. A running handler is not interrupted.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }

    /// Is there a connection on which the connector has welcomed this gateway?
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
        // Under the lock, so that if this connection is lost, the hold is already known.
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
            let mut asked = PendingFlip { answer, renew: line.renew };
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

/// A request to buffer that is not answered yet. If it is given up although the answer was yes, the connection is replaced, so that
/// the connector does not keep buffering.
struct PendingFlip {
    answer: oneshot::Receiver<bool>,
    renew: CancellationToken,
}

impl Drop for PendingFlip {
    fn drop(&mut self) {
        // Close it first: from here on, the session notices that it cannot answer.
        self.answer.close();
        if self.answer.try_recv() == Ok(true) {
            self.renew.cancel();
        }
    }
}
