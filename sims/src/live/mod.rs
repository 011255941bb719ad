//! `sims live`: the testbed. The same trace through real sockets, a real process and the production watcher, with time
//! compressed, beside what the simulator says.
//!
//! | room | what is in it |
//! |---|---|
//! | [`clock`] | trace time in real time |
//! | [`gateway`] | the child process: production watcher, relay client, work |
//! | [`platform`] | the lever's API, the freeze and the thaw, the front |
//! | [`replay`] | the trace through sockets |
//! | [`measure`] | what both sides are compared by |
//! | [`predict`] | the simulator's side |
//! | [`table`] | both beside each other, and the verdict |

mod clock;
mod gateway;
mod measure;
mod platform;
mod predict;
mod replay;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use dormouse_connector::{Config, Connector, InstanceConfig, Seen};
use dormouse_core::{Design, Settings};
use dormouse_sim::{Faults, Latency, LeverKind, Setup, Span, WhileSuspending};
use dormouse_trace::{Instance, Kind, ReadOptions, Trace, read};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::input::TraceArgs;
use crate::output;
use crate::timeouts::duration_ms;
use clock::CompressedClock;
pub(crate) use gateway::{GatewayArgs, live_gateway};
use measure::{Log, Side, What};
use platform::{Latencies, Platform};
use replay::{Doors, Http};

/// What the gateway is called at the connector.
const INSTANCE: &str = "live";

/// The trace that comes with the command: half an hour with a wake of each kind.
const EMBEDDED: (&str, &str) = ("live-minutes", include_str!("../../traces/live-minutes.csv"));

/// How long a part may take to start, in real time.
const START: Duration = Duration::from_secs(20);

/// Arguments of `sims live`.
#[derive(Args, Debug)]
pub(crate) struct LiveArgs {
    /// The trace file; - is standard input. Without one: half an hour with a wake of each kind.
    #[arg(value_name = "TRACE")]
    path: Option<PathBuf>,
    /// How much faster than the trace, 1 to 240.
    #[arg(long, value_name = "N", default_value_t = 60.0)]
    speed: f64,
    /// Replay only this many hours of the trace. Default: until its last work ends.
    #[arg(long, value_name = "H")]
    hours: Option<f64>,
    #[command(flatten)]
    watched: Watched,
}

/// The watcher and its world, as the testbed and its gateway are both told.
#[derive(Args, Clone, Debug)]
pub(crate) struct Watched {
    /// The watcher's design: self-suspend, fenced, current or dormouse.
    #[arg(long, value_name = "NAME", default_value = "current")]
    watcher: Design,
    /// The idle timeout, in minutes unless with ms, s, m, h or d. Default: the watcher's own.
    #[arg(long, value_name = "TIMEOUT", value_parser = duration_ms)]
    timeout: Option<u64>,
    /// Set one parameter: a switch, a timing or a fixed latency, like tick_ms=10000 or freeze_lag_ms=4000.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Watched {
    /// The setup that the arguments describe: fixed latencies, a frozen process tree's clocks.
    fn setup(&self) -> anyhow::Result<Setup> {
        let mut setup = Setup::new(self.watcher);
        setup.world.mono_stands_still = false;
        setup.world.freeze_lag_ms = Latency::Fixed(4000);
        setup.world.resume_ms = Latency::Fixed(400);
        setup.world.repoke_ms = 30_000;
        for pair in &self.set {
            let Some((name, value)) = pair.split_once('=') else {
                bail!("--set {pair}: write it like KEY=VALUE");
            };
            setup.set(name.trim(), value).with_context(|| format!("--set {pair}"))?;
        }
        let idle_timeout_ms = self.timeout.unwrap_or(setup.settings.idle_timeout_ms);
        let setup = Setup { settings: Settings { idle_timeout_ms, ..setup.settings }, ..setup };
        check(&setup)?;
        Ok(setup)
    }

    fn args(&self) -> Vec<String> {
        let mut args = vec!["--watcher".to_owned(), self.watcher.to_string()];
        args.extend(self.timeout.iter().flat_map(|ms| ["--timeout".to_owned(), format!("{ms}ms")]));
        args.extend(self.set.iter().flat_map(|pair| ["--set".to_owned(), pair.clone()]));
        args
    }
}

/// Is it a world that the testbed can be?
fn check(setup: &Setup) -> anyhow::Result<()> {
    let world = &setup.world;
    if !setup.settings.switches.own_suspend || world.platform_timer {
        bail!(
            "the testbed's platform has no timer of its own; choose a watcher that suspends by itself, like current"
        );
    }
    if world.lever != LeverKind::Direct || world.http_while_suspending != WhileSuspending::Resumes {
        bail!(
            "the testbed's lever is direct, and a request resumes what is suspending; leave lever and http_while_suspending"
        );
    }
    if world.mono_stands_still || !world.cron_wakes || !world.dedupe || world.faults != Faults::default() {
        bail!(
            "the testbed has no faults and fires cron jobs over HTTP, and its clocks go on; leave faults, cron_wakes, dedupe and mono_stands_still"
        );
    }
    latencies(setup, 1.0).map(|_| ())
}

