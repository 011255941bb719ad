//! A gateway, a relay and a lever that do what a test says, and a clock that is set by hand.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dormouse_core::{Census, Command, Heartbeat, Lever, Mono, Now, Source, Status, View, Wall};
use dormouse_watcher::lever::{SuspendFuture, WakeFuture};
use dormouse_watcher::{Clock, Gateway, Relay, SuspendLever, SuspendRefused, WorkKind, WorkSource};
use tokio::sync::oneshot;

/// A clock that is set by hand.
pub(crate) struct ManualClock(Mutex<Now>);

impl ManualClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Now::default())))
    }

    pub(crate) fn put(&self, now: Now) {
        *self.0.lock().unwrap() = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        *self.0.lock().unwrap()
    }

    fn timer_slack_ms(&self) -> u64 {
        0
    }
}

/// Both clocks on the runtime's time, which tests pause. Both begin at 0.
pub(crate) struct PausedClock {
    start: tokio::time::Instant,
    /// How far the wall clock is ahead of the monotonic one: the sum of the freezes.
    ahead: Mutex<u64>,
}

impl PausedClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { start: tokio::time::Instant::now(), ahead: Mutex::new(0) })
    }

    pub(crate) fn freeze(&self, ms: u64) {
        *self.ahead.lock().unwrap() += ms;
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Now {
        let mono = u64::try_from(self.start.elapsed().as_millis()).unwrap();
        let wall = mono + *self.ahead.lock().unwrap();
        Now { wall: Wall::from_ms(wall), mono: Mono::from_ms(mono) }
    }
}

/// Everything around a watcher in a test, under one lock.
pub(crate) struct Stage {
    pub(crate) view: View,
    pub(crate) published: Vec<Status>,
    /// The commands so far.
    pub(crate) commands: Vec<Command>,
    pub(crate) grants: bool,
    /// Channels that are connected in addition to the relay.
    pub(crate) channels: &'static [&'static str],
    /// The call that panics.
    pub(crate) panics_in: Option<&'static str>,
    /// How often the work has been counted.
    pub(crate) looks: u64,
    ack: Option<oneshot::Sender<bool>>,
    closed: Option<oneshot::Sender<()>>,
    lever: Option<oneshot::Sender<bool>>,
}

/// The stage as the watcher sees it.
#[derive(Clone)]
pub(crate) struct Props(pub(crate) Arc<Mutex<Stage>>);

impl Props {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Stage {
            view: View::quiet(),
            published: Vec::new(),
            commands: Vec::new(),
            grants: true,
            channels: &[],
            panics_in: None,
            looks: 0,
            ack: None,
            closed: None,
            lever: None,
        })))
    }

    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut Stage) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    pub(crate) fn ack(&self, acked: bool) {
        let sender = self.with(|stage| stage.ack.take()).expect("no ack is waited for");
        let _ = sender.send(acked);
    }

    pub(crate) fn close(&self) {
        let sender = self.with(|stage| stage.closed.take()).expect("no close is waited for");
        let _ = sender.send(());
    }

    pub(crate) fn answer_lever(&self, accepted: bool) {
        let sender = self.with(|stage| stage.lever.take()).expect("no lever is waited for");
        let _ = sender.send(accepted);
    }

    fn command(&self, command: Command, place: &'static str) {
        let panics = self.with(|stage| {
            stage.commands.push(command);
            stage.panics_in == Some(place)
        });
        assert!(!panics, "this test panics in {place}");
    }
}

struct Fixed(WorkKind, Source);

impl WorkSource for Fixed {
    fn kind(&self) -> WorkKind {
        self.0
    }

    fn read(&self) -> Source {
        self.1
    }
}

