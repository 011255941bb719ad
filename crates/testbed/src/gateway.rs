//! The gateway: a separate process with the production watcher and the relay client.
//!
//! Its input on standard input, one line each: `token T` (first), `background AT WORK`, and `go`, which starts
//! trace time. It exits when standard input ends. On standard output it prints `ready PORT` when it is
//! connected, and later `began WORK` and `handled ID`.

use std::future::Future;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use clap::Args;
use dormouse_core::{Heartbeat, Status, Wall};
use dormouse_sim::World;
use dormouse_trace::Kind;
use dormouse_watcher::lever::fly::Fly;
use dormouse_watcher::relay::client::{Client, ClientConfig, FixedToken, Handler, Timings};
use dormouse_watcher::{
    Cause, Clock, Gateway, InFlight, Signals, Watch, WatchConfig, Work, WorkKind, WorkSource,
};
use dormouse_wire::Entry;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::clock::CompressedClock;
use crate::watched::Watched;
use crate::{INSTANCE, platform};

/// Arguments that the testbed passes to its gateway. Internal.
#[derive(Args, Debug)]
pub(crate) struct GatewayArgs {
    /// The connector's address.
    #[arg(long)]
    relay: url::Url,
    /// The wake URL of this machine. The gateway calls it when a poke came too late to stop its suspend.
    #[arg(long)]
    wake: String,
    /// The socket of the platform's API.
    #[arg(long)]
    socket: PathBuf,
    /// Trace time per real time.
    #[arg(long)]
    speed: f64,
    #[command(flatten)]
    watched: Watched,
}

/// Interval at which work in flight checks whether it was frozen, in real time.
const SLICE: Duration = Duration::from_millis(10);

/// A slice that took longer than this was frozen; a busy machine is not that late.
const FROZEN: Duration = Duration::from_millis(200);

/// Runs the gateway until its standard input ends.
///
/// # Errors
/// When a part cannot start.
pub(crate) fn gateway(args: &GatewayArgs) -> anyhow::Result<()> {
    // Die with the testbed, even while this process is frozen.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .context("the gateway cannot ask to end with its parent")?;
    crate::use_ring();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime")?;
    runtime.block_on(run(args))
}

/// The lines of standard input. The process exits when it ends.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (to, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                break;
            }
        }
        std::process::exit(0);
    });
    lines
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A write error means that the testbed is gone; the end of standard input follows.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

async fn run(args: &GatewayArgs) -> anyhow::Result<()> {
    let mut lines = lines();
    let setup = args.watched.setup()?;
    let token = match lines.recv().await.as_deref().and_then(|line| line.strip_prefix("token ")) {
        Some(token) => token.to_owned(),
        None => bail!("the gateway was told no token; the testbed starts it"),
    };
    let clock = CompressedClock::starting(Instant::now(), args.speed);
    let gateway = Arc::new(Chat::new(clock, &setup.world));
    let signals = Signals::new(Arc::new(clock));
    let config =
        ClientConfig::new(args.relay.clone(), INSTANCE).with_timings(timings(&setup.world, args.speed));
    let relay =
        Client::start(config, Arc::new(FixedToken(token)), Arc::clone(&gateway) as _, signals.clone())?;
    let lever = Arc::new(Fly::new(args.socket.clone(), Some(platform::APP), Some(platform::MACHINE)));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("the gateway's listener")?;
    let port = listener.local_addr().context("the gateway's listener")?.port();
    let door = Door { gateway: Arc::clone(&gateway), signals: signals.clone() };
    let routes =
        Router::new().route("/wake", get(poked)).route("/{kind}/{ms}", get(request)).with_state(door);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    while !relay.is_connected() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    say(&format!("ready {port}"));

    let mut background = Vec::new();
    loop {
        let Some(line) = lines.recv().await else { return Ok(()) };
        if line == "go" {
            break;
        }
        let job = line.strip_prefix("background ").and_then(|job| {
            let (at_ms, work_ms) = job.split_once(' ')?;
            Some((at_ms.parse::<u64>().ok()?, work_ms.parse::<u64>().ok()?))
        });
        background
            .push(job.context("the gateway was told something else than a job; the testbed starts it")?);
    }
    gateway.begin.get_or_init(|| clock.now_ms());
    for (at_ms, work_ms) in background {
        let (gateway, signals) = (Arc::clone(&gateway), signals.clone());
        tokio::spawn(async move {
            tokio::time::sleep_until(clock.instant(gateway.begun_ms() + at_ms)).await;
            gateway.work(signals.begin(&gateway.background).await, work_ms);
        });
    }
    let config = WatchConfig::default()
        .with_settings(setup.settings)
        .with_opted_in(setup.world.opted_in)
        .with_wake_url(setup.world.wake_url.then(|| args.wake.clone()));
    Watch::new(config, gateway, Arc::new(relay), lever, signals).run().await;
    Ok(())
}

