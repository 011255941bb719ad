//! How the rest of the process tells the watcher what happened, without waiting for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dormouse_core::Wall;
use tokio::sync::Notify;

use crate::clock::Clock;

/// A handle that is cheap to clone; the relay's client holds one, and whoever handles messages.
#[derive(Clone)]
pub struct Signals {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    /// Wall of the last handled message that the watcher has not seen yet, plus one; 0 for none.
    handled: AtomicU64,
    connected: AtomicBool,
    shutdown: AtomicBool,
    something: Notify,
}

impl Signals {
    /// Signals on `clock`, which must be the watcher's.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            clock,
            handled: AtomicU64::new(0),
            connected: AtomicBool::new(false),
            shutdown: AtomicBool::new(false),
            something: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// A person's message is handled now: stamps the idle clock. Completion and replay events are not messages.
    pub fn handled(&self) {
        let wall = self.shared.clock.now().wall.as_ms();
        self.shared.handled.fetch_max(wall.saturating_add(1), Ordering::AcqRel);
        self.shared.something.notify_one();
    }

    /// The relay is connected.
    pub fn connected(&self) {
        self.shared.connected.store(true, Ordering::Release);
        self.shared.something.notify_one();
    }

    /// The process shuts down for good: the hold is released and nothing is suspended any more.
    pub fn shutdown(&self) {
        self.shared.shutdown.store(true, Ordering::Release);
        self.shared.something.notify_one();
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    pub(crate) fn take_handled(&self) -> Option<Wall> {
        self.shared.handled.swap(0, Ordering::AcqRel).checked_sub(1).map(Wall::from_ms)
    }

    pub(crate) fn take_connected(&self) -> bool {
        self.shared.connected.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.shared.shutdown.load(Ordering::Acquire)
    }

    pub(crate) async fn something(&self) {
        self.shared.something.notified().await;
    }
}
