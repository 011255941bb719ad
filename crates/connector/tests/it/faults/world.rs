//! A connector, a machine with a gateway on it, the network between them, and a sender who knows what was promised him.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::gateway::Told;
use super::journal::Journal;
use super::machine::Machine;
use super::road::Road;
use super::wire::{self, Wire};
use crate::process::Running;
use crate::world::{PATIENCE, try_ask};

/// A machine that is frozen for so long after its last session was reaped, while an entry waits for it, is asleep on it: that
/// is over ten pokes.
const ASLEEP_ON_IT: Duration = Duration::from_secs(5);

/// How long things take in a world; the defaults of both sides are for years, not for seconds.
#[derive(Clone)]
pub(super) struct Timing {
    /// How long the gateway's handler takes.
    pub(super) handler_ms: u64,
    /// Silence after which either side gives a connection up.
    pub(super) keepalive_ms: u64,
    /// From the connector's decision on a flip to the ack, and from the question to the decision.
    pub(super) ack_delay_ms: u64,
    /// From the lever's yes to the freeze.
    pub(super) freeze_lag_ms: u64,
    /// From the lever's yes to the next dial, unless a freeze came between.
    pub(super) fence_ms: u64,
}

impl Timing {
    pub(super) const DEFAULT: Self =
        Self { handler_ms: 1, keepalive_ms: 3000, ack_delay_ms: 0, freeze_lag_ms: 60, fence_ms: 600 };
}

/// How the gateway reaches the connector.
pub(super) enum Link {
    /// Through a proxy of the test's.
    Road(Road),
    /// Over a wire from one network namespace to another.
    Wire(Arc<Wire>),
}

impl Link {
    /// From here on nothing is carried, and nothing closed.
    pub(super) fn block(&self) {
        match self {
            Self::Road(road) => road.block(),
            Self::Wire(wire) => wire.block(),
        }
    }

    /// It carries again.
    pub(super) fn unblock(&self) {
        match self {
            Self::Road(road) => road.unblock(),
            Self::Wire(wire) => wire.unblock(),
        }
    }
}

/// Everything around one gateway.
pub(super) struct World {
    pub(super) machine: Machine,
    pub(super) link: Link,
    connector: Option<Running>,
    /// What was answered with 202, and its text.
    accepted: BTreeMap<u64, String>,
    sent: u64,
    config: PathBuf,
    journal: PathBuf,
    /// Since when the machine has been frozen with an entry waiting, as far as was looked.
    frozen_on_it: Option<Instant>,
    keepalive: Duration,
    _dir: TempDir,
}

