//! A load test: many idle instances, and messages to all of them. Measures the memory per instance, the time from acceptance to
//! delivery, and losses. The exit code is 1 if a message was lost.
//!
//! ```text
//! cargo build --release -p dormouse-connector --bins
//! cargo run --release -p dormouse-connector --example load -- [INSTANCES [PER_SECOND [SECONDS]]]
//! ```
//!
//! The connector runs as its own process, so that its memory can be measured. Its binary must be in the parent of the
//! example's directory. Each side needs a file descriptor for every instance, so the limit is raised as far as the system allows.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use dormouse_text::quantile;
use dormouse_wire::{FromConnector, FromGateway, RELAY_PATH, VERSION};
use futures_util::{SinkExt, StreamExt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The number of connections of senders.
const SENDERS: usize = 32;

/// File descriptors in addition to those of instances and senders: the store, the runtime, the listener, the pipes.
const SPARE: u64 = 64;

/// Raises the limit of file descriptors, so that there is one for each instance, here and in the connector, which inherits the
/// limit.
fn enough_descriptors(instances: usize) -> Result<(), Failure> {
    let needed = instances as u64 + SENDERS as u64 + SPARE;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|soft| soft < needed) {
        if let Some(hard) = limit.maximum.filter(|hard| *hard < needed) {
            return Err(format!(
                "{instances} instances need {needed} file descriptors and this process may have {hard}; raise the hard \
                 limit (ulimit -Hn {needed}, as root), or ask for fewer instances"
            )
            .into());
        }
        setrlimit(Resource::Nofile, Rlimit { current: Some(needed), ..limit })?;
    }
    Ok(())
}

fn rss_kib(pid: u32) -> Result<u64, Failure> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find(|l| l.starts_with("VmRSS")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}

/// A gateway that acks everything. It reports its number, the id of each entry and the time.
async fn gateway(
    addr: SocketAddr,
    n: usize,
    got: mpsc::UnboundedSender<(usize, u64, Instant)>,
) -> Result<(), Failure> {
    let mut request = format!("ws://{addr}{RELAY_PATH}").into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer token-{n}").parse()?);
    let stream = TcpStream::connect(addr).await?;
    let small = WebSocketConfig::default().read_buffer_size(1 << 10).write_buffer_size(1 << 10);
    let (mut socket, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(small)).await?;
    let hello = FromGateway::Hello { version: VERSION, instance: format!("i{n}") };
    socket.send(Message::Text(hello.to_text().into())).await?;
    loop {
        match socket.next().await.ok_or("closed")?? {
            Message::Text(text) => match FromConnector::from_text(&text)? {
                FromConnector::Inbound(entry) => {
                    got.send((n, entry.id, Instant::now()))?;
                    socket
                        .send(Message::Text(FromGateway::InboundAck { id: entry.id }.to_text().into()))
                        .await?;
                }
                // The connection is reported as id 0.
                FromConnector::Welcome { .. } => got.send((n, 0, Instant::now()))?,
                other => return Err(format!("{other:?}").into()),
            },
            Message::Close(_) => return Err("closed".into()),
            _ => {}
        }
    }
}

/// One connection of a sender. It writes HTTP/1.1 by hand, so that the client costs little.
async fn sender(
    addr: SocketAddr,
    mut todo: mpsc::Receiver<usize>,
    sent: mpsc::UnboundedSender<(usize, u64, Instant, Instant)>,
) -> Result<(), Failure> {
    let mut socket = TcpStream::connect(addr).await?;
    socket.set_nodelay(true)?;
    while let Some(n) = todo.recv().await {
        let began = Instant::now();
        let request = format!(
            "POST /v1/instances/i{n}/inbound HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sender-{n}\r\n\
             content-length: 100\r\n\r\n{:100}",
            "hello"
        );
        socket.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        let mut buffer = [0; 1024];
        let id = loop {
            let len = socket.read(&mut buffer).await?;
            answer.push_str(std::str::from_utf8(&buffer[..len])?);
            if len == 0 || !answer.starts_with("HTTP/1.1 202") {
                return Err(answer.into());
            }
            if let Some((id, _)) = answer.split_once("{\"id\":").and_then(|(_, t)| t.split_once('}')) {
                break id.parse()?;
            }
        };
        sent.send((n, id, began, Instant::now()))?;
    }
    Ok(())
}

fn percentiles(mut of: Vec<Duration>) -> String {
    of.sort_unstable();
    let at = |per_mille| quantile(&of, per_mille).unwrap_or_default().as_secs_f64() * 1e3;
    format!("p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms", at(500), at(990), at(1000))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match measured().await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(lost) => {
            eprintln!("load: {lost} messages were accepted and not delivered, or not accepted");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::from(2)
        }
    }
}