impl Gateway for Props {
    fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource)) {
        let (view, panics) = self.with(|stage| {
            stage.looks += 1;
            (stage.view, stage.panics_in == Some("sources"))
        });
        assert!(!panics, "this test panics in sources");
        let Census { turns, cron, api, background, permanent, .. } = view.census;
        each(&Fixed(WorkKind::Turn, turns));
        each(&Fixed(WorkKind::Cron, cron));
        each(&Fixed(WorkKind::Api, api));
        each(&Fixed(WorkKind::Background, background));
        each(&Fixed(WorkKind::Permanent, Source::new(permanent, None)));
    }

    fn channels(&self, each: &mut dyn FnMut(&str)) {
        let (relay_only, channels, panics) =
            self.with(|stage| (stage.view.relay_only, stage.channels, stage.panics_in == Some("channels")));
        assert!(!panics, "this test panics in channels");
        each(if relay_only { "relay" } else { "signal" });
        channels.iter().for_each(|name| each(name));
    }

    fn heartbeat(&self) -> Heartbeat {
        let (heartbeat, panics) =
            self.with(|stage| (stage.view.heartbeat, stage.panics_in == Some("heartbeat")));
        assert!(!panics, "this test panics in heartbeat");
        heartbeat
    }

    fn publish(&self, status: Status) {
        let panics = self.with(|stage| {
            stage.published.push(status);
            stage.panics_in == Some("publish")
        });
        assert!(!panics, "this test panics in publish");
    }
}

impl Relay for Props {
    fn hold(&self, _: u64) -> bool {
        self.command(Command::HoldRedial, "hold");
        self.with(|stage| stage.grants)
    }

    fn go_dormant(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async {
            let (sender, receiver) = oneshot::channel();
            self.with(|stage| stage.ack = Some(sender));
            self.command(Command::GoDormant, "go_dormant");
            match receiver.await {
                Ok(acked) => acked,
                Err(_) => pending().await,
            }
        })
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            let (sender, receiver) = oneshot::channel();
            self.with(|stage| stage.closed = Some(sender));
            self.command(Command::CloseSocket, "close");
            if receiver.await.is_err() {
                pending::<()>().await;
            }
        })
    }

    fn release(&self) {
        self.command(Command::Release, "release");
    }

    fn renew(&self) {
        self.command(Command::Renew, "renew");
    }
}

/// The lever of the stage.
pub(crate) struct StageLever(pub(crate) Props);

impl SuspendLever for StageLever {
    fn lever(&self) -> Option<Lever> {
        let (lever, panics) = self.0.with(|stage| (stage.view.lever, stage.panics_in == Some("lever")));
        assert!(!panics, "this test panics in lever");
        lever
    }

    fn suspend(&self) -> SuspendFuture<'_> {
        Box::pin(async {
            let (sender, receiver) = oneshot::channel();
            self.0.with(|stage| stage.lever = Some(sender));
            self.0.command(Command::Suspend, "suspend");
            match receiver.await {
                Ok(true) => Ok(()),
                Ok(false) => Err(SuspendRefused("the test refuses".to_owned())),
                Err(_) => pending().await,
            }
        })
    }

    fn wake(&self, _: &str) -> WakeFuture {
        self.0.command(Command::Wake, "wake");
        Box::pin(std::future::ready(()))
    }

    fn wake_marker(&self) -> bool {
        let (marker, panics) =
            self.0.with(|stage| (stage.view.wake_marker, stage.panics_in == Some("wake_marker")));
        assert!(!panics, "this test panics in wake_marker");
        marker
    }
}

/// Lets everything run that can run before time passes.
pub(crate) async fn settle() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

/// Lets `ms` of the paused runtime's time pass.
pub(crate) async fn pass(ms: u64) {
    settle().await;
    tokio::time::sleep(Duration::from_millis(ms)).await;
    settle().await;
}

/// The time of a runtime that starts paused passes in steps of 1 ms, one for each ms that the process runs. Timers and sockets
/// then keep their order on a machine that is busy or stands still for a while: however long that takes, no more than one step
/// passes before everything that is ready has run. It ends when this is dropped.
pub(crate) struct SteppedTime {
    _ends: std::sync::mpsc::Sender<()>,
}

impl SteppedTime {
    pub(crate) fn start() -> Self {
        const STEP: Duration = Duration::from_millis(1);
        let (ends, ended) = std::sync::mpsc::channel::<()>();
        let (step, mut steps) = tokio::sync::mpsc::channel(1);
        // While a blocking task runs, a paused clock does not jump to the next timer by itself.
        tokio::task::spawn_blocking(move || {
            while ended.recv_timeout(STEP) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // A step that is still to be made stands for all that were missed.
                let _ = step.try_send(());
            }
        });
        tokio::spawn(async move {
            while steps.recv().await.is_some() {
                tokio::time::advance(STEP).await;
                settle().await;
            }
        });
        Self { _ends: ends }
    }
}
