//! The loop: waits for the next event, and carries out core's commands.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use dormouse_core::{Command, Mono, Phase, Status};

use crate::caught::caught;
use crate::config::WatchConfig;
use crate::driver::Driver;
use crate::event::WatcherEvent;
use crate::gateway::Gateway;
use crate::lever::SuspendLever;
use crate::observation::WatchObserver;
use crate::relay::Relay;
use crate::signals::Signals;

/// The shortest and the longest pause after a crash. Each crash doubles the pause; a run as long as the longest resets it.
const RESTART_MS: (u64, u64) = (1000, 60_000);

/// Makes the observers for a run of the loop; called again after a crash.
type MakeObservers = Box<dyn Fn() -> Vec<Box<dyn WatchObserver>> + Send + Sync>;

/// A watcher with everything it needs.
///
/// The future of [`run`](Self::run) can be dropped at any point. That releases the hold and publishes `running`, unless the
/// process is [shutting down](Signals::shutdown). It also drops a lever call that is in progress; if the platform has accepted
/// already, the freeze still lands.
///
/// The [front page](crate) has an example.
pub struct Watch {
    config: WatchConfig,
    gateway: Arc<dyn Gateway>,
    relay: Arc<dyn Relay>,
    lever: Arc<dyn SuspendLever>,
    signals: Signals,
    observers: MakeObservers,
}

impl Watch {
    /// A watcher that has not started.
    #[must_use]
    pub fn new(
        config: WatchConfig,
        gateway: Arc<dyn Gateway>,
        relay: Arc<dyn Relay>,
        lever: Arc<dyn SuspendLever>,
        signals: Signals,
    ) -> Self {
        Self { config, gateway, relay, lever, signals, observers: Box::new(Vec::new) }
    }

    /// Reports everything to the observers that `make` returns. Called at the start, and again after a crash.
    #[must_use]
    pub fn observed(
        mut self,
        make: impl Fn() -> Vec<Box<dyn WatchObserver>> + Send + Sync + 'static,
    ) -> Self {
        self.observers = Box::new(make);
        self
    }

    /// Runs until [`Signals::shutdown`]. If the watcher panics, that is logged, and it starts again after a pause, during which
    /// the machine stays awake.
    pub async fn run(self) {
        let clock = self.signals.clock();
        let mut pause = RESTART_MS.0;
        loop {
            let began = clock.now().mono;
            if caught(self.once()).await.is_ok() {
                return;
            }
            if clock.now().mono.since(began) >= RESTART_MS.1 {
                pause = RESTART_MS.0;
            }
            tracing::error!(restart_in_ms = pause, "the watcher crashed; the machine stays awake");
            tokio::select! {
                biased;
                () = self.signals.shut_down() => return,
                () = tokio::time::sleep(clock.sleep_for(pause)) => {}
            }
            pause = (pause * 2).min(RESTART_MS.1);
        }
    }

    async fn once(&self) {
        let driver = Driver::start(
            &self.config,
            Arc::clone(&self.gateway),
            Arc::clone(&self.lever),
            self.signals.clone(),
            (self.observers)(),
        );
        let mut body = Body { watch: self, driver, held: false };
        let mut answer: Option<PendingAnswer<'_>> = None;
        loop {
            let event = self.next(body.driver.deadline(), &mut answer).await;
            let mut command = body.driver.handle(event);
            while let Some(told) = command.take() {
                let known = body.carry_out(told, &mut answer);
                command = known.and_then(|event| body.driver.handle(event));
            }
            if !matches!(
                body.driver.phase(),
                Phase::Quiescing { .. } | Phase::Closing | Phase::Suspending { .. }
            ) {
                answer = None;
            }
            if event == WatcherEvent::Shutdown {
                return;
            }
        }
    }

