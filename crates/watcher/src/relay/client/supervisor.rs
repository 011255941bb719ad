//! When to dial: after a loss, after a close that made dormant, after a hold; and what a refused token means.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use dormouse_core::{Mono, Now};
use futures_util::FutureExt as _;
use tokio_tungstenite::Connector;
use tracing::{error, info, warn};

use super::Shared;
use super::backoff::Backoff;
use super::config::{ClientConfig, Handler, TokenSource};
use super::dial::{Socket, Undialled};
use super::entries::{InFlight, Panicked};
use super::session::End;
use crate::relay::seen::SeenSet;

/// Clocks that part by more than this were parted by a freeze.
pub(super) const FREEZE_MS: u64 = 2000;

/// The task behind a client. What it does on a connection stands in `session` and `entries`, how it gets one in `dial`.
pub(super) struct Supervisor {
    pub(super) shared: Arc<Shared>,
    pub(super) config: ClientConfig,
    pub(super) connector: Connector,
    pub(super) tokens: Arc<dyn TokenSource>,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) seen: Arc<SeenSet>,
    /// Outlives a connection: a handler is not interrupted, and its entry not begun a second time.
    pub(super) in_flight: Option<InFlight>,
    /// Which connection this is.
    pub(super) session: u64,
    /// Whose ids are delivered on it.
    pub(super) store: Arc<str>,
    pub(super) losses: Backoff,
    pub(super) panics: Backoff,
    crashes: Backoff,
    /// The entry whose handler panicked last.
    pub(super) panicked: Option<Panicked>,
    /// After how many panics an entry is given up.
    pub(super) max_attempts: u32,
    /// Both clocks at the last welcome, at the start, or when a freeze was last taken into account.
    welcomed: Now,
    pub(super) overslept: bool,
    refusal_logged: bool,
}

impl Supervisor {
    /// A supervisor that has not dialled yet.
    pub(super) fn new(
        shared: Arc<Shared>,
        config: ClientConfig,
        connector: Connector,
        tokens: Arc<dyn TokenSource>,
        handler: Arc<dyn Handler>,
        seen: Arc<SeenSet>,
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
            seen,
            in_flight: None,
            session: 0,
            store: Arc::from(""),
            overslept: false,
            refusal_logged: false,
        }
    }

    /// Runs until the client is stopped. A crash inside (a clock that panics, a fault of this crate) is logged, and the
    /// supervisor goes on after a pause, with the entry in flight.
    pub(super) async fn supervise(mut self) {
        while AssertUnwindSafe(self.run()).catch_unwind().await.is_err() {
            // Nobody may believe in a connection that went with the crash.
            *self.shared.line() = None;
            let wait_ms = self.crashes.take();
            error!(instance = self.config.instance, wait_ms, "the relay's client crashed; it starts again");
            let stop = self.shared.stop.clone();
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.shared.sleep(wait_ms) => {}
            }
        }
    }

    /// Dials, talks, and dials again, until the client is stopped.
    async fn run(&mut self) {
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
                        let up_ms = self.shared.now().mono.since(self.welcomed.mono);
                        if up_ms > self.config.timings.backoff_max_ms {
                            self.losses.reset();
                        }
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
                    self.losses.longest()
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
        let welcomed = dialled.unwrap_or_else(|| Err(Undialled::Failed(format!("no welcome in {ms} ms"))))?;
        self.welcomed = self.shared.now();
        self.overslept = false;
        self.refusal_logged = false;
        // A welcome alone does not end a backoff: what breaks this connection may have broken the last one.
        if self.seen.meet(&welcomed.store) {
            warn!(
                instance = self.config.instance,
                "the connector's store was made anew: its ids begin again, and what it delivers is handled"
            );
        }
        self.store = welcomed.store.into();
        Ok(welcomed.socket)
    }
}
