//! The WebSocket session of a gateway, from its hello to its end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use dormouse_wire::{FromConnector, FromGateway, VERSION};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::Shared;
use crate::instance::Instance;
use crate::writer::Op;

/// The number of bodies in memory at once, per session.
const READ_AHEAD: usize = 8;

/// Why a session ends.
enum End {
    /// The peer closed the connection, or it broke.
    Gone,
    /// The peer sent nothing, or received nothing, for too long.
    Silent,
    /// A newer session replaced this one, or the connector is stopping.
    Stopped(&'static str),
    /// The peer violated the protocol, or the connector cannot serve it.
    Refused(String),
}

struct Session<'a> {
    shared: &'a Shared,
    instance: &'a Arc<Instance>,
    socket: WebSocket,
    keepalive: Duration,
    no: u64,
    /// `going_idle` frames that are not handled yet, and acks of such frames that are not sent yet.
    idle_asks: VecDeque<(Instant, u64)>,
    idle_acks: VecDeque<(Instant, u64, bool)>,
}

/// Serves a gateway that has shown the token of this instance.
pub(crate) async fn run(shared: &Shared, instance: &Arc<Instance>, socket: WebSocket) {
    let mut session = Session {
        shared,
        instance,
        socket,
        keepalive: Duration::from_millis(shared.config.keepalive_ms),
        no: 0,
        idle_asks: VecDeque::new(),
        idle_acks: VecDeque::new(),
    };
    let ended = shared.end.child_token();
    let end = match session.hello(&ended).await {
        Ok(()) => {
            let end = match session.serve(&ended).await {
                Ok(never) => match never {},
                Err(end) => end,
            };
            instance.detach(session.no, matches!(end, End::Silent));
            end
        }
        Err(end) => end,
    };
    let name = instance.name();
    let reason = match end {
        End::Gone => {
            tracing::info!(instance = name, "the gateway hung up");
            return;
        }
        End::Silent => {
            tracing::warn!(instance = name, "the gateway was silent for too long");
            return;
        }
        End::Stopped(reason) => reason.to_owned(),
        End::Refused(reason) => reason,
    };
    tracing::info!(instance = name, reason, "session ended");
    // The goodbye has a time limit, since the peer may not be reading.
    let goodbye = async {
        let _ = session.socket.send(Message::Text(FromConnector::Refused { reason }.to_text().into())).await;
        let _ = session.socket.send(Message::Close(None)).await;
    };
    let _ = timeout(Duration::from_secs(1).min(session.keepalive), goodbye).await;
}

/// For testbeds: waits as long as a dial takes on a real network.
async fn dial_time(shared: &Shared) {
    if shared.config.welcome_delay_ms > 0 {
        sleep(Duration::from_millis(shared.config.welcome_delay_ms)).await;
    }
}