    /// The next event. Of several at the same instant, signals come first and the deadline last.
    async fn next(&self, deadline: Option<Mono>, answer: &mut Option<PendingAnswer<'_>>) -> WatcherEvent {
        let signals = &self.signals;
        if let Some(event) = signals.take_event() {
            return event;
        }
        let due = async {
            match deadline {
                Some(at) => {
                    let ms = at.since(signals.clock().now().mono);
                    tokio::time::sleep(signals.clock().sleep_for(ms)).await;
                }
                None => pending().await,
            }
        };
        let answered = async {
            match answer {
                Some(answer) => answer.await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = signals.something() => signals.take_event().unwrap_or(WatcherEvent::Inbound),
            event = answered => {
                *answer = None;
                event
            }
            () = due => WatcherEvent::Deadline,
        }
    }
}

/// The answer to a command that takes time.
type PendingAnswer<'a> = Pin<Box<dyn Future<Output = WatcherEvent> + Send + 'a>>;

/// A run of the loop. However it ends, the hold is released and the published status is right.
struct Body<'a> {
    watch: &'a Watch,
    driver: Driver,
    held: bool,
}

impl<'a> Body<'a> {
    /// Carries out a command. Returns an answer that is known at once; one that takes time is put into `answer`. A part that
    /// panics has answered no.
    fn carry_out(
        &mut self,
        command: Command,
        answer: &mut Option<PendingAnswer<'a>>,
    ) -> Option<WatcherEvent> {
        let Watch { relay, lever, config, .. } = self.watch;
        let _step = tracing::info_span!("watcher", command = ?command).entered();
        match command {
            Command::HoldRedial => {
                let max_ms = config.settings.hold_max_ms;
                self.held = catch_unwind(AssertUnwindSafe(|| relay.hold(max_ms))).unwrap_or(false);
                tracing::debug!(granted = self.held, "hold");
                return Some(WatcherEvent::Held(self.held));
            }
            Command::GoDormant => {
                let ack = async { relay.go_dormant().await };
                *answer =
                    Some(Box::pin(async move { WatcherEvent::Acked(caught(ack).await.unwrap_or(false)) }));
            }
            Command::CloseSocket => {
                *answer = Some(Box::pin(async {
                    relay.close().await;
                    WatcherEvent::Closed
                }));
            }
            Command::Suspend => {
                tracing::info!("pulling the lever");
                let call = async { lever.suspend().await };
                *answer = Some(Box::pin(async move {
                    let accepted = match caught(call).await {
                        Ok(Ok(())) => true,
                        Ok(Err(refused)) => {
                            tracing::warn!(%refused, "the suspend was refused");
                            false
                        }
                        Err(_) => {
                            tracing::error!("the lever panicked: that counts as a refusal");
                            false
                        }
                    };
                    WatcherEvent::Lever(accepted)
                }));
            }
            Command::Release => self.release(),
            Command::Renew => {
                self.held = false;
                if catch_unwind(AssertUnwindSafe(|| relay.renew())).is_err() {
                    tracing::error!("the relay panicked when it was told to say hello again");
                }
            }
            Command::Wake => {
                if let Some(url) = config.wake_url.as_deref() {
                    match catch_unwind(AssertUnwindSafe(|| lever.wake(url))) {
                        Ok(request) => drop(tokio::spawn(request)),
                        Err(_) => tracing::error!("the lever panicked when it was told to wake the machine"),
                    }
                }
            }
        }
        None
    }

    fn release(&mut self) {
        self.held = false;
        if catch_unwind(AssertUnwindSafe(|| self.watch.relay.release())).is_err() {
            tracing::error!("the relay panicked when its hold was released");
        }
    }
}

impl Drop for Body<'_> {
    fn drop(&mut self) {
        if self.held {
            self.release();
        }
        self.watch.signals.admit(true);
        // Even if the loop has not seen the shutdown yet.
        let shuts_down = self.watch.signals.is_shut_down();
        if self.driver.status() == Status::Draining && !shuts_down {
            let publish = || self.watch.gateway.publish(Status::Running);
            if catch_unwind(AssertUnwindSafe(publish)).is_err() {
                tracing::error!("the gateway panicked when its status was published");
            }
        }
    }
}
