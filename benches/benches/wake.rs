//! Time from a thaw to the first drained message, with its lower bound, a bare dial: the real watcher, relay
//! client and connector over loopback.
//!
//! ```text
//! cargo bench -p dormouse-benches --bench wake
//! ```
//!
//! The watcher sees a thaw as a wall clock that jumps by an hour, at any phase of its slice. The platform's part
//! of a resume cannot be measured here. Each round also starts a client that has nothing to drain; its dial is
//! the lower bound.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dormouse_benches::{Answer, SMALL};
use dormouse_connector::{Config, Connector, ConnectorEvent, InstanceConfig};
use dormouse_core::{Lever, Now, Settings, Status};
use dormouse_watcher::lever::{SuspendFuture, WakeFuture};
use dormouse_watcher::relay::{Client, ClientConfig, FixedToken, Handler, Timings};
use dormouse_watcher::{
    Clock, Gateway, Relay, Signals, SuspendLever, SystemClock, Watch, WatchConfig, WorkSource,
};
use dormouse_wire::{Entry, RELAY_PATH};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep};

/// Number of sleeps measured.
const ROUNDS: u64 = if SMALL { 2 } else { 40 };

/// Each message is handled exactly once.
const HANDLED: Answer = Answer { small: 2, full: 40 };

/// The length of a sleep by the machine's wall clock, in ms.
const ASLEEP_MS: u64 = 3_600_000;

/// The machine's clocks; the wall clock jumps when the machine is thawed.
struct Jumping(SystemClock, AtomicU64);

impl Clock for Jumping {
    fn now(&self) -> Now {
        let now = self.0.now();
        Now { wall: now.wall.plus(self.1.load(Ordering::Acquire)), ..now }
    }
}

/// A gateway that is always idle, and a lever that always accepts.
struct Idle {
    accepted: Notify,
    handled: mpsc::UnboundedSender<Instant>,
}

impl Gateway for Idle {
    fn sources(&self, _: &mut dyn FnMut(&dyn WorkSource)) {}

    fn channels(&self, each: &mut dyn FnMut(&str)) {
        each("relay");
    }

    fn publish(&self, _: Status) {}
}

impl Handler for Idle {
    fn handle(&self, _: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        // The receiver is gone once the last round is over.
        let _ = self.handled.send(Instant::now());
        Box::pin(std::future::ready(()))
    }
}

/// The lever of [`Idle`], which always accepts.
struct Accepts(Arc<Idle>);

impl SuspendLever for Accepts {
    fn lever(&self) -> Option<Lever> {
        Some(Lever::Direct)
    }

    fn suspend(&self) -> SuspendFuture<'_> {
        self.0.accepted.notify_one();
        Box::pin(std::future::ready(Ok(())))
    }

    fn wake(&self, _: &str) -> WakeFuture {
        Box::pin(std::future::ready(()))
    }
}

/// The relay; it reports when the hold was released.
struct Released(Client, Mutex<Option<Instant>>);

impl Relay for Released {
    fn hold(&self, max_ms: u64) -> bool {
        self.0.hold(max_ms)
    }

    fn go_dormant(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        self.0.go_dormant()
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.close()
    }

    fn release(&self) {
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.0.release();
    }

    fn renew(&self) {
        self.0.renew();
    }
}

/// The times of a round.
struct Round {
    /// From the thaw to the release: the rest of the slice.
    notice: Duration,
    /// From the release to the welcome.
    dial: Duration,
    /// From the welcome to the handler.
    drain: Duration,
    /// A dial by a separate client: the lower bound.
    floor: Duration,
}

/// Posts a message to the gateway's instance.
async fn post(connector: &Connector) {
    let mut stream = TcpStream::connect(connector.local_addr()).await.expect("the connector");
    let request = "POST /v1/instances/gateway/inbound HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sender-gateway\r\n\
                   connection: close\r\ncontent-length: 2\r\n\r\nhi";
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
}

fn client(connector: &Connector, instance: &str, idle: &Arc<Idle>, signals: &Signals) -> Client {
    let url = format!("ws://{}{RELAY_PATH}", connector.local_addr()).parse().expect("a URL");
    let timings = Timings::default().with_dormant_redial_ms(50);
    let config = ClientConfig::new(url, instance).with_timings(timings);
    let token = Arc::new(FixedToken(format!("token-{instance}")));
    Client::start(config, token, Arc::clone(idle) as _, signals.clone()).expect("a client")
}