impl Session<'_> {
    async fn hello(&mut self, ended: &CancellationToken) -> Result<(), End> {
        let first = async {
            loop {
                match self.socket.recv().await {
                    Some(Ok(Message::Text(text))) => return Ok(text),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return Err(End::Gone),
                }
            }
        };
        let text = tokio::select! {
            biased;
            () = ended.cancelled() => return Err(End::Stopped("the connector is stopping")),
            text = timeout(self.keepalive, first) => text.map_err(|_| End::Silent)??,
        };
        match FromGateway::from_text(&text) {
            Ok(FromGateway::Hello { version, instance }) => self.check_hello(version, &instance)?,
            Ok(_) => return Err(End::Refused("the first frame must be hello".into())),
            Err(error) => return Err(End::Refused(error.to_string())),
        }
        dial_time(self.shared).await;
        let (no, buffered) = self.instance.attach(ended.clone());
        self.no = no;
        tracing::info!(instance = self.instance.name(), buffered, "a gateway connected");
        let welcomed = self.send(&self.welcome(buffered)).await;
        if let Err(end) = &welcomed {
            self.instance.detach(no, matches!(end, End::Silent));
        }
        welcomed
    }

    fn welcome(&self, buffered: u64) -> FromConnector {
        FromConnector::Welcome { version: VERSION, buffered, store: self.shared.store.id().to_owned() }
    }

    fn check_hello(&self, version: u32, instance: &str) -> Result<(), End> {
        if version != VERSION {
            return Err(End::Refused(format!("protocol version {version}; this side speaks {VERSION}")));
        }
        if instance != self.instance.name() {
            return Err(End::Refused("the token belongs to another instance".into()));
        }
        Ok(())
    }

    async fn send(&mut self, frame: &FromConnector) -> Result<(), End> {
        self.send_message(Message::Text(frame.to_text().into())).await
    }

    async fn send_message(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.keepalive, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Silent),
        }
    }

    async fn serve(&mut self, ended: &CancellationToken) -> Result<std::convert::Infallible, End> {
        let ping_every = self.keepalive / 3;
        let mut heard = Instant::now();
        let mut ping_at = heard + ping_every;
        let instance = self.instance;
        loop {
            if ended.is_cancelled() {
                let stops = self.shared.end.is_cancelled();
                return Err(End::Stopped(if stops {
                    "the connector is stopping"
                } else {
                    "a newer connection took over"
                }));
            }
            // Do what is due before reading. Deliver only a few entries in each turn, so that acks are read in between.
            self.idle_steps().await?;
            let more = self.deliver().await?;
            let now = Instant::now();
            if now >= heard + self.keepalive {
                return Err(End::Silent);
            }
            if now >= ping_at {
                self.send_message(Message::Ping(Vec::new().into())).await?;
                ping_at = Instant::now() + ping_every;
            }
            let step_at = self.idle_asks.front().map(|(at, _)| *at);
            let ack_at = self.idle_acks.front().map(|(at, _, _)| *at);
            let mut wake = ping_at.min(heard + self.keepalive);
            for at in [step_at, ack_at].into_iter().flatten() {
                wake = wake.min(at);
            }
            tokio::select! {
                biased;
                () = ended.cancelled() => {}
                message = self.socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.frame(&text).await?,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Binary(_))) => {
                            return Err(End::Refused("a binary message is not a frame".into()));
                        }
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
                    }
                }
                () = std::future::ready(()), if more => {}
                () = instance.deliverable.notified() => {}
                () = sleep_until(wake) => {}
            }
        }
    }

    async fn frame(&mut self, text: &str) -> Result<(), End> {
        match FromGateway::from_text(text) {
            Ok(FromGateway::InboundAck { id }) => {
                if self.instance.acked(id) {
                    self.shared.ask(Op::Remove { instance: Arc::clone(self.instance), id });
                } else {
                    tracing::debug!(instance = self.instance.name(), id, "an ack for an unknown entry");
                }
                Ok(())
            }
            Ok(FromGateway::GoingIdle { seq }) => {
                self.idle_asks.push_back((Instant::now() + self.network_time(), seq));
                Ok(())
            }
            Ok(FromGateway::Hello { version, instance }) => {
                self.check_hello(version, &instance)?;
                dial_time(self.shared).await;
                match self.instance.hello_again(self.no) {
                    Some(buffered) => self.send(&self.welcome(buffered)).await,
                    // The session was replaced, which the loop detects.
                    None => Ok(()),
                }
            }
            Err(error) => Err(End::Refused(error.to_string())),
        }
    }

    fn network_time(&self) -> Duration {
        Duration::from_millis(self.shared.config.ack_delay_ms)
    }

    async fn idle_steps(&mut self) -> Result<(), End> {
        while let Some((_, seq)) = self.idle_asks.pop_front_if(|(at, _)| *at <= Instant::now()) {
            let ok = self.instance.flip(self.no);
            tracing::info!(instance = self.instance.name(), seq, ok, "going idle");
            self.idle_acks.push_back((Instant::now() + self.network_time(), seq, ok));
        }
        while let Some((_, seq, ok)) = self.idle_acks.pop_front_if(|(at, _, _)| *at <= Instant::now()) {
            self.send(&FromConnector::GoingIdleAck { seq, ok }).await?;
        }
        Ok(())
    }

    /// Sends some of the waiting entries. Returns whether there may be more.
    async fn deliver(&mut self) -> Result<bool, End> {
        let ids = self.instance.next_ids(self.no, READ_AHEAD);
        if ids.is_empty() {
            return Ok(false);
        }
        let store = Arc::clone(&self.shared.store);
        let name = self.instance.name().to_owned();
        let read = tokio::task::spawn_blocking(move || store.read(&name, &ids)).await;
        let Ok(Ok(entries)) = read else {
            tracing::error!(instance = self.instance.name(), "the store cannot be read");
            return Err(End::Refused("the connector's store cannot be read".into()));
        };
        for mut entry in entries {
            let id = entry.id;
            let Some(attempt) = self.instance.sending(self.no, id) else { continue };
            entry.attempt = attempt;
            self.send(&FromConnector::Inbound(entry)).await?;
            self.instance.sent(id);
        }
        Ok(true)
    }
}
