//! An entry in flight: it is handled, then recorded, then acked. One whose handler always panics is given up.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use dormouse_core::Wall;
use dormouse_wire::{Entry, KIND_INTERNAL};
use futures_util::FutureExt as _;
use metrics::counter;
use tokio::task::JoinHandle;
use tracing::error;

use super::session::End;
use super::supervisor::Supervisor;
use crate::relay::seen::SeenError;

/// What is handled now.
pub(super) struct InFlight {
    id: u64,
    /// Whose id that is.
    store: Arc<str>,
    /// On which connection it came.
    session: u64,
    task: JoinHandle<Result<(), SeenError>>,
}

/// An entry whose handler panicked, and how often. Counted by process.
pub(super) struct Panicked {
    id: u64,
    store: Arc<str>,
    times: u32,
}

impl Supervisor {
    /// Begins to handle an entry, in a task of its own: it goes on when the connection ends, and its panic ends only it.
    pub(super) fn begin(&mut self, entry: Entry) {
        let (id, session, store) = (entry.id, self.session, Arc::clone(&self.store));
        let (seen, handler) = (Arc::clone(&self.seen), Arc::clone(&self.handler));
        let signals = self.shared.signals.clone();
        let times = self.panicked.as_ref().filter(|p| p.id == id && p.store == store).map_or(0, |p| p.times);
        let given_up = times >= self.max_attempts;
        if given_up {
            counter!("dormouse_relay_entries_given_up_total").increment(1);
            error!(
                instance = self.config.instance,
                id,
                times,
                "an entry is given up, since its handler panicked each time: it is acked, not handled"
            );
        }
        let recorded = Arc::clone(&store);
        let task = tokio::spawn(async move {
            let store = recorded;
            if given_up {
                if AssertUnwindSafe(async { handler.gave_up(&entry).await }).catch_unwind().await.is_err() {
                    error!(id, "the handler panicked when it was told that an entry is given up");
                }
            } else if !seen.contains(&store, id) {
                if entry.kind != KIND_INTERNAL {
                    signals.handled_since(Wall::from_ms(entry.at_ms));
                }
                handler.handle(&entry).await;
            }
            match tokio::task::spawn_blocking(move || seen.record(&store, id)).await {
                Ok(recorded) => recorded,
                Err(e) => match e.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The runtime ends, and this task with it.
                    Err(_) => std::future::pending().await,
                },
            }
        });
        self.in_flight = Some(InFlight { id, store, session, task });
    }

    /// What to ack after the entry in flight came to its end.
    pub(super) fn finish(
        &mut self,
        outcome: Result<Result<(), SeenError>, tokio::task::JoinError>,
    ) -> Result<Option<u64>, End> {
        let Some(InFlight { id, store, session, .. }) = self.in_flight.take() else { return Ok(None) };
        // Of an earlier connection: the connector delivers it again on this one, and then it is acked or handled.
        let here = session == self.session;
        let instance = &self.config.instance;
        match outcome {
            Ok(Ok(())) => {
                self.panics.reset();
                self.panicked = None;
                if here {
                    // The connection carries what it is for.
                    self.losses.reset();
                }
                return Ok(here.then_some(id));
            }
            Ok(Err(e)) => error!(instance, id, "handled, but not acked: {e}"),
            Err(_) => {
                let before = self.panicked.take().filter(|p| p.id == id && p.store == store);
                let times = before.map_or(0, |p| p.times).saturating_add(1);
                self.panicked = Some(Panicked { id, store, times });
                // Without the panic's text, which may quote the entry.
                let max_attempts = self.max_attempts;
                error!(
                    instance,
                    id, times, max_attempts, "the handler panicked: the entry is not acked and comes again"
                );
            }
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