fn fixed(name: &str, latency: &Latency) -> anyhow::Result<u64> {
    match latency {
        Latency::Fixed(ms) => Ok(*ms),
        _ => bail!("{name} must be one number in the testbed, like --set {name}=400"),
    }
}

fn latencies(setup: &Setup, speed: f64) -> anyhow::Result<Latencies> {
    let world = &setup.world;
    fixed("dial_ms", &world.dial_ms)?;
    fixed("poke_ms", &world.poke_ms)?;
    Ok(Latencies {
        lever_call_ms: fixed("lever_call_ms", &world.lever_call_ms)?,
        freeze_lag_ms: fixed("freeze_lag_ms", &world.freeze_lag_ms)?,
        resume_ms: fixed("resume_ms", &world.resume_ms)?,
        speed,
    })
}

/// The gateway's process, for the signal handler; 0: there is none.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// The testbed's folder, for the signal handler.
static FOLDER: Mutex<Option<PathBuf>> = Mutex::new(None);

/// On Ctrl-C, SIGTERM and SIGHUP: ends the gateway, frozen or not, removes the folder, and ends with 130.
fn end_with_the_child_on_signals() {
    // An error means that there is a handler already; the gateway ends with its parent all the same.
    let _ = ctrlc::set_handler(|| {
        if let Some(pid) = Pid::from_raw(CHILD.load(Ordering::Acquire)) {
            let _ = kill_process(pid, Signal::KILL);
        }
        let folder = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = folder.as_ref() {
            let _ = std::fs::remove_dir_all(folder);
        }
        std::process::exit(130);
    });
}

