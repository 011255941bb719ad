//! A connector, a machine with a gateway on it, the network between them, and a sender that remembers what was accepted.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::gateway::{Told, held};
use super::journal::Journal;
use super::machine::Machine;
use super::proxy::Proxy;
use super::wire::{self, Wire};
use crate::process::Running;
use crate::world::{PATIENCE, try_ask};

/// Waits are measured in the time that the test runs: of the time between two looks, at most this counts. All processes of a test
/// stand still together when the machine is busy elsewhere.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// How long a machine may stay frozen while an entry waits, after the keepalive that ends its session. This is the time of more
/// than ten pokes.
const ASLEEP_ON_IT: Duration = Duration::from_secs(5);

/// The timing of a world. The defaults of both sides are much too slow for tests.
#[derive(Clone)]
pub(super) struct Timing {
    /// The time that the handler of the gateway takes.
    pub(super) handler_ms: u64,
    /// The silence after which either side gives up a connection.
    pub(super) keepalive_ms: u64,
    /// The delay of the connector from the question to its decision on a flip, and again from there to the ack.
    pub(super) ack_delay_ms: u64,
    /// The time from the accepted lever call to the freeze.
    pub(super) freeze_lag_ms: u64,
    /// The time from the accepted lever call to the next dial, if the machine does not freeze before.
    pub(super) fence_ms: u64,
}

impl Timing {
    pub(super) const DEFAULT: Self =
        Self { handler_ms: 1, keepalive_ms: 3000, ack_delay_ms: 0, freeze_lag_ms: 60, fence_ms: 600 };
}

/// How the gateway reaches the connector.
pub(super) enum Link {
    /// Through a proxy.
    Proxy(Proxy),
    /// Over a wire from one network namespace to another.
    Wire(Arc<Wire>),
}

impl Link {
    /// Blocks the network: nothing is carried and nothing is closed.
    pub(super) fn block(&self) {
        match self {
            Self::Proxy(proxy) => proxy.block(),
            Self::Wire(wire) => wire.block(),
        }
    }

    /// Unblocks the network.
    pub(super) fn unblock(&self) {
        match self {
            Self::Proxy(proxy) => proxy.unblock(),
            Self::Wire(wire) => wire.unblock(),
        }
    }
}

/// Everything around one gateway.
pub(super) struct World {
    pub(super) machine: Machine,
    pub(super) link: Link,
    connector: Option<Running>,
    /// The ids of the messages that were answered with 202, and their texts.
    accepted: BTreeMap<u64, String>,
    sent: u64,
    config: PathBuf,
    journal: PathBuf,
    /// For how long the test has run, and when it was last counted.
    ran: (Duration, Instant),
    /// Since when the machine was found frozen while an entry waits.
    frozen_on_it: Option<Duration>,
    keepalive: Duration,
    _dir: TempDir,
}

