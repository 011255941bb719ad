//! The real binary.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::world::{Gateway, ask, send};

/// A process that does not outlive its test.
pub(crate) struct Running(Child, pub(crate) SocketAddr);

impl Running {
    pub(crate) fn start(config: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse-connector"));
        command.arg("--config");
        Self::listen(command, config)
    }

    /// No file of it grows over 8 MiB: writing on fails, as on a full disk.
    fn start_on_a_small_disk(config: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 16384; exec \"$0\" --config \"$1\""]);
        command.arg(env!("CARGO_BIN_EXE_dormouse-connector"));
        Self::listen(command, config)
    }

    fn listen(mut command: Command, config: &Path) -> Self {
        let mut child =
            command.arg(config).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let addr = line.trim().strip_prefix("listening on ").expect("listens").parse().expect("an address");
        Self(child, addr)
    }

    /// SIGKILL.
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

/// A configuration for the instance `a`, whose store stands beside it.
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
        // Some are with the gateway, unacked, when the connector dies right after its last answer.
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

#[tokio::test]
async fn on_a_full_disk_senders_are_told_and_nothing_is_half_accepted() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = configured(dir.path());
    let running = Running::start_on_a_small_disk(&config);
    let body = "x".repeat(60_000);
    let mut accepted = Vec::new();
    let refusal = loop {
        assert!(accepted.len() < 1000, "8 MiB do not hold that");
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
    let (code, _) = ask(reqwest::Method::GET, running.1, "/healthz", "", "").await;
    assert_eq!(code.as_u16(), 503);
    running.kill();
    let running = Running::start(&config);
    let (mut gateway, buffered) = Gateway::connect(running.1, "a").await;
    assert_eq!(buffered, accepted.len() as u64);
    for id in accepted {
        assert_eq!(gateway.entry().await.id, id);
        gateway.ack(id).await;
    }
    // There is room again, and the number is new.
    assert_eq!(send(running.1, "a", "x").await, gateway.entry().await.id);
    running.kill();
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