impl World {
    /// A gateway that runs and is connected.
    pub(super) async fn start(timing: Timing) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let disk = dir.path().join("disk");
        std::fs::create_dir(&disk).expect("a directory");
        Self::build(timing, dir, disk, None).await
    }

    /// The same, over a wire. Only inside of a network namespace of the test's own.
    pub(super) async fn start_on_a_wire(timing: Timing) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let disk = dir.path().to_owned();
        Self::build(timing, dir, disk, Some(Arc::new(Wire::lay()))).await
    }

    /// The same, with the gateway's handled ids and recordings in `disk`.
    pub(super) async fn start_with_disk(timing: Timing, disk: &Path) -> Self {
        Self::build(timing, tempfile::tempdir().expect("a directory"), disk.to_owned(), None).await
    }

    async fn build(timing: Timing, dir: TempDir, disk: PathBuf, wire: Option<Arc<Wire>>) -> Self {
        let front = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let near = if wire.is_some() { wire::NEAR } else { Ipv4Addr::LOCALHOST };
        let config = configured(dir.path(), &timing, near, front.local_addr().expect("an address"));
        let connector = Running::start(&config);
        let (relay, link) = match &wire {
            Some(wire) => (connector.1, Link::Wire(Arc::clone(wire))),
            None => {
                let road = Road::start(connector.1).await;
                (road.addr(), Link::Road(road))
            }
        };
        let told = Told {
            relay,
            lever: dir.path().join("api"),
            journal: dir.path().join("journal"),
            disk,
            handler_ms: timing.handler_ms,
            keepalive_ms: timing.keepalive_ms / 2,
            fence_ms: timing.fence_ms,
        };
        let journal = told.journal.clone();
        let machine = Machine::new(told, Duration::from_millis(timing.freeze_lag_ms), wire, front);
        machine.wake();
        let mut world = Self {
            machine,
            link,
            connector: Some(connector),
            accepted: BTreeMap::new(),
            sent: 0,
            config,
            journal,
            frozen_on_it: None,
            keepalive: Duration::from_millis(timing.keepalive_ms),
            _dir: dir,
        };
        // It may be asleep again before anybody has looked.
        world.until_status("the gateway connects", |s| s["connected"] == true || s["buffered"] == true).await;
        world
    }

    /// Sends the next message: its id, if it was accepted.
    pub(super) async fn try_send(&mut self) -> Option<u64> {
        self.sent += 1;
        let body = format!("message {}", self.sent);
        let addr = self.connector.as_ref()?.1;
        let path = "/v1/instances/a/inbound";
        let answer = try_ask(reqwest::Method::POST, addr, path, "sender-a", body.clone()).await;
        let (code, json) = answer.ok()?;
        if code.as_u16() != 202 {
            return None;
        }
        let id = json["id"].as_u64().expect("an id");
        assert!(self.accepted.insert(id, body).is_none(), "id {id} was given twice");
        Some(id)
    }

    /// Sends the next message, which is accepted: its id.
    pub(super) async fn send(&mut self) -> u64 {
        self.try_send().await.expect("accepted")
    }

    /// SIGKILL, if it runs; did it?
    pub(super) fn kill_connector(&mut self) -> bool {
        self.connector.take().map(Running::kill).is_some()
    }

    /// A new process on the same store, at the end of the same road, if there is none.
    pub(super) fn start_connector(&mut self) {
        let Link::Road(road) = &self.link else { panic!("its address would be another") };
        if self.connector.is_none() {
            let connector = Running::start(&self.config);
            road.lead_to(connector.1);
            self.connector = Some(connector);
        }
    }

    /// Messages that were answered with 202.
    pub(super) fn accepted(&self) -> u64 {
        self.accepted.len() as u64
    }

    pub(super) fn journal(&self) -> Journal {
        Journal::read(&self.journal)
    }

    /// What the connector says of the instance; None if there is none to ask.
    pub(super) async fn status(&self) -> Option<Value> {
        let addr = self.connector.as_ref()?.1;
        let answer = try_ask(reqwest::Method::GET, addr, "/v1/instances/a", "sender-a", "").await;
        answer.ok().map(|(_, status)| status)
    }

    /// Waits for something, and meanwhile sees to it that the machine is not asleep on an entry.
    pub(super) async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while !holds(self) {
            self.look().await;
            assert!(since.elapsed() < PATIENCE, "{what}: not in {PATIENCE:?}; {}", self.tell().await);
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets time pass, and meanwhile sees to the same, and that `holds` does.
    pub(super) async fn for_ms(&mut self, ms: u64, what: &str, holds: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(ms) {
            assert!(holds(self), "{what}: not after {:?}; {}", since.elapsed(), self.tell().await);
            self.look().await;
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// The same as [`until`](Self::until) for what the connector says.
    pub(super) async fn until_status(&mut self, what: &str, holds: impl Fn(&Value) -> bool) {
        let since = Instant::now();
        while !self.look().await.as_ref().is_some_and(&holds) {
            assert!(since.elapsed() < PATIENCE, "{what}: not in {PATIENCE:?}; {}", self.tell().await);
            sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) async fn until_asleep(&mut self) {
        self.until("the machine sleeps", |world| world.machine.frozen_since().is_some()).await;
    }

    async fn look(&mut self) -> Option<Value> {
        let frozen = self.machine.frozen_since();
        let status = self.status().await;
        let waits = status.as_ref().is_some_and(|s| s["waiting"] != 0 || s["unacked"] != 0);
        if frozen.is_some() && frozen == self.machine.frozen_since() && waits {
            let since = *self.frozen_on_it.get_or_insert_with(Instant::now);
            let patience = self.keepalive + ASLEEP_ON_IT;
            assert!(since.elapsed() < patience, "asleep on an entry: {}", self.tell().await);
        } else if status.is_some() {
            self.frozen_on_it = None;
        }
        status
    }

    async fn tell(&self) -> String {
        let journal = self.journal();
        format!(
            "accepted {}, handled {} in {} lives, frozen {}, asked to wake {} times, the connector says {}",
            self.accepted.len(),
            journal.done().len(),
            journal.lives(),
            self.machine.frozen_since().is_some(),
            self.machine.asked(),
            self.status().await.unwrap_or_default()
        )
    }

    /// What must hold after every fault, once the network and the processes are there again:
    ///
    /// 1. nothing accepted is lost: every message that was answered with 202 is handled, with its own text;
    /// 2. nothing is handled twice, but what a killed gateway's handler was at ([`Journal::repeats`]);
    /// 3. the machine is not asleep on an entry; it does fall asleep again, with nothing waiting, and one message more wakes it
    ///    and is handled.
    ///
    /// Returns how many entries were begun twice, by rule 2.
    pub(super) async fn ends_well(&mut self) -> usize {
        self.until_handled().await;
        self.until_asleep().await;
        let asked = self.machine.asked();
        self.send().await;
        self.until_handled().await;
        assert!(self.machine.asked() > asked, "it was woken by nobody");
        self.journal().repeats().unwrap_or_else(|twice| panic!("{twice}"))
    }

    /// Everything accepted is handled and acked.
    pub(super) async fn until_handled(&mut self) {
        self.until("everything accepted is handled", |world| {
            let journal = world.journal();
            world.accepted.iter().all(|(id, body)| journal.done().get(id) == Some(body))
        })
        .await;
        self.until_status("everything is acked", |s| s["waiting"] == 0 && s["unacked"] == 0).await;
    }
}

/// The configuration of a connector in a hurry.
fn configured(dir: &Path, timing: &Timing, near: Ipv4Addr, front: SocketAddr) -> PathBuf {
    let path = dir.join("connector.toml");
    let store = dir.join("store.redb");
    let Timing { keepalive_ms, ack_delay_ms, .. } = timing;
    let text = format!(
        "listen = \"{near}:0\"\nstore = {store:?}\npoke_cooldown_ms = 100\nrepoke_ms = 300\n\
         keepalive_ms = {keepalive_ms}\nack_delay_ms = {ack_delay_ms}\n\
         [instances.a]\ntoken = \"token-a\"\nsender_token = \"sender-a\"\n\
         wake_url = \"http://{front}/wake\"\n"
    );
    std::fs::write(&path, text).expect("writes");
    path
}