/// Starts a connector, runs the load, and returns the number of lost messages.
async fn measured() -> Result<usize, Failure> {
    let mut args = std::env::args().skip(1);
    let mut number = |or: u64| args.next().map_or(Ok(or), |a| a.parse());
    let (instances, per_second, seconds) = (number(10_000)?, number(1000)?, number(10)?);
    let instances = usize::try_from(instances)?;
    if instances == 0 || per_second == 0 || seconds == 0 {
        return Err("give numbers above 0, like 10000 1000 10".into());
    }
    enough_descriptors(instances)?;

    let dir = tempfile::tempdir()?;
    let mut text = format!("listen = \"127.0.0.1:0\"\nstore = {:?}\n", dir.path().join("store.redb"));
    for n in 0..instances {
        writeln!(text, "[instances.i{n}]\ntoken = \"token-{n}\"\nsender_token = \"sender-{n}\"")?;
    }
    let config = dir.path().join("connector.toml");
    std::fs::write(&config, text)?;
    let here = std::env::current_exe()?;
    let bin = here.ancestors().nth(2).ok_or("no directory")?.join("dormouse-connector");
    if !bin.exists() {
        let built = "cargo build --release -p dormouse-connector --bins";
        return Err(format!(
            "the connector binary is not where this example expects it; build it first: {built}"
        )
        .into());
    }
    let mut connector = Command::new(bin)
        .arg("--config")
        .arg(&config)
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()?;
    let result = load(&mut connector, instances, per_second, seconds).await;
    connector.kill()?;
    connector.wait()?;
    result
}

async fn load(
    connector: &mut std::process::Child,
    instances: usize,
    per_second: u64,
    seconds: u64,
) -> Result<usize, Failure> {
    let mut line = String::new();
    let out = connector.stdout.take().ok_or("no pipe")?;
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line)?;
    let addr: SocketAddr = line.trim().strip_prefix("listening on ").ok_or("it did not start")?.parse()?;
    let pid = connector.id();
    let before = rss_kib(pid)?;

    let (got, mut deliveries) = mpsc::unbounded_channel();
    let dials = Arc::new(Semaphore::new(64));
    let began = Instant::now();
    for n in 0..instances {
        let permit = Arc::clone(&dials).acquire_owned().await?;
        let got = got.clone();
        tokio::spawn(async move {
            // Hold the permit for roughly the time of the dial, because the queue of the listener is limited.
            tokio::spawn(async move {
                sleep(Duration::from_millis(20)).await;
                drop(permit);
            });
            if let Err(error) = gateway(addr, n, got).await {
                eprintln!("instance {n}: {error}");
            }
        });
    }
    for _ in 0..instances {
        timeout(Duration::from_secs(60), deliveries.recv()).await?.ok_or("no gateway")?;
    }
    println!("{instances} instances connected in {:.1} s", began.elapsed().as_secs_f64());
    sleep(Duration::from_secs(1)).await;
    let idle = rss_kib(pid)?;
    println!(
        "memory: {before} KiB before, {idle} KiB with the instances: {:.1} KiB per instance",
        (idle.saturating_sub(before)) as f64 / instances as f64
    );

    let (sent, mut answers) = mpsc::unbounded_channel();
    let mut senders = Vec::new();
    for _ in 0..SENDERS {
        let (todo, work) = mpsc::channel(1024);
        let sent = sent.clone();
        tokio::spawn(async move {
            if let Err(error) = sender(addr, work, sent).await {
                eprintln!("sender: {error}");
            }
        });
        senders.push(todo);
    }
    drop(sent);
    let total = usize::try_from(per_second * seconds)?;
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(per_second)?);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for at in 0..total {
        ticks.tick().await;
        // 7919 is prime, so the messages go to all instances in turn.
        senders[at % SENDERS].send(at * 7919 % instances).await?;
    }
    drop(senders);

    let mut accepted = std::collections::BTreeMap::new();
    let mut answer_times = Vec::new();
    while let Some((n, id, began, answered)) = answers.recv().await {
        accepted.insert((n, id), answered);
        answer_times.push(answered - began);
    }
    let mut delays = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    while delays.len() < accepted.len() {
        let Ok(Some((n, id, at))) = timeout(Duration::from_secs(5), deliveries.recv()).await else { break };
        if let Some(answered) = accepted.get(&(n, id))
            && seen.insert((n, id))
        {
            // The delivery may come before the answer. Then its delay counts as zero.
            delays.push(at.saturating_duration_since(*answered));
        }
    }
    let lost = total - delays.len();
    println!("asked {total} at {per_second}/s, accepted {}, lost {lost}", accepted.len());
    if delays.is_empty() {
        return Ok(lost);
    }
    println!("post to answer (durable): {}", percentiles(answer_times));
    println!("answer to delivery:       {}", percentiles(delays));
    println!("memory after: {} KiB", rss_kib(pid)?);
    Ok(lost)
}
