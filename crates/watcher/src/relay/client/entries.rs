//! An entry in flight: it is handled, then recorded, then acked.

use std::sync::Arc;

use dormouse_core::Wall;
use dormouse_wire::{Entry, KIND_INTERNAL};
use tokio::task::JoinHandle;
use tracing::{error, warn};

use super::session::End;
use super::supervisor::Supervisor;
use crate::relay::seen::SeenError;

/// What is handled now.
pub(super) struct InFlight {
    id: u64,
    /// On which connection it came.
    session: u64,
    task: JoinHandle<Result<(), SeenError>>,
}

impl Supervisor {
    /// Begins to handle an entry, in a task of its own: it goes on when the connection ends, and its panic ends only it.
    pub(super) fn begin(&mut self, entry: Entry) {
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
    pub(super) fn finish(
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
pub(super) async fn done(
    in_flight: &mut Option<InFlight>,
) -> Result<Result<(), SeenError>, tokio::task::JoinError> {
    match in_flight {
        Some(InFlight { task, .. }) => task.await,
        None => std::future::pending().await,
    }
}
