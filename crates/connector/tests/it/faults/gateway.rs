//! The gateway process, with the production watcher, relay client, lever and handled ids. It runs this test binary again; an
//! environment variable makes it a gateway.

use std::future::Future;
use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use dormouse_core::{Now, Settings, Status, Wall};
use dormouse_watcher::lever::fly::Fly;
use dormouse_watcher::relay::client::{Client, ClientConfig, FixedToken, Handler, Timings};
use dormouse_watcher::{
    Clock, Gateway, Recorder, RecorderConfig, Signals, SystemClock, Watch, WatchConfig, Work, WorkKind,
    WorkSource,
};
use dormouse_wire::{Entry, RELAY_PATH};
use serde::{Deserialize, Serialize};

use super::journal::Pen;

/// This variable makes the test binary a gateway. It holds a [`Told`] as JSON.
const VARIABLE: &str = "DORMOUSE_FAULT_GATEWAY";

/// The app and the machine in the path of the platform's API.
pub(super) const API_PATH: &str = "/v1/apps/faults/machines/gateway/suspend";

/// The parameters of a gateway process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Told {
    /// The address that it dials.
    pub(super) relay: SocketAddr,
    /// The unix socket of the platform.
    pub(super) lever: PathBuf,
    /// The file in which it records what it handled.
    pub(super) journal: PathBuf,
    /// Its own disk: the handled ids and the recordings.
    pub(super) disk: PathBuf,
    /// The time that the handler takes for each entry.
    pub(super) handler_ms: u64,
    /// The time between two pings of its relay client.
    pub(super) keepalive_ms: u64,
    /// The fence of its watcher.
    pub(super) fence_ms: u64,
}

/// The process of a gateway. It is killed when this is dropped.
pub(super) struct Process(Child);

impl Process {
    /// Starts a gateway. `wrap` is put before the command line, to enter namespaces.
    pub(super) fn start(told: &Told, wrap: &[String]) -> Self {
        let this = std::env::current_exe().expect("this program").to_string_lossy().into_owned();
        let mut words = wrap.iter().cloned().chain([this]);
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words);
        command.args([
            "--exact",
            "faults::gateway::a_gateway_is_a_process_that_ends_with_its_test",
            "--nocapture",
        ]);
        command.env(VARIABLE, serde_json::to_string(told).expect("JSON"));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.expect("starts"))
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Writes one line to its standard input: `go` if it waits in a wrapper, or a jump of the wall clock in ms, as `wall +3600000`.
    pub(super) fn tell(&mut self, line: &str) {
        let stdin = self.0.stdin.as_mut().expect("a pipe");
        writeln!(stdin, "{line}").expect("it listens");
    }

    /// Kills the process with SIGKILL, even if it is frozen.
    pub(super) fn kill(mut self) {
        self.0.kill().expect("kills");
        self.0.wait().expect("ends");
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("a child").is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The system's clocks, with jumps of the wall clock.
struct Jumping {
    clock: SystemClock,
    ahead_ms: AtomicI64,
}

impl Clock for Jumping {
    fn now(&self) -> Now {
        let now = self.clock.now();
        let wall = now.wall.as_ms().saturating_add_signed(self.ahead_ms.load(Ordering::SeqCst));
        Now { wall: Wall::from_ms(wall), ..now }
    }
}

/// The file with the text of the entry whose handler waits, next to the journal.
pub(super) fn held(journal: &Path) -> PathBuf {
    journal.with_extension("held")
}

/// Handles entries and records them in the journal.
struct Chat {
    turns: Work,
    pen: Pen,
    held: PathBuf,
    takes: Duration,
}

impl Handler for Chat {
    fn handle(&self, entry: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let (id, body) = (entry.id, entry.body.clone());
        Box::pin(async move {
            let turn = self.turns.begin();
            self.pen.began(id);
            while std::fs::read_to_string(&self.held).is_ok_and(|held| held == body) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(self.takes).await;
            self.pen.done(id, &body);
            drop(turn);
        })
    }
}

impl Gateway for Chat {
    fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource)) {
        each(&self.turns);
    }

    fn channels(&self, each: &mut dyn FnMut(&str)) {
        each("relay");
    }

    fn publish(&self, _: Status) {}
}

