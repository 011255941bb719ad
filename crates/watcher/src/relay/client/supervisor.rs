//! When to dial: after a loss, after a close on the way to sleep, after a hold; and what a refused token means.

use dormouse_core::Mono;
use tracing::{error, info, warn};

use super::dial::{DialError, Socket};
use super::session::End;
use super::state::{FREEZE_MS, Supervisor};
use crate::caught::caught;

impl Supervisor {
    /// Runs until the client is stopped. If it panics (because of a clock that panics, or a bug in this crate), that is logged, and
    /// it goes on after a pause, with the same entry in flight.
    pub(super) async fn supervise(mut self) {
        while caught(self.run()).await.is_err() {
            // The connection is gone with the crash.
            *self.shared.line() = None;
            let wait_ms = self.crashes.take();
            error!(instance = self.config.instance, wait_ms, "the relay client crashed; it starts again");
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
                        info!(instance = self.config.instance, why, wait_ms, "the relay connection was lost");
                        wait_ms
                    }
                },
                Err(DialError::Failed(why)) => {
                    let wait_ms = self.losses.take();
                    warn!(instance = self.config.instance, why, wait_ms, "the relay could not be dialled");
                    wait_ms
                }
                Err(DialError::Refused) if self.take_freeze() => {
                    info!(
                        instance = self.config.instance,
                        "the token was refused after a freeze: trying again with a new one"
                    );
                    0
                }
                Err(DialError::Refused) => {
                    if !self.refusal_logged {
                        self.refusal_logged = true;
                        error!(
                            instance = self.config.instance,
                            "the relay's token was refused; correct the token, or the connector's list"
                        );
                    }
                    self.losses.longest()
                }
            };
            due = self.shared.now().mono.plus(wait_ms);
        }
    }

    /// Was there a freeze since the last welcome? Each freeze counts once.
    fn take_freeze(&mut self) -> bool {
        let now = self.shared.now();
        let apart = now.parted_since(self.welcomed);
        self.welcomed = now;
        std::mem::take(&mut self.overslept) || apart > FREEZE_MS
    }

    /// Waits until `due`, and until the end of a hold.
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

    /// Dials, up to the welcome.
    async fn dial(&mut self) -> Result<Socket, DialError> {
        let ms = self.config.timings.dial_timeout_ms;
        let until = self.shared.now().mono.plus(ms);
        let dialled = self.shared.within(ms, self.shake_hands()).await;
        self.overslept |= self.shared.now().mono.since(until) > FREEZE_MS;
        let welcomed = dialled.unwrap_or_else(|| Err(DialError::Failed(format!("no welcome in {ms} ms"))))?;
        self.welcomed = self.shared.now();
        self.overslept = false;
        self.refusal_logged = false;
        // A welcome alone does not end a backoff: the cause of the last loss may end this connection too.
        if self.handled_ids.meet(&welcomed.store) {
            warn!(
                instance = self.config.instance,
                "the connector has a new store: its ids begin again, and all its entries are handled"
            );
        }
        self.store = welcomed.store.into();
        Ok(welcomed.socket)
    }
}