/// The time of the next connection of this instance.
async fn connected(seen: &mut mpsc::UnboundedReceiver<ConnectorEvent>, whose: &str) -> Instant {
    loop {
        match seen.recv().await.expect("a connector") {
            ConnectorEvent::Connected { instance, .. } if instance == whose => return Instant::now(),
            _ => {}
        }
    }
}

async fn measure() -> Vec<Round> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::new(([127, 0, 0, 1], 0).into(), folder.path().join("store.redb"));
    for name in ["gateway", "floor"] {
        let (token, sender_token) = (format!("token-{name}"), format!("sender-{name}"));
        config.instances.insert(name.to_owned(), InstanceConfig { token, sender_token, wake_url: None });
    }
    let (tell, mut seen) = mpsc::unbounded_channel();
    let connector = Connector::start(config, Some(tell)).await.expect("a connector");

    let clock = Arc::new(Jumping(SystemClock::new(), AtomicU64::new(0)));
    let signals = Signals::new(Arc::clone(&clock) as _);
    let (handled, mut handling) = mpsc::unbounded_channel();
    let idle = Arc::new(Idle { accepted: Notify::new(), handled });
    let relay = Arc::new(Released(client(&connector, "gateway", &idle, &signals), Mutex::new(None)));
    connected(&mut seen, "gateway").await;
    let settings = Settings::dormouse()
        .with_idle_timeout_ms(20)
        .with_settle_ms(0)
        .with_tick_ms(20)
        .with_cooldown_ms(0)
        .with_pace_ms(0);
    let config = WatchConfig::default()
        .with_settings(settings)
        .with_opted_in(true)
        .with_wake_url("https://wake.invalid".to_owned());
    let lever = Arc::new(Accepts(Arc::clone(&idle)));
    let watching = tokio::spawn(
        Watch::new(config, Arc::clone(&idle) as _, Arc::clone(&relay) as _, lever, signals.clone()).run(),
    );

    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        idle.accepted.notified().await;
        post(&connector).await;
        // 97 is coprime to the slice, so the rounds cover all phases of the slice.
        sleep(Duration::from_millis(100 + round * 97 % settings.fence_slice_ms)).await;
        let thawed = Instant::now();
        clock.1.fetch_add(ASLEEP_MS, Ordering::AcqRel);
        let connected_at = connected(&mut seen, "gateway").await;
        let handled_at = handling.recv().await.expect("a handler");
        let released = relay.1.lock().unwrap_or_else(PoisonError::into_inner).expect("a release");

        let other = Signals::new(Arc::new(SystemClock::new()));
        let began = Instant::now();
        let alone = client(&connector, "floor", &idle, &other);
        let floor = connected(&mut seen, "floor").await - began;
        alone.stop();
        rounds.push(Round {
            notice: released - thawed,
            dial: connected_at - released,
            drain: handled_at.saturating_duration_since(connected_at),
            floor,
        });
    }
    signals.shutdown();
    watching.await.expect("a watcher");
    relay.0.stop();
    connector.stop().await;
    rounds
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let rounds = runtime.block_on(measure());
    HANDLED.check("wake", rounds.len() as u64);
    let line = |name: &str, of: &dyn Fn(&Round) -> Duration| {
        let mut ms: Vec<f64> = rounds.iter().map(|round| of(round).as_secs_f64() * 1000.0).collect();
        ms.sort_by(f64::total_cmp);
        let (median, longest) = (ms[ms.len() / 2], ms[ms.len() - 1]);
        println!("{name:<34} {median:>9.2} {longest:>9.2}");
        median
    };
    println!("{:<34} {:>9} {:>9}", "ms", "median", "longest");
    line("thaw to release", &|round| round.notice);
    line("release to welcome", &|round| round.dial);
    line("welcome to handler", &|round| round.drain);
    let drained = line("release to handler", &|round| round.dial + round.drain);
    let whole = line("thaw to handler", &|round| round.notice + round.dial + round.drain);
    let floor = line("floor: a dial alone", &|round| round.floor);
    println!(
        "release to handler is {:.2} of the floor, thaw to handler {:.1}",
        drained / floor,
        whole / floor
    );
}
