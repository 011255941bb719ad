//! How the rest of the process tells the watcher what happened, without waiting for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use dormouse_core::Wall;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::event::{Cause, WatcherEvent};
use crate::work::{InFlight, Work, WorkKind, WorkSource as _};

/// Messages that were handled since the watcher last looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handled {
    /// When the last of them was handled.
    pub(crate) wall: Wall,
    /// How long the first of them had waited, if that is known.
    pub(crate) first_delay_ms: Option<u64>,
}

/// A handle through which the process tells the watcher what happened. Cheap to clone: the relay's client has one, and
/// everything that handles messages or requests.
///
/// Nothing here waits, except [`begin`](Self::begin).
#[derive(Clone)]
pub struct Signals {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    /// Wall time of the last handled message that the watcher has not seen, plus one; 0 for none.
    handled: AtomicU64,
    /// How long the first of those had waited, plus one; 0 for unknown.
    first_delay: AtomicU64,
    /// The first HTTP request that the watcher has not seen; 0 for none.
    request: AtomicU8,
    /// How many requests of each cause the watcher has not seen.
    requests: [AtomicU32; Cause::ALL.len()],
    /// How many given-up entries the watcher has not seen.
    gave_up: AtomicU32,
    connected: AtomicBool,
    poked: AtomicBool,
    shutdown: AtomicBool,
    /// May work begin?
    admits: watch::Sender<bool>,
    something: Notify,
}

impl Signals {
    /// Signals on `clock`, which becomes the watcher's clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            clock,
            handled: AtomicU64::new(0),
            first_delay: AtomicU64::new(0),
            request: AtomicU8::new(0),
            requests: Default::default(),
            gave_up: AtomicU32::new(0),
            connected: AtomicBool::new(false),
            poked: AtomicBool::new(false),
            admits: watch::Sender::new(true),
            shutdown: AtomicBool::new(false),
            something: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// A person's message is being handled: sets the idle clock to now. Completion and replay events are not messages.
    pub fn handled(&self) {
        self.stamp(self.shared.clock.now().wall);
    }

    /// Like [`handled`](Self::handled), for a message that the connector accepted at `accepted`.
    pub fn handled_since(&self, accepted: Wall) {
        let wall = self.shared.clock.now().wall;
        let known = wall.since(accepted).saturating_add(1);
        let _ = self.shared.first_delay.compare_exchange(0, known, Ordering::AcqRel, Ordering::Relaxed);
        self.stamp(wall);
    }

    fn stamp(&self, wall: Wall) {
        self.shared.handled.fetch_max(wall.as_ms().saturating_add(1), Ordering::AcqRel);
        self.shared.something.notify_one();
    }

    /// An HTTP request came. If the machine has just woken, this may be what woke it. Does not set the idle clock.
    pub fn request(&self, cause: Cause) {
        self.shared.requests[cause as usize - 1].fetch_add(1, Ordering::AcqRel);
        let _ = self.shared.request.compare_exchange(0, cause as u8, Ordering::AcqRel, Ordering::Relaxed);
        self.shared.something.notify_one();
    }

    /// The relay is connected.
    pub fn connected(&self) {
        self.shared.connected.store(true, Ordering::Release);
        self.shared.something.notify_one();
    }

    /// A request to the wake URL came: a message is in the connector's buffer.
    pub fn poked(&self) {
        self.shared.poked.store(true, Ordering::Release);
        self.shared.something.notify_one();
    }

    /// A relay client gave up an entry whose handler panicked each time. For the metrics.
    pub fn gave_up(&self) {
        self.shared.gave_up.fetch_add(1, Ordering::AcqRel);
        self.shared.something.notify_one();
    }

    /// Begins an item of work. If the machine is about to sleep, waits until that is over, after the sleep or without one. Work
    /// of [`Cron`](WorkKind::Cron) and [`Api`](WorkKind::Api) also makes the machine wake again at once.
    ///
    /// Use this for everything that can begin at any time. Turns can begin with [`Work::begin`]: their message was delivered
    /// before the quiesce.
    #[must_use = "the work is over when this is dropped"]
    pub async fn begin(&self, work: &Work) -> InFlight {
        let mut admits = self.shared.admits.subscribe();
        let came = self.shared.clock.now().wall;
        loop {
            // Count first, then check: either the watcher's second look sees this item, or this item sees that it must wait.
            let item = work.begin_unadmitted();
            if *admits.borrow_and_update() {
                return item.admitted(came);
            }
            drop(item);
            if matches!(work.kind(), WorkKind::Cron | WorkKind::Api) {
                self.poked();
            }
            // Never an error: the sender is in `shared`.
            let _ = admits.changed().await;
        }
    }

    /// Lets work begin, or makes it wait.
    pub(crate) fn admit(&self, admits: bool) {
        self.shared.admits.send_if_modified(|was| std::mem::replace(was, admits) != admits);
    }

    /// The process shuts down for good: the hold is released, and nothing is suspended any more.
    pub fn shutdown(&self) {
        self.shared.shutdown.store(true, Ordering::Release);
        self.shared.something.notify_one();
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    pub(crate) fn take_handled(&self) -> Option<Handled> {
        let wall = Wall::from_ms(self.shared.handled.swap(0, Ordering::AcqRel).checked_sub(1)?);
        Some(Handled {
            wall,
            first_delay_ms: self.shared.first_delay.swap(0, Ordering::AcqRel).checked_sub(1),
        })
    }

    pub(crate) fn take_request(&self) -> Option<Cause> {
        let number = self.shared.request.swap(0, Ordering::AcqRel);
        Cause::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// How many requests of each cause came since the last call.
    pub(crate) fn take_requests(&self) -> impl Iterator<Item = (Cause, u32)> + '_ {
        let counted = Cause::ALL.into_iter().zip(&self.shared.requests);
        counted.map(|(cause, times)| (cause, times.swap(0, Ordering::AcqRel))).filter(|&(_, times)| times > 0)
    }

    /// How many entries were given up since the last call; `None` for none.
    pub(crate) fn take_gave_up(&self) -> Option<u32> {
        Some(self.shared.gave_up.swap(0, Ordering::AcqRel)).filter(|&entries| entries > 0)
    }

    /// The next event, if any. A shutdown comes first, then handled messages, then a new connection, then a poke.
    pub(crate) fn take_event(&self) -> Option<WatcherEvent> {
        let shared = &self.shared;
        if shared.shutdown.load(Ordering::Acquire) {
            Some(WatcherEvent::Shutdown)
        } else if shared.handled.load(Ordering::Acquire) > 0 {
            Some(WatcherEvent::Inbound)
        } else {
            let connected = shared.connected.swap(false, Ordering::AcqRel).then_some(WatcherEvent::Connected);
            connected.or_else(|| shared.poked.swap(false, Ordering::AcqRel).then_some(WatcherEvent::Poked))
        }
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.shared.shutdown.load(Ordering::Acquire)
    }

    /// Waits for [`shutdown`](Self::shutdown). Other signals that come meanwhile are kept.
    pub(crate) async fn shut_down(&self) {
        while !self.is_shut_down() {
            self.something().await;
        }
    }

    pub(crate) async fn something(&self) {
        self.shared.something.notified().await;
    }
}
