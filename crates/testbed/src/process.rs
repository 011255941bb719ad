//! The gateway's process, from the testbed's side.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use dormouse_watcher::lever::Tree;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::measure::Log;
use crate::run::RunArgs;

/// The longest time for the gateway to start, in real time.
const START: Duration = Duration::from_secs(20);

/// The gateway's process. It is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    stdin: tokio::process::ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts the process, which then waits for its first line of input.
    pub(crate) fn start(args: &RunArgs, relay: &str, socket: &Path, wake: &str) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("where this command is")?;
        let mut child = Command::new(program)
            .arg("gateway")
            .args(["--relay", relay, "--wake", wake, "--speed", &args.speed.to_string(), "--socket"])
            .arg(socket)
            .args(args.watched.args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C goes only to the testbed, which ends the gateway, frozen or not.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("starting the gateway")?;
        let stdin = child.stdin.take().context("the gateway's standard input")?;
        let stdout = child.stdout.take().context("the gateway's standard output")?;
        Ok(Self { child, stdin, lines: BufReader::new(stdout).lines() })
    }

    /// The process and its children, as a tree that can be frozen.
    pub(crate) fn tree(&self) -> anyhow::Result<Tree> {
        let pid = self.child.id().context("the gateway ended at once")?;
        Tree::new(pid).context("the gateway's process")
    }

    /// Writes a line to its standard input.
    pub(crate) async fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        let told = self.stdin.write_all(format!("{line}\n").as_bytes()).await;
        told.context("the gateway ended before it was told what to do")
    }

    /// Waits until it is connected, and returns its port.
    pub(crate) async fn ready(&mut self) -> anyhow::Result<u16> {
        let line = tokio::time::timeout(START, self.lines.next_line()).await;
        let line = line.context("the gateway did not connect in time")?.context("the gateway")?;
        let port = line.as_deref().and_then(|line| line.strip_prefix("ready ")?.parse().ok());
        port.context("the gateway ended before it was connected")
    }

    /// Logs what it prints; returns an error when it exits.
    pub(crate) async fn listen(&mut self, log: &Log) -> anyhow::Result<()> {
        let mut handled = BTreeSet::new();
        while let Some(line) = self.lines.next_line().await.context("the gateway")? {
            match line.split_once(' ').map(|(what, n)| (what, n.parse::<u64>())) {
                Some(("began", Ok(work_ms))) => log.works(work_ms),
                Some(("handled", Ok(id))) if !handled.insert(id) => log.duplicate(),
                _ => {}
            }
        }
        bail!("the gateway ended in the middle of the trace")
    }

    /// Kills the process and waits for its exit.
    pub(crate) async fn end(mut self) {
        // A frozen process reacts only to a kill. An error means that it has already exited.
        let _ = self.child.kill().await;
    }
}
