//! The platform: freezes the gateway's process tree when its lever is called, and thaws it when a request comes.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dormouse_sim::{Draws, Latency, Occasions, What as Drawn};
use dormouse_watcher::lever::Tree;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;

use crate::clock::real;
use crate::measure::{Log, Observed};
use crate::replay::Http;
use crate::warn;

/// The app in the path of the platform's API.
pub(crate) const APP: &str = "testbed";
/// The machine in the path of the platform's API.
pub(crate) const MACHINE: &str = "gateway";

/// The platform's latencies, in trace ms: the same draws as the simulator's for the same seed and instance.
#[derive(Debug, Clone)]
pub(crate) struct Latencies {
    pub(crate) lever_call: Latency,
    pub(crate) freeze_lag: Latency,
    pub(crate) resume: Latency,
    pub(crate) draws: Draws,
    /// When the instance's events arrive, in trace ms: draws are keyed by the number of events so far.
    pub(crate) arrivals_ms: Vec<u64>,
    pub(crate) speed: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Suspending { wake_after: bool },
    Frozen,
    Resuming,
}

/// The platform's state.
#[derive(Debug)]
struct Machine {
    state: State,
    occasions: Occasions<{ Drawn::LATENCIES }>,
}

/// A machine that consists of one process tree.
pub(crate) struct Platform {
    tree: Arc<Mutex<Tree>>,
    /// The gateway's address on loopback.
    gateway: String,
    latencies: Latencies,
    log: Log,
    http: Http,
    machine: Mutex<Machine>,
    /// True while the machine runs.
    running: watch::Sender<bool>,
    /// Number of freezes so far; each one disconnects attached clients.
    freezes: watch::Sender<u64>,
}

impl Platform {
    /// A running machine: `tree`, whose requests go to `gateway`.
    pub(crate) fn new(tree: Tree, gateway: String, latencies: Latencies, log: Log, http: Http) -> Arc<Self> {
        let machine = Machine { state: State::Running, occasions: Occasions::new() };
        Arc::new(Self {
            tree: Arc::new(Mutex::new(tree)),
            gateway,
            latencies,
            log,
            http,
            machine: Mutex::new(machine),
            running: watch::Sender::new(true),
            freezes: watch::Sender::new(0),
        })
    }

    /// A receiver that changes at each freeze.
    pub(crate) fn freezes(&self) -> watch::Receiver<u64> {
        self.freezes.subscribe()
    }

    /// Serves the platform's API on a unix socket while it is polled.
    pub(crate) async fn serve_api(self: Arc<Self>, socket: UnixListener) -> anyhow::Result<()> {
        let path = format!("/v1/apps/{APP}/machines/{MACHINE}/suspend");
        let api = Router::new().route(&path, post(suspend)).with_state(self);
        axum::serve(socket, api).await.context("the platform's API")
    }

    /// Serves as the proxy of the gateway while it is polled; each request wakes the machine.
    pub(crate) async fn serve_front(self: Arc<Self>, front: TcpListener) -> anyhow::Result<()> {
        let front_door = Router::new().fallback(forward).with_state(self);
        axum::serve(front, front_door).await.context("the platform's front")
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws how long something takes that begins now.
    fn draw(&self, latency: &Latency, what: Drawn) -> Duration {
        let Latencies { draws, speed, ref arrivals_ms, .. } = self.latencies;
        let now_ms = self.log.now_ms();
        let events = arrivals_ms.partition_point(|&at_ms| at_ms <= now_ms) as u64;
        let ordinal = self.machine().occasions.next(events, what as usize);
        real(draws.latency(latency, what, ordinal), speed)
    }

    /// Freezes or thaws the tree. A failure is reported, since the machine then differs from the simulated one.
    async fn tree(&self, frozen: bool) {
        let tree = Arc::clone(&self.tree);
        let done = tokio::task::spawn_blocking(move || {
            let mut tree = tree.lock().unwrap_or_else(PoisonError::into_inner);
            if frozen { tree.freeze() } else { tree.thaw() }
        });
        // The other error means that the runtime is shutting down.
        if let Ok(Err(error)) = done.await {
            warn(&format!("testbed: the gateway cannot be frozen or thawed: {error}"));
        }
    }

    async fn freeze(self: Arc<Self>, lag: Duration) {
        tokio::time::sleep(lag).await;
        self.tree(true).await;
        self.log.see(Observed::Frozen);
        self.running.send_replace(false);
        self.freezes.send_modify(|freezes| *freezes += 1);
        let wake = {
            let mut machine = self.machine();
            let wake = machine.state == State::Suspending { wake_after: true };
            machine.state = State::Frozen;
            wake
        };
        if wake {
            self.resume();
        }
    }

    /// Starts the resume of a frozen machine.
    fn resume(self: &Arc<Self>) {
        self.machine().state = State::Resuming;
        self.log.see(Observed::Resumes);
        let latency = self.draw(&self.latencies.resume, Drawn::Resume);
        let platform = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(latency).await;
            platform.machine().state = State::Running;
            platform.log.see(Observed::Runs);
            platform.tree(false).await;
            platform.running.send_replace(true);
        });
    }

    /// Wakes the machine for a request. Returns when the machine runs; if it is suspending, that is after the freeze.
    async fn wake(self: &Arc<Self>) {
        let mut running = self.running.subscribe();
        let asleep = {
            let mut machine = self.machine();
            match machine.state {
                State::Running => return,
                State::Suspending { .. } => machine.state = State::Suspending { wake_after: true },
                State::Frozen | State::Resuming => {}
            }
            machine.state == State::Frozen
        };
        if asleep {
            self.resume();
        }
        while self.machine().state != State::Running {
            if running.changed().await.is_err() {
                return;
            }
        }
    }
}

/// The lever: accepts, and freezes the machine after the freeze lag.
async fn suspend(Shared(platform): Shared<Arc<Platform>>) -> StatusCode {
    tokio::time::sleep(platform.draw(&platform.latencies.lever_call, Drawn::LeverCall)).await;
    {
        let mut machine = platform.machine();
        if machine.state != State::Running {
            return StatusCode::CONFLICT;
        }
        machine.state = State::Suspending { wake_after: false };
    }
    let lag = platform.draw(&platform.latencies.freeze_lag, Drawn::FreezeLag);
    platform.log.see(Observed::Accepted);
    tokio::spawn(Arc::clone(&platform).freeze(lag));
    StatusCode::OK
}

async fn forward(Shared(platform): Shared<Arc<Platform>>, request: Request) -> Response {
    if request.uri().path() == "/wake" {
        platform.log.see(Observed::Poked);
    }
    platform.wake().await;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let answer = platform.http.get(&format!("http://{}{path}", platform.gateway)).await;
    let status = answer.and_then(|status| StatusCode::from_u16(status).ok());
    status.unwrap_or(StatusCode::BAD_GATEWAY).into_response()
}

/// Opens the unix socket of the platform's API.
///
/// # Errors
/// When it cannot be created.
pub(crate) fn api_socket(path: &Path) -> anyhow::Result<UnixListener> {
    UnixListener::bind(path).context("the platform's API: its unix socket cannot be made")
}
