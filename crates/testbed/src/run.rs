//! One run: starts all parts, replays the trace through them, and compares with the simulator.

use std::collections::BTreeMap;
use std::io::stdin;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use dormouse_connector::{Config, Connector, ConnectorEvent, InstanceConfig};
use dormouse_sim::{Draws, Setup, Span};
use dormouse_trace::{Instance, Kind, ReadOptions, Trace, read, read_path};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::clock::{self, CompressedClock};
use crate::folder::Folder;
use crate::measure::{Log, Observed, Side};
use crate::platform::{self, Latencies, Platform};
use crate::process::Process;
use crate::replay::{self, Doors, Http};
use crate::watched::{Watched, fixed};
use crate::{INSTANCE, predict, print, table, use_ring, warn};

/// The embedded trace: half an hour with a wake of each kind.
const EMBEDDED: (&str, &str) = ("live-minutes", include_str!("../traces/live-minutes.csv"));

/// Arguments of a run.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// The trace file; - is standard input. Default: half an hour with a wake of each kind.
    #[arg(value_name = "TRACE")]
    path: Option<PathBuf>,
    /// Speed of trace time relative to real time, 1 to 240.
    #[arg(long, value_name = "N", default_value_t = 60.0)]
    pub(crate) speed: f64,
    /// Seed of the platform's latencies.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Replay only this many hours of the trace. Default: until the end of its last work.
    #[arg(long, value_name = "H")]
    hours: Option<f64>,
    #[command(flatten)]
    pub(crate) watched: Watched,
}

fn latencies(setup: &Setup, instance: &Instance, speed: f64) -> Latencies {
    let world = &setup.world;
    Latencies {
        lever_call: world.lever_call_ms.clone(),
        freeze_lag: world.freeze_lag_ms.clone(),
        resume: world.resume_ms.clone(),
        draws: Draws::new(setup.seed, instance.key),
        arrivals_ms: instance.events.at_ms().to_vec(),
        speed,
    }
}

/// Notified on Ctrl-C, SIGTERM and SIGHUP.
static INTERRUPTED: Notify = Notify::const_new();

/// Replays through the real parts and prints both sides; returns true if they agree.
///
/// # Errors
/// When an input or a parameter is invalid, or a part of the testbed does not start.
pub(crate) fn run(args: &RunArgs) -> anyhow::Result<bool> {
    let setup = Setup { seed: args.seed, ..args.watched.setup()? };
    if !(1.0..=240.0).contains(&args.speed) {
        bail!("--speed {}: give something from 1 to 240", args.speed);
    }
    let (name, trace) = load(args)?;
    let instance = match trace.instances.as_slice() {
        [only] => only,
        several => {
            bail!("{name} has {} instances; the testbed is one gateway: give a trace of one", several.len())
        }
    };
    let span = span(args, instance)?;
    if instance.events.kinds().contains(&Kind::Direct) {
        bail!("{name} has direct events; the testbed's gateway is connected to the relay only");
    }
    use_ring();
    let simulated = predict::predict(instance, span, &setup);
    // An error means that a handler is already set.
    let _ = ctrlc::set_handler(|| INTERRUPTED.notify_one());
    // A single thread, since the child is killed when the thread that started it exits.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime")?;
    let real = runtime.block_on(async {
        tokio::select! {
            biased;
            () = INTERRUPTED.notified() => Ok(None),
            real = testbed(args, &setup, instance, span) => real.map(Some),
        }
    });
    // Dropping it kills the processes, frozen or not, and removes the folder.
    drop(runtime);
    let Some(real) = real? else { std::process::exit(130) };
    let end_ms = span.end_ms;
    let agree = table::agree(&simulated, &real, end_ms);
    let text = format!(
        "{}\n{name}, {end_ms} ms at {} times its speed, timeout {} ms, watcher {}\n{}{}\n",
        table::timeline(&simulated, &real),
        args.speed,
        setup.settings.idle_timeout_ms,
        args.watched.watcher,
        table::table(&simulated, &real, end_ms),
        if agree { "simulated and real agree" } else { "simulated and real differ" },
    );
    print(&text)?;
    Ok(agree)
}

/// The trace and its name: the path as given.
fn load(args: &RunArgs) -> anyhow::Result<(String, Trace)> {
    let options = ReadOptions::default();
    let (name, found) = match &args.path {
        None => (EMBEDDED.0.to_owned(), read(EMBEDDED.1.as_bytes(), EMBEDDED.0, &options)?),
        Some(path) if path.as_os_str() == "-" => {
            ("stdin".to_owned(), read(stdin().lock(), "stdin", &options)?)
        }
        Some(path) => (path.display().to_string(), read_path(path, &options)?),
    };
    for note in &found.notes {
        warn(&format!("note: {note}"));
    }
    Ok((name, found.trace))
}

fn span(args: &RunArgs, instance: &Instance) -> anyhow::Result<Span> {
    let end_ms = match args.hours {
        Some(hours) if hours > 0.0 && hours <= 24.0 * 366.0 => (hours * 3_600_000.0) as u64,
        Some(hours) => bail!("--hours {hours}: give something above 0, up to a year"),
        None => instance.events.end_of_work_ms(),
    };
    Ok(Span { start_ms: 0, end_ms })
}