/// TLS has one provider; plain HTTP does not use it, but its client asks.
fn use_ring() {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Replays through the real parts and prints both sides; true if they agree.
///
/// # Errors
/// When an input or a parameter is wrong, or a part of the testbed does not start.
pub(crate) fn live(args: &LiveArgs) -> anyhow::Result<bool> {
    let setup = args.watched.setup()?;
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
    end_with_the_child_on_signals();
    use_ring();
    let simulated = predict::predict(instance, span, &setup);
    // One thread: the child ends with the thread that started it.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime")?;
    let real = runtime.block_on(testbed(args, &setup, instance, span))?;
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
    output::print(&text)?;
    Ok(agree)
}

fn load(args: &LiveArgs) -> anyhow::Result<(String, Trace)> {
    match &args.path {
        Some(path) => {
            let named = TraceArgs::path(path.clone()).load(1)?.remove(0);
            Ok((named.name, named.trace))
        }
        None => {
            let (name, text) = EMBEDDED;
            Ok((name.to_owned(), read(text.as_bytes(), name, &ReadOptions::default())?.trace))
        }
    }
}

fn span(args: &LiveArgs, instance: &Instance) -> anyhow::Result<Span> {
    let end_ms = match args.hours {
        Some(hours) if hours > 0.0 && hours <= 24.0 * 366.0 => (hours * 3_600_000.0) as u64,
        Some(hours) => bail!("--hours {hours}: give something above 0, up to a year"),
        None => instance.events.end_of_work_ms(),
    };
    Ok(Span { start_ms: 0, end_ms })
}

/// A folder of one's own, in memory where there is such a thing: a message is acked when it is on the disk, and a disk
/// does not become faster with the trace.
fn folder() -> anyhow::Result<tempfile::TempDir> {
    let mut named = tempfile::Builder::new();
    named.prefix("sims-live-").rand_bytes(16);
    named.tempdir_in("/dev/shm").or_else(|_| named.tempdir()).context("a folder for the testbed")
}

/// Starts everything, replays, and ends everything.
async fn testbed(args: &LiveArgs, setup: &Setup, instance: &Instance, span: Span) -> anyhow::Result<Side> {
    let speed = args.speed;
    let folder = folder()?;
    *FOLDER.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder.path().to_owned());
    // Its name cannot be guessed, and nobody else may look into it.
    let secret = folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (token, sender_token) = (format!("gateway-{secret}"), format!("sender-{secret}"));

    let front = TcpListener::bind("127.0.0.1:0").await.context("the platform's front")?;
    let front_url = format!("http://{}", front.local_addr().context("the platform's front")?);
    let socket = folder.path().join("api");
    let api = platform::api_socket(&socket)?;
    let log = Log::default();
    let (seen, mut seen_by) = mpsc::unbounded_channel();
    let store = folder.path().join("store.redb");
    let wake_url = setup.world.wake_url.then(|| format!("{front_url}/wake"));
    let told = InstanceConfig { token: token.clone(), sender_token: sender_token.clone(), wake_url };
    let config = connector_config(setup, speed, store, told)?;
    let connector = Connector::start(config, Some(seen)).await?;
    let address = connector.local_addr();

    let mut gateway = Process::start(args, &format!("ws://{address}{}", dormouse_wire::RELAY_PATH), &socket)?;
    gateway.tell(&format!("token {token}")).await?;
    let port = gateway.ready().await?;
    // Its first connection comes before the beginning.
    while !matches!(seen_by.recv().await, Some(Seen::Connected { .. }) | None) {}
    let http = Http::new()?;
    let machine = Platform::new(
        gateway.pid,
        format!("127.0.0.1:{port}"),
        latencies(setup, speed)?,
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
    // The testbed's own machine may be slow for longer than a fast trace would allow.
    config.keepalive_ms = real(world.keepalive_ms).max(5000);
    if world.buffer_limit > 0 {
        config.max_entries = world.buffer_limit;
    }
    config.max_age_ms = real(world.buffer_ttl_ms);
    config.ack_delay_ms = real(world.going_idle_rtt_ms / 2);
    config.welcome_delay_ms = real(fixed("dial_ms", &world.dial_ms)?);
    Ok(config)
}

/// Writes down what the connector says, as long as it is polled.
async fn watch_connector(mut seen: mpsc::UnboundedReceiver<Seen>, clock: CompressedClock, log: &Log) {
    let mut accepted = BTreeMap::new();
    while let Some(seen) = seen.recv().await {
        match seen {
            Seen::Connected { .. } => log.see(What::Connected),
            Seen::Disconnected { .. } => log.see(What::Closed),
            Seen::Flipped { .. } => log.see(What::Flipped),
            Seen::Accepted { id, .. } => {
                accepted.insert(id, clock.now_ms());
                log.accepted();
            }
            Seen::Acked { id, .. } => {
                if let Some(at) = accepted.remove(&id) {
                    log.acked(clock.now_ms() - at);
                }
            }
            _ => {}
        }
    }
}

/// The gateway's process. It is killed when this is dropped.
struct Process {
    child: Child,
    pid: Pid,
    stdin: tokio::process::ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(args: &LiveArgs, relay: &str, socket: &std::path::Path) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("where this command is")?;
        let mut child = Command::new(program)
            .arg("live-gateway")
            .args(["--relay", relay, "--speed", &args.speed.to_string(), "--socket"])
            .arg(socket)
            .args(args.watched.args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A Ctrl-C is for the testbed, which ends the gateway, frozen or not.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("starting the gateway")?;
        let raw = child.id().and_then(|id| i32::try_from(id).ok()).unwrap_or(0);
        CHILD.store(raw, Ordering::Release);
        let pid = Pid::from_raw(raw).context("the gateway ended at once")?;
        let stdin = child.stdin.take().context("the gateway's standard input")?;
        let stdout = child.stdout.take().context("the gateway's standard output")?;
        Ok(Self { child, pid, stdin, lines: BufReader::new(stdout).lines() })
    }

    async fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        let told = self.stdin.write_all(format!("{line}\n").as_bytes()).await;
        told.context("the gateway ended before it was told what to do")
    }

    /// Its port, once it is connected.
    async fn ready(&mut self) -> anyhow::Result<u16> {
        let line = tokio::time::timeout(START, self.lines.next_line()).await;
        let line = line.context("the gateway did not connect in time")?.context("the gateway")?;
        let port = line.as_deref().and_then(|line| line.strip_prefix("ready ")?.parse().ok());
        port.context("the gateway ended before it was connected")
    }

    /// Writes down what it says; an error if it ends.
    async fn listen(&mut self, log: &Log) -> anyhow::Result<()> {
        let mut handled = std::collections::BTreeSet::new();
        while let Some(line) = self.lines.next_line().await.context("the gateway")? {
            match line.split_once(' ').map(|(what, n)| (what, n.parse::<u64>())) {
                Some(("began", Ok(work_ms))) => log.works(work_ms),
                Some(("handled", Ok(id))) if !handled.insert(id) => log.duplicate(),
                _ => {}
            }
        }
        bail!("the gateway ended in the middle of the trace")
    }

    async fn end(mut self) {
        // It may be frozen, and then hears nothing else. An error means that it has ended.
        let _ = self.child.kill().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        CHILD.store(0, Ordering::Release);
    }
}