impl World {
    /// Starts a world, with a gateway that runs and is connected.
    pub(super) async fn start(timing: Timing) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let disk = dir.path().join("disk");
        std::fs::create_dir(&disk).expect("a directory");
        Self::build(timing, dir, disk, None).await
    }

    /// The same over a wire. Needs a network namespace for the test.
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
                let proxy = Proxy::start(connector.1).await;
                (proxy.addr(), Link::Proxy(proxy))
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
            ran: (Duration::ZERO, Instant::now()),
            frozen_on_it: None,
            keepalive: Duration::from_millis(timing.keepalive_ms),
            _dir: dir,
        };
        // It may already be asleep again when the status is read.
        world.until_status("the gateway connects", |s| s["connected"] == true || s["buffered"] == true).await;
        world
    }

    /// Sends the next message. Returns its id if it is accepted.
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

    /// Sends the next message, which must be accepted, and returns its id.
    pub(super) async fn send(&mut self) -> u64 {
        self.try_send().await.expect("accepted")
    }

    /// Kills the connector with SIGKILL. Returns whether it was running.
    pub(super) fn kill_connector(&mut self) -> bool {
        self.connector.take().map(Running::kill).is_some()
    }

    /// Starts the connector on the same store behind the same proxy, if it is not running.
    pub(super) fn start_connector(&mut self) {
        let Link::Proxy(proxy) = &self.link else { panic!("its address would be another") };
        if self.connector.is_none() {
            let connector = Running::start(&self.config);
            proxy.forward_to(connector.1);
            self.connector = Some(connector);
        }
    }

    /// The number of messages that were answered with 202.
    pub(super) fn accepted(&self) -> u64 {
        self.accepted.len() as u64
    }

    pub(super) fn journal(&self) -> Journal {
        Journal::read(&self.journal)
    }

    /// The status of the instance; `None` if the connector does not answer.
    pub(super) async fn status(&self) -> Option<Value> {
        let addr = self.connector.as_ref()?.1;
        let answer = try_ask(reqwest::Method::GET, addr, "/v1/instances/a", "sender-a", "").await;
        answer.ok().map(|(_, status)| status)
    }

    /// For how long the test has run.
    pub(super) fn ran(&mut self) -> Duration {
        let now = Instant::now();
        let (ran, counted) = self.ran;
        self.ran = (ran + BETWEEN_LOOKS.min(now - counted), now);
        self.ran.0
    }

    /// The handler of the next message waits when it has begun, until [`let_go`](Self::let_go).
    pub(super) fn hold_next(&self) {
        std::fs::write(held(&self.journal), format!("message {}", self.sent + 1)).expect("writes");
    }

    pub(super) fn let_go(&self) {
        std::fs::remove_file(held(&self.journal)).expect("a handler is held");
    }

    /// Waits until `holds`, and checks in the meantime that the machine is not asleep while an entry waits.
    pub(super) async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let since = self.ran();
        while !holds(self) {
            self.look().await;
            assert!(self.ran() - since < PATIENCE, "{what}: not in {PATIENCE:?}; {}", self.tell().await);
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets time pass, and checks in the meantime that `holds`, and that the machine is not asleep while an entry waits.
    pub(super) async fn for_ms(&mut self, ms: u64, what: &str, holds: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(ms) {
            assert!(holds(self), "{what}: not after {:?}; {}", since.elapsed(), self.tell().await);
            self.look().await;
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets time pass and returns whether the machine was on its way to sleep or asleep in the meantime.
    pub(super) async fn sleeps_within(&mut self, ms: u64) -> bool {
        let since = Instant::now();
        let mut slept = false;
        while since.elapsed() < Duration::from_millis(ms) {
            slept |= self.machine.is_suspending() || self.machine.frozen_since().is_some();
            sleep(Duration::from_millis(5)).await;
        }
        slept
    }

    /// As [`until`](Self::until), for the status of the instance.
    pub(super) async fn until_status(&mut self, what: &str, holds: impl Fn(&Value) -> bool) {
        let since = self.ran();
        while !self.look().await.as_ref().is_some_and(&holds) {
            assert!(self.ran() - since < PATIENCE, "{what}: not in {PATIENCE:?}; {}", self.tell().await);
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
            let now = self.ran();
            let since = *self.frozen_on_it.get_or_insert(now);
            let patience = self.keepalive + ASLEEP_ON_IT;
            assert!(now - since < patience, "asleep on an entry: {}", self.tell().await);
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

    /// Checks what must hold after every fault, once the network and the processes are there again:
    ///
    /// 1. Nothing accepted is lost: every message that was answered with 202 is handled, with its own text.
    /// 2. Nothing is handled twice, except an entry that was in the handler of a gateway when it was killed
    ///    ([`Journal::repeats`]).
    /// 3. The machine is not asleep while an entry waits. It falls asleep again when none waits, and one more message wakes it and
    ///    is handled.
    ///
    /// Returns the number of entries that were begun again under rule 2.
    pub(super) async fn repeats_after_recovery(&mut self) -> usize {
        self.until_handled().await;
        self.until_asleep().await;
        let asked = self.machine.asked();
        self.send().await;
        self.until_handled().await;
        assert!(self.machine.asked() > asked, "it was not poked");
        self.journal().repeats().unwrap_or_else(|twice| panic!("{twice}"))
    }

    /// Waits until everything accepted is handled and acked.
    pub(super) async fn until_handled(&mut self) {
        self.until("everything accepted is handled", |world| {
            let journal = world.journal();
            world.accepted.iter().all(|(id, body)| journal.done().get(id) == Some(body))
        })
        .await;
        self.until_status("everything is acked", |s| s["waiting"] == 0 && s["unacked"] == 0).await;
    }
}

/// Writes the configuration of a connector with short times.
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
