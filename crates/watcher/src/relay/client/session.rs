//! One connection, from the welcome to its end.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use dormouse_wire::{FromConnector, FromGateway, MAX_WINDOW};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::dial::{Socket, describe, refused};
use super::entries::{Unhandled, done};
use super::line::{Ask, Line};
use super::state::{FREEZE_MS, Supervisor};

/// How long the closing handshake may take.
const CLOSE_MS: u64 = 1000;

/// Why a connection ended.
pub(super) enum End {
    Stopped,
    Dormant,
    Renew,
    Lost(String),
    Unhandled,
}

impl Supervisor {
    /// Runs one connection, from the welcome to its end.
    pub(super) async fn talk(&mut self, mut socket: Socket) -> End {
        self.session += 1;
        let (asks, mut asked) = mpsc::channel(4);
        let line = Line {
            asks,
            close: CancellationToken::new(),
            renew: CancellationToken::new(),
            gone: CancellationToken::new(),
        };
        let shared = Arc::clone(&self.shared);
        let gone = line.gone.clone().drop_guard();
        *shared.line() = Some(line.clone());
        shared.signals.connected();
        let end = tokio::select! {
            biased;
            () = shared.stop.cancelled() => End::Stopped,
            () = line.close.cancelled() => End::Dormant,
            () = line.renew.cancelled() => End::Renew,
            end = self.exchange(&mut socket, &mut asked) => end,
        };
        *shared.line() = None;
        // Requests that are still waiting get no answer.
        drop(asked);
        if !matches!(end, End::Lost(_)) {
            // Entries that come in the meantime are not acked, so they come again.
            shared
                .within(CLOSE_MS, async {
                    if socket.close(None).await.is_ok() {
                        while let Some(Ok(frame)) = socket.next().await
                            && !frame.is_close()
                        {}
                    }
                })
                .await;
        }
        drop(socket);
        drop(gone);
        end
    }

    /// Everything on a connection that is up. Can be dropped at any point: the next frame completes one that was half written.
    async fn exchange(&mut self, socket: &mut Socket, asks: &mut mpsc::Receiver<Ask>) -> End {
        let shared = Arc::clone(&self.shared);
        let keepalive_ms = self.config.timings.keepalive_ms;
        let mut queue = VecDeque::new();
        let mut waiting: BTreeMap<u64, oneshot::Sender<bool>> = BTreeMap::new();
        let mut heard = shared.now().mono;
        let mut ping_at = heard.plus(keepalive_ms);
        // After another hello: the time by which the welcome must come.
        let mut welcome_by = None;
        loop {
            if self.in_flight.is_none()
                && let Some(entry) = queue.pop_front()
            {
                self.begin(entry);
            }
            // A connector that respects the window never fills the queue.
            let has_space = queue.len() < MAX_WINDOW;
            let frame = tokio::select! {
                biased;
                outcome = done(&mut self.in_flight) => match self.finish(outcome) {
                    Ok(ack) => ack.map(|id| Message::text(FromGateway::InboundAck { id }.to_text())),
                    Err(Unhandled) => return End::Unhandled,
                },
                Some(ask) = asks.recv() => match ask {
                    Ask::Dormant { seq, reply } => {
                        waiting.retain(|_, reply| !reply.is_closed());
                        (!reply.is_closed()).then(|| {
                            waiting.insert(seq, reply);
                            Message::text(FromGateway::GoingIdle { seq }.to_text())
                        })
                    }
                    Ask::Hello => {
                        welcome_by = Some(shared.now().mono.plus(self.config.timings.dial_timeout_ms));
                        Some(self.hello())
                    }
                },
                () = shared.sleep(welcome_by.unwrap_or(ping_at).min(ping_at).since(shared.now().mono)) => {
                    let now = shared.now().mono;
                    if welcome_by.is_some_and(|at| now >= at) {
                        return End::Renew;
                    }
                    if now < ping_at {
                        continue;
                    }
                    self.overslept |= now.since(ping_at) > FREEZE_MS;
                    if !has_space {
                        // Nothing was read, so the connector may well have sent something.
                        heard = now;
                    }
                    if now.since(heard) >= keepalive_ms.saturating_mul(2) {
                        return End::Lost(format!("nothing came for {} ms", now.since(heard)));
                    }
                    ping_at = now.plus(keepalive_ms);
                    Some(Message::Ping(Vec::new().into()))
                }
                read = socket.next(), if has_space => {
                    heard = shared.now().mono;
                    match read {
                        Some(Ok(Message::Text(text))) => match FromConnector::from_text(&text) {
                            Ok(FromConnector::Inbound(entry)) => queue.push_back(entry),
                            Ok(FromConnector::GoingIdleAck { seq, ok }) => {
                                let taken = waiting.remove(&seq).is_some_and(|reply| reply.send(ok).is_ok());
                                if ok && !taken {
                                    // It buffers, but the request was given up. Only a new hello ends that.
                                    return End::Renew;
                                }
                            }
                            Ok(FromConnector::Refused { reason }) => return End::Lost(refused(&reason)),
                            Ok(FromConnector::Welcome { .. }) if welcome_by.take().is_some() => {
                                shared.signals.connected();
                            }
                            Ok(FromConnector::Welcome { .. }) => {
                                return End::Lost("a second welcome".to_owned());
                            }
                            Err(e) => return End::Lost(e.to_string()),
                        },
                        // The socket answers pings by itself.
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_))) | None => return End::Lost("closed by the connector".to_owned()),
                        Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                            return End::Lost("a message that is not text".to_owned());
                        }
                        Some(Err(e)) => return End::Lost(describe(&e)),
                    }
                    None
                }
            };
            if let Some(frame) = frame {
                match shared.within(keepalive_ms, socket.send(frame)).await {
                    Some(Ok(())) => {}
                    Some(Err(e)) => return End::Lost(describe(&e)),
                    None => return End::Lost(format!("nothing could be sent for {keepalive_ms} ms")),
                }
            }
        }
    }
}
