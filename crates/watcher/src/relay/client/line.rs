//! What a client, its supervisor and its current connection share.

use std::future::Future;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dormouse_core::{Mono, Now};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::signals::Signals;

/// What a client and its supervisor share.
pub(super) struct Shared {
    pub(super) signals: Signals,
    /// The connection that is up. Never locked across an await.
    line: Mutex<Option<Line>>,
    /// Until when no dial may begin.
    pub(super) hold: watch::Sender<Option<Mono>>,
    /// The number of the next `going_idle`.
    pub(super) seq: AtomicU64,
    pub(super) stop: CancellationToken,
}

/// The connection that is up, as everything but the supervisor sees it.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) asks: mpsc::Sender<Ask>,
    pub(super) close: CancellationToken,
    /// The connector buffers although the gateway is awake; only a new hello ends that.
    pub(super) renew: CancellationToken,
    pub(super) gone: CancellationToken,
}

/// A request to the connection.
pub(super) enum Ask {
    /// Make the connector buffer from now on.
    Dormant { seq: u64, reply: oneshot::Sender<bool> },
    /// Make it stop buffering.
    Hello,
}

impl Shared {
    pub(super) fn new(signals: Signals) -> Self {
        Self {
            signals,
            line: Mutex::new(None),
            hold: watch::Sender::new(None),
            seq: AtomicU64::new(1),
            stop: CancellationToken::new(),
        }
    }

    pub(super) fn line(&self) -> MutexGuard<'_, Option<Line>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Now {
        self.signals.clock().now()
    }

    pub(super) async fn sleep(&self, ms: u64) {
        tokio::time::sleep(self.signals.clock().sleep_for(ms)).await;
    }

    /// Waits for `future`; `None` if it takes longer than `ms`.
    pub(super) async fn within<T>(&self, ms: u64, future: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.signals.clock().sleep_for(ms), future).await.ok()
    }
}
