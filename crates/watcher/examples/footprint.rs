//! The resident memory that a watcher adds to a gateway: processes with a runtime and nothing else, and the same with a watcher,
//! its metrics and a relay's client that is connected.
//!
//! ```text
//! cargo run --release -p dormouse-watcher --example footprint -- [ROUNDS]
//! ```
//!
//! Each round starts both processes again; the medians are printed. The relay's other side is this process. `private` is memory of
//! the process alone (`RssAnon`); the rest of `resident` (`VmRSS`) is code that was touched, and shared.

use std::future::Future;
use std::io::{BufRead as _, BufReader};
use std::pin::Pin;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::{Settings, Status};
use dormouse_watcher::lever::Fly;
use dormouse_watcher::metrics::Metrics;
use dormouse_watcher::relay::{Client, ClientConfig, FixedToken, Handler};
use dormouse_watcher::{
    Clock, Gateway, Signals, SystemClock, Watch, WatchConfig, Work, WorkKind, WorkSource,
};
use dormouse_wire::{Entry, FromConnector, VERSION};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The watcher has looked many times by then.
const SETTLED: Duration = Duration::from_millis(500);

/// A gateway with one turn in flight, for ever.
struct Busy(Work);

impl Gateway for Busy {
    fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource)) {
        each(&self.0);
    }

    fn channels(&self, each: &mut dyn FnMut(&str)) {
        each("relay");
    }

    fn publish(&self, _: Status) {}
}

impl Handler for Busy {
    fn handle(&self, _: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// This process' resident memory and the private part of it, in KiB.
fn memory() -> Result<[u64; 2], Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let kib = |name: &str| -> Result<u64, Failure> {
        let line =
            text.lines().find(|line| line.starts_with(name)).ok_or("no such line in /proc/self/status")?;
        Ok(line.split_ascii_whitespace().nth(1).ok_or("no number")?.parse()?)
    };
    Ok([kib("VmRSS:")?, kib("RssAnon:")?])
}

/// A process to be measured; `relay`: with a watcher and a client that dials there. Prints its memory.
async fn process(relay: Option<&str>) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    if let Some(relay) = relay {
        let signals = Signals::new(Arc::clone(&clock));
        let work = Work::new(WorkKind::Turn, clock);
        // In flight until the process ends.
        std::mem::forget(work.begin());
        let busy = Arc::new(Busy(work));
        let config = ClientConfig::new(relay.parse()?, "me");
        let token = Arc::new(FixedToken("token".to_owned()));
        let client = Client::start(config, token, Arc::clone(&busy) as _, signals.clone())?;
        let settings = Settings::dormouse().with_settle_ms(0).with_tick_ms(10);
        // Never called, since a turn is in flight; but its HTTP client is there.
        let lever = Arc::new(Fly::new(std::env::temp_dir(), Some("app"), Some("machine")));
        let config = WatchConfig::default()
            .with_settings(settings)
            .with_opted_in(true)
            .with_wake_url("https://wake.invalid".to_owned());
        let watch = Watch::new(config, busy, Arc::new(client.clone()), lever, signals)
            .observed(|| vec![Box::new(Metrics)]);
        tokio::spawn(watch.run());
        while !client.is_connected() {
            sleep(Duration::from_millis(1)).await;
        }
    }
    sleep(SETTLED).await;
    let [resident, private] = memory()?;
    println!("{resident} {private}");
    Ok(())
}

/// Welcomes a client, until this process ends.
async fn welcome(stream: TcpStream) -> Result<(), Failure> {
    let mut line = tokio_tungstenite::accept_async(stream).await?;
    line.next().await.ok_or("closed before the hello")??;
    let welcome = FromConnector::Welcome { version: VERSION, buffered: 0, store: "s".into() };
    line.send(Message::text(welcome.to_text())).await?;
    while let Some(Ok(_)) = line.next().await {}
    Ok(())
}

/// Starts a process to be measured, and reads what it prints.
async fn measure(args: &[&str]) -> Result<[u64; 2], Failure> {
    let mut child = Command::new(std::env::current_exe()?).args(args).stdout(Stdio::piped()).spawn()?;
    let out = child.stdout.take().ok_or("no pipe")?;
    let line = tokio::task::spawn_blocking(move || BufReader::new(out).lines().next()).await?;
    if !child.wait()?.success() {
        return Err("a measured process failed".into());
    }
    let line = line.ok_or("a measured process said nothing")??;
    let (resident, private) = line.split_once(' ').ok_or("a measured process said something else")?;
    Ok([resident.parse()?, private.parse()?])
}

fn median(mut of: Vec<u64>) -> u64 {
    of.sort_unstable();
    of[of.len() / 2]
}

async fn compare(rounds: usize) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let relay = format!("ws://{}/v1/relay", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // One that breaks off is a process that has been measured.
            tokio::spawn(async { drop(welcome(stream).await) });
        }
    });
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        without.push(measure(&["bare"]).await?);
        with.push(measure(&["watched", &relay]).await?);
    }
    println!("{:<10} {:>12} {:>12} {:>12}", "KiB", "without", "with", "adds");
    for (at, name) in ["resident", "private"].into_iter().enumerate() {
        let of = |all: &[[u64; 2]]| median(all.iter().map(|one| one[at]).collect());
        let (without, with) = (of(&without), of(&with));
        println!("{name:<10} {without:>12} {with:>12} {:>12}", with.saturating_sub(without));
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["bare"] => process(None).await,
        ["watched", relay] => process(Some(relay)).await,
        [] => compare(11).await,
        [rounds] => match rounds.parse() {
            Ok(rounds @ 1..) => compare(rounds).await,
            _ => Err("give the number of rounds, like 11".into()),
        },
        _ => Err("give one number of rounds, like 11".into()),
    };
    if let Err(error) = done {
        eprintln!("footprint: {error}");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}