/// Starts all parts, replays, and ends all parts.
async fn testbed(args: &RunArgs, setup: &Setup, instance: &Instance, span: Span) -> anyhow::Result<Side> {
    let speed = args.speed;
    let folder = Folder::new()?;
    // The name cannot be guessed, and other users cannot read the folder.
    let secret = folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (token, sender_token) = (format!("gateway-{secret}"), format!("sender-{secret}"));

    let front = TcpListener::bind("127.0.0.1:0").await.context("the platform's front")?;
    let front_url = format!("http://{}", front.local_addr().context("the platform's front")?);
    let socket = folder.path().join("api");
    let api = platform::api_socket(&socket)?;
    let log = Log::default();
    let (seen, mut seen_by) = mpsc::unbounded_channel();
    let store = folder.path().join("store.redb");
    let wake = format!("{front_url}/wake");
    let wake_url = setup.world.wake_url.then(|| wake.clone());
    let told = InstanceConfig { token: token.clone(), sender_token: sender_token.clone(), wake_url };
    let config = connector_config(setup, speed, store, told)?;
    let connector = Connector::start(config, Some(seen)).await?;
    let address = connector.local_addr();

    let relay = format!("ws://{address}{}", dormouse_wire::RELAY_PATH);
    let mut gateway = Process::start(args, &relay, &socket, &wake)?;
    gateway.tell(&format!("token {token}")).await?;
    let port = gateway.ready().await?;
    // Wait for the first connection, which comes before the start.
    while !matches!(seen_by.recv().await, Some(ConnectorEvent::Connected { .. }) | None) {}
    let http = Http::new()?;
    let machine = Platform::new(
        gateway.tree()?,
        format!("127.0.0.1:{port}"),
        latencies(setup, instance, speed),
        log.clone(),
        http.clone(),
    );
    let background = instance.events.iter().filter(|event| event.kind == Kind::Background);
    for event in background.filter(|event| event.at_ms <= span.end_ms) {
        gateway.tell(&format!("background {} {}", event.at_ms, event.work_ms)).await?;
    }
    gateway.tell("go").await?;
    let clock = CompressedClock::starting(Instant::now(), speed);
    log.start(clock);

    let doors = Doors {
        http,
        inbound: format!("http://{address}/v1/instances/{INSTANCE}/inbound"),
        sender_token,
        front: front_url,
        client_reconnect_ms: setup.world.client_reconnect_ms,
    };
    let end = async {
        replay::replay(instance, span.end_ms, clock, doors, Arc::clone(&machine), log.clone()).await;
        tokio::time::sleep_until(clock.instant(span.end_ms)).await;
        while log.somebody_waits() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let grace = clock.instant(span.end_ms.saturating_add(setup.world.horizon_grace_ms));
    tokio::select! {
        biased;
        failed = Arc::clone(&machine).serve_api(api) => failed?,
        failed = Arc::clone(&machine).serve_front(front) => failed?,
        ended = gateway.listen(&log) => ended?,
        () = watch_connector(seen_by, clock, &log) => bail!("the connector ended"),
        () = end => {}
        () = tokio::time::sleep_until(grace) => {}
    }
    gateway.end().await;
    connector.stop().await;
    Ok(log.finish())
}

fn connector_config(
    setup: &Setup,
    speed: f64,
    store: PathBuf,
    told: InstanceConfig,
) -> anyhow::Result<Config> {
    let world = &setup.world;
    let real = |ms: u64| clock::real(ms, speed).as_millis() as u64;
    let mut config = Config::new(([127, 0, 0, 1], 0).into(), store);
    config.instances = BTreeMap::from([(INSTANCE.to_owned(), told)]);
    config.poke_cooldown_ms = real(world.poke_cooldown_ms);
    config.repoke_ms = real(world.repoke_ms);
    // The testbed's own machine may be slow for longer than a fast trace allows.
    config.keepalive_ms = real(world.keepalive_ms).max(5000);
    if world.buffer_limit > 0 {
        config.max_entries = world.buffer_limit;
    }
    config.max_age_ms = real(world.buffer_ttl_ms);
    config.ack_delay_ms = real(world.going_idle_rtt_ms / 2);
    config.welcome_delay_ms = real(fixed("dial_ms", &world.dial_ms)?);
    Ok(config)
}

/// Logs the connector's events while it is polled.
async fn watch_connector(
    mut seen: mpsc::UnboundedReceiver<ConnectorEvent>,
    clock: CompressedClock,
    log: &Log,
) {
    let mut accepted = BTreeMap::new();
    while let Some(seen) = seen.recv().await {
        match seen {
            ConnectorEvent::Connected { .. } => log.see(Observed::Connected),
            ConnectorEvent::Disconnected { .. } => log.see(Observed::Closed),
            ConnectorEvent::Flipped { .. } => log.see(Observed::Flipped),
            ConnectorEvent::Accepted { id, .. } => {
                accepted.insert(id, clock.now_ms());
                log.accepted();
            }
            ConnectorEvent::Acked { id, .. } => {
                if let Some(at) = accepted.remove(&id) {
                    log.acked(clock.now_ms() - at);
                }
            }
            _ => {}
        }
    }
}
