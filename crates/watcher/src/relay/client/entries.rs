//! An entry in flight: it is handled, then recorded, then acked. An entry whose handler always panics is given up.

use std::sync::Arc;

use dormouse_core::Wall;
use dormouse_wire::{Entry, KIND_INTERNAL};
use tokio::task::JoinError;
use tracing::error;

use super::state::{EntryInFlight, Panicked, Supervisor};
use crate::caught::caught;
use crate::relay::handled_ids::HandledIdsError;

/// The handler of an entry panicked, or the entry could not be recorded: it is not acked on this connection.
pub(super) struct Unhandled;

impl Supervisor {
    /// Begins to handle an entry in a task of its own, which outlives the connection and whose panic ends nothing else.
    pub(super) fn begin(&mut self, entry: Entry) {
        let (id, session, store) = (entry.id, self.session, Arc::clone(&self.store));
        let (handled_ids, handler) = (Arc::clone(&self.handled_ids), Arc::clone(&self.handler));
        let signals = self.shared.signals.clone();
        let times = self.panicked.as_ref().filter(|p| p.id == id && p.store == store).map_or(0, |p| p.times);
        let given_up = times >= self.max_attempts;
        if given_up {
            signals.gave_up();
            error!(
                instance = self.config.instance,
                id,
                times,
                "an entry is given up, since its handler panicked each time: it is acked without being handled"
            );
        }
        let recorded = Arc::clone(&store);
        let task = tokio::spawn(async move {
            let store = recorded;
            if given_up {
                if caught(async { handler.gave_up(&entry).await }).await.is_err() {
                    error!(id, "the handler panicked when it was told that an entry was given up");
                }
            } else if !handled_ids.contains(&store, id) {
                if entry.kind != KIND_INTERNAL {
                    signals.handled_since(Wall::from_ms(entry.at_ms));
                }
                handler.handle(&entry).await;
            }
            match tokio::task::spawn_blocking(move || handled_ids.record(&store, id)).await {
                Ok(recorded) => recorded,
                Err(e) => match e.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime ends, and this task with it.
                    Err(_) => std::future::pending().await,
                },
            }
        });
        self.in_flight = Some(EntryInFlight { id, store, session, task });
    }

    /// The entry in flight has ended. Returns the id to ack, if any.
    pub(super) fn finish(
        &mut self,
        outcome: Result<Result<(), HandledIdsError>, JoinError>,
    ) -> Result<Option<u64>, Unhandled> {
        let Some(EntryInFlight { id, store, session, .. }) = self.in_flight.take() else { return Ok(None) };
        // If it came on an earlier connection, the connector delivers it again on this one. It is acked or handled then.
        let here = session == self.session;
        let instance = &self.config.instance;
        match outcome {
            Ok(Ok(())) => {
                self.panics.reset();
                self.panicked = None;
                if here {
                    // The connection does its work.
                    self.losses.reset();
                }
                return Ok(here.then_some(id));
            }
            Ok(Err(e)) => error!(instance, id, "an entry was handled, but is not acked: {e}"),
            Err(_) => {
                let before = self.panicked.take().filter(|p| p.id == id && p.store == store);
                let times = before.map_or(0, |p| p.times).saturating_add(1);
                self.panicked = Some(Panicked { id, store, times });
                // Without the panic's text, which may quote the entry.
                let max_attempts = self.max_attempts;
                error!(
                    instance,
                    id,
                    times,
                    max_attempts,
                    "the handler panicked: the entry is not acked and will come again"
                );
            }
        }
        if here { Err(Unhandled) } else { Ok(None) }
    }
}

/// Waits for the entry in flight; forever if there is none.
pub(super) async fn done(
    in_flight: &mut Option<EntryInFlight>,
) -> Result<Result<(), HandledIdsError>, JoinError> {
    match in_flight {
        Some(EntryInFlight { task, .. }) => task.await,
        None => std::future::pending().await,
    }
}