/// The recommended settings, with short times.
const HURRIED: Settings = Settings::dormouse()
    .with_idle_timeout_ms(150)
    .with_tick_ms(30)
    .with_settle_ms(30)
    .with_cooldown_ms(100)
    .with_ack_timeout_ms(3000)
    .with_direct_lever_timeout_ms(3000)
    .with_hold_max_ms(4000)
    .with_fence_slice_ms(20)
    .with_answer_ms(150)
    .with_late_look_ms(400)
    .with_stay_ms(100)
    .with_pace_ms(1);

/// Runs a gateway until its standard input ends.
async fn live(told: Told) {
    let clock = Arc::new(Jumping { clock: SystemClock::new(), ahead_ms: AtomicI64::new(0) });
    let shared = Arc::clone(&clock) as Arc<dyn Clock>;
    let signals = Signals::new(Arc::clone(&shared));
    let recording =
        RecorderConfig::new(told.disk.join("recordings"), "a").with_max_bytes(1 << 20).with_keep(10);
    let recorder = Recorder::open(recording, clock.now().wall).expect("a recorder");
    let chat = Arc::new(Chat {
        turns: Work::recorded(WorkKind::Turn, shared, recorder.clone()),
        pen: Pen::open(&told.journal),
        held: held(&told.journal),
        takes: Duration::from_millis(told.handler_ms),
    });
    let url = format!("ws://{}{RELAY_PATH}", told.relay).parse().expect("a URL");
    let timings = Timings::DEFAULT
        .with_dormant_redial_ms(30)
        .with_backoff_min_ms(30)
        .with_backoff_max_ms(300)
        .with_dial_timeout_ms(1000)
        .with_keepalive_ms(told.keepalive_ms);
    let config = ClientConfig::new(url, "a")
        .with_handled_ids(told.disk.join("handled-ids.json"))
        .with_timings(timings);
    let token = Arc::new(FixedToken("token-a".to_owned()));
    let relay = Client::start(config, token, Arc::clone(&chat) as _, signals.clone()).expect("a client");
    let lever = Arc::new(Fly::new(told.lever, Some("faults"), Some("gateway")));
    let config = WatchConfig::default()
        .with_settings(HURRIED.with_fence_ms(told.fence_ms))
        .with_opted_in(true)
        .with_wake_url("http://wake.invalid".to_owned());
    let watch =
        Watch::new(config, chat, Arc::new(relay), lever, signals).observed(move || vec![recorder.observer()]);
    tokio::spawn(watch.run());
    let lines = std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let jump = line.strip_prefix("wall ").and_then(|ms| ms.parse().ok());
            clock.ahead_ms.fetch_add(jump.expect("a jump"), Ordering::SeqCst);
        }
        std::process::exit(0);
    });
    let _ = tokio::task::spawn_blocking(move || lines.join()).await;
}

#[test]
fn a_gateway_is_a_process_that_ends_with_its_test() {
    if let Ok(told) = std::env::var(VARIABLE) {
        // This process ends with the test, even while it is frozen.
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
            .expect("asks the kernel");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let told = serde_json::from_str(&told).expect("what a gateway is told");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime").block_on(live(told));
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let mut process = Process::start(&nowhere(dir.path()), &[]);
    let journal = dir.path().join("journal");
    while !journal.exists() {
        assert!(!process.has_ended(), "it ends at once");
        std::thread::yield_now();
    }
    process.tell("wall +1");
    assert!(!process.has_ended(), "it does not take a jump");
    drop(process.0.stdin.take());
    assert!(process.0.wait().expect("ends").success());
}

/// The parameters of a gateway without a connector or a platform.
fn nowhere(dir: &Path) -> Told {
    Told {
        relay: SocketAddr::from(([127, 0, 0, 1], 9)),
        lever: dir.join("api"),
        journal: dir.join("journal"),
        disk: dir.to_owned(),
        handler_ms: 0,
        keepalive_ms: 1000,
        fence_ms: 0,
    }
}
