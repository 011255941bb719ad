//! The platform: one machine, which is the process of the gateway. It is frozen a freeze lag after its lever is called. A request
//! to its wake URL resumes it, or starts a new process if it was killed.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use dormouse_watcher::lever::Tree;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::gateway::{API_PATH, Process, Told};
use super::wire::Wire;

enum Power {
    Dead,
    Runs { process: Process, tree: Tree },
    Suspending { process: Process, tree: Tree, wake_after: bool },
    Frozen { process: Process, tree: Tree, since: Instant },
}

/// What a request to the wake URL does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wakes {
    /// It wakes the machine.
    Yes,
    /// It is answered, but does not wake the machine: the poke is wasted.
    Spent,
    /// It has no effect and is never answered.
    Hangs,
}

struct Inner {
    power: Power,
    wakes: Wakes,
    /// Freezes that are due do not land.
    holds_freezes: bool,
    asked: u64,
    starts: u64,
}

struct Shared {
    told: Told,
    /// The time from the accepted lever call to the freeze.
    freeze_lag: Duration,
    /// The wire to the gateway, if it has its own network.
    wire: Option<Arc<Wire>>,
    inner: Mutex<Inner>,
}

/// The platform. Its process is killed when it is dropped.
pub(super) struct Machine {
    shared: Arc<Shared>,
    servers: [JoinHandle<()>; 2],
}

impl Machine {
    /// Creates a machine that does not run yet. `front` is the listener for its wake URL.
    pub(super) fn new(told: Told, freeze_lag: Duration, wire: Option<Arc<Wire>>, front: TcpListener) -> Self {
        let api = UnixListener::bind(&told.lever).expect("a socket for the lever");
        let inner =
            Inner { power: Power::Dead, wakes: Wakes::Yes, holds_freezes: false, asked: 0, starts: 0 };
        let shared = Arc::new(Shared { told, freeze_lag, wire, inner: Mutex::new(inner) });
        let lever = Router::new().route(API_PATH, post(suspend)).with_state(Arc::clone(&shared));
        let wake = Router::new().route("/wake", get(wake)).with_state(Arc::clone(&shared));
        let servers = [
            tokio::spawn(async move { axum::serve(api, lever).await.expect("serves") }),
            tokio::spawn(async move { axum::serve(front, wake).await.expect("serves") }),
        ];
        Self { shared, servers }
    }

    /// Starts or thaws the process.
    pub(super) fn wake(&self) {
        self.shared.wake();
    }

    /// Kills the process with SIGKILL. Only a request to the wake URL starts it again.
    pub(super) fn kill(&self) {
        let power = std::mem::replace(&mut self.shared.lock().power, Power::Dead);
        match power {
            Power::Dead => {}
            Power::Runs { process, .. }
            | Power::Suspending { process, .. }
            | Power::Frozen { process, .. } => process.kill(),
        }
    }

    /// Freezes the machine at once if it runs, without notice to the gateway, as the timer of a platform does.
    pub(super) fn freeze_unasked(&self) {
        let mut inner = self.shared.lock();
        inner.power = match std::mem::replace(&mut inner.power, Power::Dead) {
            Power::Runs { process, tree } => frozen(process, tree),
            other => other,
        };
    }

    /// Whether the lever has accepted and the freeze has not landed yet.
    pub(super) fn is_suspending(&self) -> bool {
        matches!(self.shared.lock().power, Power::Suspending { .. })
    }

    /// Since when the machine is frozen, if it is.
    pub(super) fn frozen_since(&self) -> Option<Instant> {
        match self.shared.lock().power {
            Power::Frozen { since, .. } => Some(since),
            _ => None,
        }
    }

    /// Writes a line to the gateway, if it runs; see [`Process::tell`].
    pub(super) fn tell(&self, line: &str) {
        match &mut self.shared.lock().power {
            Power::Dead => {}
            Power::Runs { process, .. }
            | Power::Suspending { process, .. }
            | Power::Frozen { process, .. } => process.tell(line),
        }
    }

    pub(super) fn set_wakes(&self, wakes: Wakes) {
        self.shared.lock().wakes = wakes;
    }

    /// While it is set, a freeze that is due does not land.
    pub(super) fn hold_freezes(&self, holds: bool) {
        self.shared.lock().holds_freezes = holds;
    }

    /// The number of requests to the wake URL.
    pub(super) fn asked(&self) -> u64 {
        self.shared.lock().asked
    }

    /// The number of processes started.
    pub(super) fn starts(&self) -> u64 {
        self.shared.lock().starts
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
        self.shared.lock().power = Power::Dead;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn wake(&self) {
        let mut inner = self.lock();
        inner.power = match std::mem::replace(&mut inner.power, Power::Dead) {
            Power::Dead => {
                inner.starts += 1;
                let wrap = self.wire.as_ref().map(|_| Wire::wrap()).unwrap_or_default();
                let mut process = Process::start(&self.told, &wrap);
                if let Some(wire) = &self.wire {
                    wire.plug_in(&mut process);
                }
                let tree = Tree::with_signals(process.id()).expect("a child");
                Power::Runs { process, tree }
            }
            Power::Frozen { process, mut tree, .. } => {
                tree.thaw().expect("thaws");
                Power::Runs { process, tree }
            }
            Power::Suspending { process, tree, .. } => Power::Suspending { process, tree, wake_after: true },
            runs @ Power::Runs { .. } => runs,
        };
    }

    /// Lands the freeze, unless the process that asked for it is gone.
    fn land(&self) {
        let mut inner = self.lock();
        let (power, wake) = match std::mem::replace(&mut inner.power, Power::Dead) {
            Power::Suspending { process, tree, wake_after } => (frozen(process, tree), wake_after),
            other => (other, false),
        };
        inner.power = power;
        drop(inner);
        if wake {
            self.wake();
        }
    }
}

fn frozen(process: Process, mut tree: Tree) -> Power {
    tree.freeze().expect("freezes");
    Power::Frozen { process, tree, since: Instant::now() }
}

async fn suspend(State(shared): State<Arc<Shared>>) -> StatusCode {
    {
        let mut inner = shared.lock();
        inner.power = match std::mem::replace(&mut inner.power, Power::Dead) {
            Power::Runs { process, tree } => Power::Suspending { process, tree, wake_after: false },
            other => {
                inner.power = other;
                return StatusCode::CONFLICT;
            }
        };
    }
    tokio::spawn(async move {
        sleep(shared.freeze_lag).await;
        while shared.lock().holds_freezes {
            sleep(Duration::from_millis(5)).await;
        }
        shared.land();
    });
    StatusCode::OK
}

async fn wake(State(shared): State<Arc<Shared>>) -> StatusCode {
    let wakes = {
        let mut inner = shared.lock();
        inner.asked += 1;
        inner.wakes
    };
    match wakes {
        Wakes::Yes => shared.wake(),
        Wakes::Spent => {}
        Wakes::Hangs => std::future::pending().await,
    }
    StatusCode::OK
}
