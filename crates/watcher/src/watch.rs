//! The loop: waits for whatever comes first, and carries out what core commands.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use dormouse_core::{Command, Mono, Phase, Status};
use futures_util::FutureExt;

use crate::driver::{Driver, Event, Setup};
use crate::gateway::Gateway;
use crate::lever::Pull;
use crate::observer::Observer;
use crate::relay::Relay;
use crate::signals::Signals;

/// The first wait after a crash, and the longest; each crash doubles it, until a run is healthy for as long as the longest.
const RESTART_MS: (u64, u64) = (1000, 60_000);

/// Makes the observers of a run; called anew after a crash.
type Observers = Box<dyn Fn() -> Vec<Box<dyn Observer>> + Send + Sync>;

/// A watcher with everything it needs.
///
/// Dropping the future of [`run`](Self::run) at any point releases the hold and publishes `running`, unless the process is
/// [shutting down](Signals::shutdown). A lever call that is under way is dropped too; if the platform accepted it already,
/// the freeze still lands.
pub struct Watch {
    setup: Setup,
    gateway: Arc<dyn Gateway>,
    relay: Arc<dyn Relay>,
    lever: Arc<dyn Pull>,
    signals: Signals,
    observers: Observers,
}

impl Watch {
    /// A watcher that has not started.
    #[must_use]
    pub fn new(
        setup: Setup,
        gateway: Arc<dyn Gateway>,
        relay: Arc<dyn Relay>,
        lever: Arc<dyn Pull>,
        signals: Signals,
    ) -> Self {
        Self { setup, gateway, relay, lever, signals, observers: Box::new(Vec::new) }
    }

    /// Shows everything to the observers that `make` makes, once a start.
    #[must_use]
    pub fn observed(mut self, make: impl Fn() -> Vec<Box<dyn Observer>> + Send + Sync + 'static) -> Self {
        self.observers = Box::new(make);
        self
    }

    /// Runs until [`Signals::shutdown`]. A crash inside is logged, and the watcher starts anew after a pause; meanwhile the
    /// machine stays awake.
    pub async fn run(self) {
        let clock = self.signals.clock();
        let mut pause = RESTART_MS.0;
        loop {
            let began = clock.now().mono;
            if AssertUnwindSafe(self.once()).catch_unwind().await.is_ok() {
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
            &self.setup,
            Arc::clone(&self.gateway),
            Arc::clone(&self.lever),
            self.signals.clone(),
            (self.observers)(),
        );
        let mut body = Body { watch: self, driver, held: false };
        let mut answer: Option<Answer<'_>> = None;
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
            if event == Event::Shutdown {
                return;
            }
        }
    }

    /// Whatever comes first. Arrivals win over everything at the same instant, the deadline comes last.
    async fn next(&self, deadline: Option<Mono>, answer: &mut Option<Answer<'_>>) -> Event {
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
            () = signals.something() => signals.take_event().unwrap_or(Event::Inbound),
            event = answered => {
                *answer = None;
                event
            }
            () = due => Event::Deadline,
        }
    }
}

/// What a command's answer will be, later.
type Answer<'a> = Pin<Box<dyn Future<Output = Event> + Send + 'a>>;

/// A run of the loop. However it ends, the hold is released and the status is true.
struct Body<'a> {
    watch: &'a Watch,
    driver: Driver,
    held: bool,
}

impl<'a> Body<'a> {
    /// Carries out a command; what is known at once comes back, what takes time becomes `answer`. A part that panics has
    /// answered no.
    fn carry_out(&mut self, command: Command, answer: &mut Option<Answer<'a>>) -> Option<Event> {
        let Watch { relay, lever, setup, .. } = self.watch;
        let _step = tracing::info_span!("watcher", command = ?command).entered();
        match command {
            Command::HoldRedial => {
                let max_ms = setup.settings.hold_max_ms;
                self.held = catch_unwind(AssertUnwindSafe(|| relay.hold(max_ms))).unwrap_or(false);
                tracing::debug!(granted = self.held, "hold");
                return Some(Event::Held(self.held));
            }
            Command::GoDormant => {
                let ack = async { relay.go_dormant().await };
                *answer = Some(Box::pin(async move {
                    Event::Acked(AssertUnwindSafe(ack).catch_unwind().await.unwrap_or(false))
                }));
            }
            Command::CloseSocket => {
                *answer = Some(Box::pin(async {
                    relay.close().await;
                    Event::Closed
                }));
            }
            Command::Suspend => {
                let call = async { lever.suspend().await };
                *answer = Some(Box::pin(async move {
                    let accepted = match AssertUnwindSafe(call).catch_unwind().await {
                        Ok(Ok(())) => true,
                        Ok(Err(refused)) => {
                            tracing::warn!(%refused, "the suspend was refused");
                            false
                        }
                        Err(_) => {
                            tracing::error!("the lever panicked: it counts as refused");
                            false
                        }
                    };
                    Event::Lever(accepted)
                }));
            }
            Command::Release => self.release(),
            Command::Renew => {
                self.held = false;
                if catch_unwind(AssertUnwindSafe(|| relay.renew())).is_err() {
                    tracing::error!("the relay panicked while it was to say hello again");
                }
            }
            Command::Wake => {
                if let Some(url) = setup.wake_url.as_deref() {
                    match catch_unwind(AssertUnwindSafe(|| lever.wake(url))) {
                        Ok(request) => drop(tokio::spawn(request)),
                        Err(_) => tracing::error!("the lever panicked while the machine was to be woken"),
                    }
                }
            }
        }
        None
    }

    fn release(&mut self) {
        self.held = false;
        if catch_unwind(AssertUnwindSafe(|| self.watch.relay.release())).is_err() {
            tracing::error!("the relay panicked while its hold was released");
        }
    }
}

impl Drop for Body<'_> {
    fn drop(&mut self) {
        if self.held {
            self.release();
        }
        self.watch.signals.admit(true);
        // Also if the loop was not told of the shutdown any more.
        let ends = self.watch.signals.is_shut_down();
        if self.driver.status() == Status::Draining && !ends {
            let publish = || self.watch.gateway.publish(Status::Running);
            if catch_unwind(AssertUnwindSafe(publish)).is_err() {
                tracing::error!("the gateway panicked while its status was published");
            }
        }
    }
}
