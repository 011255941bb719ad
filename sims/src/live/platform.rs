//! The platform: freezes the gateway's process when its lever is pulled, and thaws it when a request comes.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;

use super::clock::real;
use super::measure::{Log, What};
use super::replay::Http;

/// The app and the machine in the path of the platform's API.
pub(super) const APP: &str = "testbed";
/// See [`APP`].
pub(super) const MACHINE: &str = "gateway";

/// How long the platform takes, in trace ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Latencies {
    pub(super) lever_call_ms: u64,
    pub(super) freeze_lag_ms: u64,
    pub(super) resume_ms: u64,
    pub(super) speed: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Suspending { wake_after: bool },
    Frozen,
    Resuming,
}

/// A machine that is one process.
pub(super) struct Platform {
    pid: Pid,
    /// Where the gateway listens, on loopback.
    gateway: String,
    latencies: Latencies,
    log: Log,
    http: Http,
    state: Mutex<State>,
    /// True while the machine runs.
    running: watch::Sender<bool>,
    /// Freezes so far: attached clients lose their connection.
    freezes: watch::Sender<u64>,
}

impl Platform {
    /// A machine that runs: the process `pid`, whose requests go to `gateway`.
    pub(super) fn new(pid: Pid, gateway: String, latencies: Latencies, log: Log, http: Http) -> Arc<Self> {
        Arc::new(Self {
            pid,
            gateway,
            latencies,
            log,
            http,
            state: Mutex::new(State::Running),
            running: watch::Sender::new(true),
            freezes: watch::Sender::new(0),
        })
    }

    /// Changes at each freeze.
    pub(super) fn freezes(&self) -> watch::Receiver<u64> {
        self.freezes.subscribe()
    }

    /// Answers the platform's API on a unix socket, as long as it is polled.
    pub(super) async fn serve_api(self: Arc<Self>, socket: UnixListener) -> anyhow::Result<()> {
        let path = format!("/v1/apps/{APP}/machines/{MACHINE}/suspend");
        let api = Router::new().route(&path, post(suspend)).with_state(self);
        axum::serve(socket, api).await.context("the platform's API")
    }

    /// Takes requests for the gateway, as long as it is polled; each wakes the machine.
    pub(super) async fn serve_front(self: Arc<Self>, front: TcpListener) -> anyhow::Result<()> {
        let front_door = Router::new().fallback(forward).with_state(self);
        axum::serve(front, front_door).await.context("the platform's front")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn takes(&self, ms: u64) {
        tokio::time::sleep(real(ms, self.latencies.speed)).await;
    }

    async fn freeze(self: Arc<Self>) {
        self.takes(self.latencies.freeze_lag_ms).await;
        if kill_process(self.pid, Signal::STOP).is_err() {
            return; // the gateway has ended, which whoever waits for it sees
        }
        self.log.see(What::Frozen);
        self.running.send_replace(false);
        self.freezes.send_modify(|freezes| *freezes += 1);
        let wake = {
            let mut state = self.state();
            let wake = *state == State::Suspending { wake_after: true };
            *state = State::Frozen;
            wake
        };
        if wake {
            self.resume();
        }
    }

    /// Begins a resume of a machine that is frozen.
    fn resume(self: &Arc<Self>) {
        *self.state() = State::Resuming;
        self.log.see(What::Resumes);
        let machine = Arc::clone(self);
        tokio::spawn(async move {
            machine.takes(machine.latencies.resume_ms).await;
            *machine.state() = State::Running;
            machine.log.see(What::Runs);
            // An error means that the gateway has ended, which whoever waits for it sees.
            let _ = kill_process(machine.pid, Signal::CONT);
            machine.running.send_replace(true);
        });
    }

    /// A request came. Returns when the machine runs; while it is suspending, that is after the freeze.
    async fn wake(self: &Arc<Self>) {
        let mut running = self.running.subscribe();
        let asleep = {
            let mut state = self.state();
            match *state {
                State::Running => return,
                State::Suspending { .. } => *state = State::Suspending { wake_after: true },
                State::Frozen | State::Resuming => {}
            }
            *state == State::Frozen
        };
        if asleep {
            self.resume();
        }
        while *self.state() != State::Running {
            if running.changed().await.is_err() {
                return;
            }
        }
    }
}

/// The lever: accepts, and freezes a while later.
async fn suspend(Shared(machine): Shared<Arc<Platform>>) -> StatusCode {
    machine.takes(machine.latencies.lever_call_ms).await;
    {
        let mut state = machine.state();
        if *state != State::Running {
            return StatusCode::CONFLICT;
        }
        *state = State::Suspending { wake_after: false };
    }
    machine.log.see(What::Accepted);
    tokio::spawn(Arc::clone(&machine).freeze());
    StatusCode::OK
}

async fn forward(Shared(machine): Shared<Arc<Platform>>, request: Request) -> Response {
    if request.uri().path() == "/wake" {
        machine.log.see(What::Poked);
    }
    machine.wake().await;
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let answer = machine.http.get(&format!("http://{}{path}", machine.gateway)).await;
    let status = answer.and_then(|status| StatusCode::from_u16(status).ok());
    status.unwrap_or(StatusCode::BAD_GATEWAY).into_response()
}

/// Opens the unix socket of the platform's API.
///
/// # Errors
/// When it cannot be made.
pub(super) fn api_socket(path: &Path) -> anyhow::Result<UnixListener> {
    UnixListener::bind(path).context("the platform's API: its unix socket cannot be made")
}
