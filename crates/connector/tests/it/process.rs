//! Tests of the connector binary.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::world::{Gateway, PATIENCE, Wake, ask, send, status};

/// A connector process and its address. The process is killed when this is dropped.
pub(crate) struct Running(Child, pub(crate) SocketAddr);

impl Running {
    pub(crate) fn start(config: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse-connector"));
        command.arg("--config").stderr(Stdio::null());
        Self::listen(command, config)
    }

    /// Limits the size of its files to 8 MiB. Writes beyond that fail, as on a full disk.
    fn start_on_a_small_disk(config: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -S -f 16384; exec \"$0\" --config \"$1\""]);
        command.arg(env!("CARGO_BIN_EXE_dormouse-connector")).stderr(Stdio::null());
        Self::listen(command, config)
    }

    fn listen(mut command: Command, config: &Path) -> Self {
        let mut child = command.arg(config).stdout(Stdio::piped()).spawn().expect("starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let addr = line.trim().strip_prefix("listening on ").expect("listens").parse().expect("an address");
        Self(child, addr)
    }

    /// Lets its files grow again.
    fn free_disk(&self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        let limit = rustix::process::Rlimit { current: None, maximum: None };
        rustix::process::prlimit(Some(pid), rustix::process::Resource::Fsize, limit).expect("a limit");
    }

    /// Kills the process with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.0.kill().expect("kills");
        self.0.wait().expect("ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes a configuration with the instance `a`. The store is in the same directory.
fn configured(dir: &std::path::Path) -> std::path::PathBuf {
    let config = dir.join("connector.toml");
    let store = dir.join("store.redb");
    let text = format!(
        "listen = \"127.0.0.1:0\"\nstore = {store:?}\n\
         [instances.a]\ntoken = \"token-a\"\nsender_token = \"sender-a\"\n"
    );
    std::fs::write(&config, text).expect("writes");
    config
}

#[tokio::test]
async fn after_a_kill_everything_accepted_and_not_acked_is_delivered() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = configured(dir.path());
    let mut accepted = 0;
    for round in 0..3 {
        let running = Running::start(&config);
        let (mut gateway, buffered) = Gateway::connect(running.1, "a").await;
        assert_eq!(buffered, accepted);
        // When the connector is killed right after its last answer, some entries are with the gateway, unacked.
        for n in 0..10 {
            accepted = send(running.1, "a", &format!("{round}.{n}")).await;
        }
        assert_eq!(gateway.entry().await.id, 1);
        running.kill();
    }
    assert_eq!(accepted, 30);
    let running = Running::start(&config);
    let (mut gateway, buffered) = Gateway::connect(running.1, "a").await;
    assert_eq!(buffered, 30);
    for n in 0..30 {
        let entry = gateway.entry().await;
        assert_eq!((entry.id, entry.body), (n + 1, format!("{}.{}", n / 10, n % 10)));
    }
    running.kill();
}

/// Sends until a message is refused, and returns the ids that were accepted.
async fn fill(running: &Running) -> Vec<u64> {
    let body = "x".repeat(60_000);
    let mut accepted = Vec::new();
    let refusal = loop {
        assert!(accepted.len() < 1000, "this does not fit into 8 MiB");
        let path = "/v1/instances/a/inbound";
        let (code, json) = ask(reqwest::Method::POST, running.1, path, "sender-a", body.clone()).await;
        match code.as_u16() {
            202 => accepted.push(json["id"].as_u64().expect("an id")),
            503 => break json["error"].as_str().expect("a reason").to_owned(),
            other => panic!("{other}: {json}"),
        }
    };
    assert!(refusal.starts_with("not accepted: the store says"), "{refusal}");
    assert!(!accepted.is_empty());
    assert_eq!(health(running).await, 503);
    accepted
}

async fn health(running: &Running) -> u16 {
    ask(reqwest::Method::GET, running.1, "/healthz", "", "").await.0.as_u16()
}

/// Checks that exactly these entries are delivered, and then a new one.
async fn drains(running: &Running, accepted: Vec<u64>) {
    let (mut gateway, buffered) = Gateway::connect(running.1, "a").await;
    assert_eq!(buffered, accepted.len() as u64);
    for id in accepted {
        assert_eq!(gateway.entry().await.id, id);
        gateway.ack(id).await;
    }
    // There is space again, and the id is new.
    assert_eq!(send(running.1, "a", "x").await, gateway.entry().await.id);
}

#[tokio::test]
async fn on_a_full_disk_senders_are_told_and_nothing_is_half_accepted() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = configured(dir.path());
    let running = Running::start_on_a_small_disk(&config);
    let accepted = fill(&running).await;
    running.kill();
    let running = Running::start(&config);
    drains(&running, accepted).await;
    running.kill();
}

#[tokio::test]
async fn when_there_is_room_again_it_accepts_again_without_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let running = Running::start_on_a_small_disk(&configured(dir.path()));
    let accepted = fill(&running).await;
    running.free_disk();
    timeout(PATIENCE, async {
        while health(&running).await != 200 {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("it is healthy again");
    drains(&running, accepted).await;
    running.kill();
}

#[tokio::test]
async fn a_proxy_from_the_environment_is_not_asked_to_poke() {
    let (dir, wake) = (tempfile::tempdir().expect("a directory"), Wake::start().await);
    let config = configured(dir.path());
    let text = std::fs::read_to_string(&config).expect("reads");
    std::fs::write(&config, format!("{text}wake_url = {:?}\n", wake.url)).expect("writes");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse-connector"));
    // Nothing listens on this port.
    command
        .arg("--config")
        .stderr(Stdio::null())
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9");
    let running = Running::listen(command, &config);
    send(running.1, "a", "x").await;
    timeout(PATIENCE, async {
        while status(running.1, "a").await["pokes"] != 1 {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the wake URL is asked");
    assert_eq!(wake.count(), 1);
    running.kill();
}

#[test]
fn entries_of_an_instance_that_is_no_longer_configured_are_reported_at_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = configured(dir.path());
    let text = std::fs::read_to_string(&config).expect("reads");
    let running = Running::start(&config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for _ in 0..3 {
            send(running.1, "a", "hush").await;
        }
    });
    running.kill();
    std::fs::write(&config, text.replace("instances.a", "instances.b")).expect("writes");
    let log = dir.path().join("log");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse-connector"));
    command.arg("--config").stderr(std::fs::File::create(&log).expect("a log"));
    Running::listen(command, &config).kill();
    let log = std::fs::read_to_string(&log).expect("reads");
    let told = log.lines().find(|l| l.contains("not configured")).unwrap_or_else(|| panic!("{log}"));
    assert!(told.contains("instance=\"a\"") && told.contains("entries=3") && !log.contains("hush"), "{told}");
}

#[test]
fn a_bad_configuration_is_one_line_and_exit_code_2() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = dir.path().join("connector.toml");
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse-connector"));
        let output = command.arg("--config").arg(&config).output().expect("runs");
        let text = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        text
    };
    assert!(run().contains("cannot read the configuration"));
    std::fs::write(&config, "listen = \"127.0.0.1:0\"\nstore = \"s\"\nwindow = 0\n").expect("writes");
    assert!(run().contains("window must be at least 1"));
    std::fs::write(&config, "listen = \"127.0.0.1:0\"\nstore = \"none/s\"\n").expect("writes");
    assert!(run().contains("cannot open the store none/s"));
}
