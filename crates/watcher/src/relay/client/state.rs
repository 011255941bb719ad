//! The supervisor's state. What it does is in `entries`, `dial`, `session` and `supervisor`.

use std::sync::Arc;

use dormouse_core::Now;
use tokio::task::JoinHandle;
use tokio_tungstenite::Connector;

use super::backoff::Backoff;
use super::config::{ClientConfig, Handler, TokenSource};
use super::line::Shared;
use crate::relay::handled_ids::{HandledIds, HandledIdsError};

/// If the clocks part by more than this, the cause is a freeze.
pub(super) const FREEZE_MS: u64 = 2000;

/// The task of a client.
pub(super) struct Supervisor {
    pub(super) shared: Arc<Shared>,
    pub(super) config: ClientConfig,
    pub(super) connector: Connector,
    pub(super) tokens: Arc<dyn TokenSource>,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) handled_ids: Arc<HandledIds>,
    /// Outlives a connection: a handler is not interrupted, and its entry is not handled twice.
    pub(super) in_flight: Option<EntryInFlight>,
    /// The number of the connection.
    pub(super) session: u64,
    /// The store whose entries are delivered on it.
    pub(super) store: Arc<str>,
    pub(super) losses: Backoff,
    pub(super) panics: Backoff,
    pub(super) crashes: Backoff,
    /// The entry whose handler panicked last.
    pub(super) panicked: Option<Panicked>,
    /// After how many panics an entry is given up.
    pub(super) max_attempts: u32,
    /// Both clocks at the last welcome, at the start, or when a freeze was last taken into account.
    pub(super) welcomed: Now,
    /// Has a timer fired so late that there was a freeze?
    pub(super) overslept: bool,
    pub(super) refusal_logged: bool,
}

/// The entry that is being handled.
pub(super) struct EntryInFlight {
    pub(super) id: u64,
    /// The store that the id belongs to.
    pub(super) store: Arc<str>,
    /// The connection on which it came.
    pub(super) session: u64,
    pub(super) task: JoinHandle<Result<(), HandledIdsError>>,
}

/// An entry whose handler panicked, and how often it has since this process began.
pub(super) struct Panicked {
    pub(super) id: u64,
    pub(super) store: Arc<str>,
    pub(super) times: u32,
}

impl Supervisor {
    /// A supervisor that has not dialled yet.
    pub(super) fn new(
        shared: Arc<Shared>,
        config: ClientConfig,
        connector: Connector,
        tokens: Arc<dyn TokenSource>,
        handler: Arc<dyn Handler>,
        handled_ids: Arc<HandledIds>,
    ) -> Self {
        let backoff = || Backoff::new(&config.instance, config.timings);
        Self {
            welcomed: shared.now(),
            losses: backoff(),
            panics: backoff(),
            crashes: backoff(),
            panicked: None,
            max_attempts: handler.max_attempts().max(1),
            shared,
            config,
            connector,
            tokens,
            handler,
            handled_ids,
            in_flight: None,
            session: 0,
            store: Arc::from(""),
            overslept: false,
            refusal_logged: false,
        }
    }
}