/// The relay's timings from the simulated world. Dials and pongs get a minimum in real time, since the machine is shared.
fn timings(world: &World, speed: f64) -> Timings {
    let patience = (5000.0 * speed) as u64;
    let usual = Timings::default();
    usual
        .with_dormant_redial_ms(world.dormant_redial_ms)
        .with_backoff_min_ms(world.backoff_min_ms)
        .with_backoff_max_ms(world.backoff_max_ms)
        .with_dial_timeout_ms(usual.dial_timeout_ms.max(patience))
        .with_keepalive_ms(usual.keepalive_ms.max(patience))
}

/// A gateway whose turns take as long as their messages say.
struct Chat {
    clock: CompressedClock,
    /// The start of trace time, in the clock's ms.
    begin: OnceLock<u64>,
    turns: Work,
    cron: Work,
    api: Work,
    background: Work,
    permanent: Work,
    _service_tasks: Vec<InFlight>,
    heartbeat_ms: u64,
    throttle_ms: u64,
    /// Time of the last heartbeat plus one; 0 if there was none.
    heartbeat: AtomicU64,
}

impl Chat {
    fn new(clock: CompressedClock, world: &World) -> Self {
        let work = |kind| Work::new(kind, Arc::new(clock));
        let permanent = work(WorkKind::Permanent);
        Self {
            clock,
            begin: OnceLock::new(),
            turns: work(WorkKind::Turn),
            cron: work(WorkKind::Cron),
            api: work(WorkKind::Api),
            background: work(WorkKind::Background),
            _service_tasks: (0..world.permanent_tasks).map(|_| permanent.begin()).collect(),
            permanent,
            heartbeat_ms: world.heartbeat_ms,
            throttle_ms: world.heartbeat_throttle_ms,
            heartbeat: AtomicU64::new(0),
        }
    }

    fn begun_ms(&self) -> u64 {
        self.begin.get().copied().unwrap_or(0)
    }

    /// Works on `item` for `work_ms`; time frozen does not count.
    fn work(&self, item: InFlight, work_ms: u64) {
        say(&format!("began {work_ms}"));
        let mut left = self.clock.sleep_for(work_ms);
        tokio::spawn(async move {
            while !left.is_zero() {
                let (slice, since) = (left.min(SLICE), Instant::now());
                tokio::time::sleep(slice).await;
                let took = since.elapsed();
                left = left.saturating_sub(if took > FROZEN { slice } else { took });
            }
            drop(item);
        });
    }

    /// Keeps a client attached until `until_ms` of trace time.
    fn attach(self: &Arc<Self>, until_ms: u64) {
        let gateway = Arc::clone(self);
        let until = self.begun_ms() + until_ms;
        tokio::spawn(async move {
            loop {
                let now = gateway.clock.now_ms();
                if now >= until {
                    return;
                }
                let last = gateway.heartbeat.load(Ordering::Acquire);
                if last == 0 || now + 1 - last >= gateway.throttle_ms {
                    gateway.heartbeat.store(now + 1, Ordering::Release);
                }
                tokio::time::sleep(gateway.clock.sleep_for(gateway.heartbeat_ms)).await;
            }
        });
    }
}

impl Gateway for Chat {
    fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource)) {
        let all = [&self.turns, &self.cron, &self.api, &self.background, &self.permanent];
        all.into_iter().for_each(|source| each(source));
    }

    fn channels(&self, each: &mut dyn FnMut(&str)) {
        each(dormouse_core::gate::RELAY);
    }

    fn heartbeat(&self) -> Heartbeat {
        let last = self.heartbeat.load(Ordering::Acquire).checked_sub(1);
        last.map_or(Heartbeat::Missing, |ms| Heartbeat::At(Wall::from_ms(ms)))
    }

    fn publish(&self, _: Status) {}
}

impl Handler for Chat {
    /// Starts a turn; its entry may be acked at once. The message body comes from the testbed and contains the
    /// turn's duration.
    fn handle(&self, entry: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        say(&format!("handled {}", entry.id));
        self.work(self.turns.begin(), entry.body.parse().unwrap_or(0));
        Box::pin(std::future::ready(()))
    }
}

#[derive(Clone)]
struct Door {
    gateway: Arc<Chat>,
    signals: Signals,
}

/// Handles the connector's poke.
async fn poked(State(door): State<Door>) {
    door.signals.poked();
}

/// Handles a cron fire, an API run, a client or a probe.
async fn request(State(door): State<Door>, Path((kind, ms)): Path<(String, u64)>) -> StatusCode {
    let gateway = &door.gateway;
    match kind.parse::<Kind>() {
        Ok(Kind::Cron) => {
            door.signals.request(Cause::Cron);
            gateway.work(door.signals.begin(&gateway.cron).await, ms);
        }
        Ok(Kind::Api) => {
            door.signals.request(Cause::Api);
            gateway.work(door.signals.begin(&gateway.api).await, ms);
        }
        Ok(Kind::Client) => {
            door.signals.request(Cause::Client);
            gateway.attach(ms);
        }
        Ok(Kind::Probe) => door.signals.request(Cause::Probe),
        _ => return StatusCode::NOT_FOUND,
    }
    StatusCode::OK
}
