//! How the rest of the process tells the watcher what happened, without waiting for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use dormouse_core::Wall;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::driver::Event;
use crate::work::{InFlight, Work, WorkKind, WorkSource as _};

/// What wakes a machine, as far as its gateway can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Cause {
    /// A message.
    Inbound = 1,
    /// A cron fire over HTTP.
    Cron = 2,
    /// A run started over HTTP.
    Api = 3,
    /// A client that attaches.
    Client = 4,
    /// A crawler or a health check.
    Probe = 5,
    /// Nothing came that the gateway saw.
    Unknown = 6,
}

impl Cause {
    /// Every cause: `ALL[c as usize - 1] == c`.
    pub const ALL: [Self; 6] =
        [Self::Inbound, Self::Cron, Self::Api, Self::Client, Self::Probe, Self::Unknown];

    /// The name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Cron => "cron",
            Self::Api => "api",
            Self::Client => "client",
            Self::Probe => "probe",
            Self::Unknown => "unknown",
        }
    }
}

/// Messages that were handled since the watcher looked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handled {
    /// The latest one.
    pub(crate) wall: Wall,
    /// How long the first of them had waited, if that is known.
    pub(crate) first_delay_ms: Option<u64>,
}

/// A handle that is cheap to clone; the relay's client holds one, and whoever handles messages.
#[derive(Clone)]
pub struct Signals {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    /// Wall of the last handled message that the watcher has not seen yet, plus one; 0 for none.
    handled: AtomicU64,
    /// How long the first of those had waited, plus one; 0 for unknown.
    first_delay: AtomicU64,
    /// The first HTTP request that the watcher has not seen yet; 0 for none.
    request: AtomicU8,
    /// How many of each cause it has not seen yet.
    requests: [AtomicU32; Cause::ALL.len()],
    connected: AtomicBool,
    poked: AtomicBool,
    shutdown: AtomicBool,
    /// May work begin?
    admits: watch::Sender<bool>,
    something: Notify,
}

impl Signals {
    /// Signals on `clock`, which must be the watcher's.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            clock,
            handled: AtomicU64::new(0),
            first_delay: AtomicU64::new(0),
            request: AtomicU8::new(0),
            requests: Default::default(),
            connected: AtomicBool::new(false),
            poked: AtomicBool::new(false),
            admits: watch::Sender::new(true),
            shutdown: AtomicBool::new(false),
            something: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// A person's message is handled now: stamps the idle clock. Completion and replay events are not messages.
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

    /// An HTTP request came: what woke the machine, if it slept. Does not stamp the idle clock.
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

    /// A request to the wake URL came: a message lies in the connector's buffer.
    pub fn poked(&self) {
        self.shared.poked.store(true, Ordering::Release);
        self.shared.something.notify_one();
    }

    /// An item of work starts, unless the machine is on its way to sleep: then it starts when that is over, after the sleep
    /// or without one. What a cron fire or a call brought from outside makes the machine wake again at once.
    ///
    /// Begin through here whatever may begin by itself. A turn need not: what the connector has delivered came before.
    #[must_use = "the work is over when this is dropped"]
    pub async fn begin(&self, work: &Work) -> InFlight {
        let mut admits = self.shared.admits.subscribe();
        let came = self.shared.clock.now().wall;
        loop {
            // Counted first and asked then: either the second question sees this item, or this item sees its answer.
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

    /// May work begin?
    pub(crate) fn admit(&self, admits: bool) {
        self.shared.admits.send_if_modified(|was| std::mem::replace(was, admits) != admits);
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

    /// How many requests of each cause came since this was asked last.
    pub(crate) fn take_requests(&self) -> impl Iterator<Item = (Cause, u32)> + '_ {
        let counted = Cause::ALL.into_iter().zip(&self.shared.requests);
        counted.map(|(cause, times)| (cause, times.swap(0, Ordering::AcqRel))).filter(|&(_, times)| times > 0)
    }

    /// What is to be told next, if anything: the end first, then what was handled, then a new connection, then a poke.
    pub(crate) fn take_event(&self) -> Option<Event> {
        let shared = &self.shared;
        if shared.shutdown.load(Ordering::Acquire) {
            Some(Event::Shutdown)
        } else if shared.handled.load(Ordering::Acquire) > 0 {
            Some(Event::Inbound)
        } else {
            let connected = shared.connected.swap(false, Ordering::AcqRel).then_some(Event::Connected);
            connected.or_else(|| shared.poked.swap(false, Ordering::AcqRel).then_some(Event::Poked))
        }
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.shared.shutdown.load(Ordering::Acquire)
    }

    /// Waits for [`shutdown`](Self::shutdown). What else comes meanwhile is still there afterwards.
    pub(crate) async fn shut_down(&self) {
        while !self.is_shut_down() {
            self.something().await;
        }
    }

    pub(crate) async fn something(&self) {
        self.shared.something.notified().await;
    }
}
