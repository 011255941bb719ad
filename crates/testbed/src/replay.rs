//! Sends a trace through real sockets.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use dormouse_trace::{Event, Instance, Kind};
use tokio::task::JoinSet;

use crate::clock::{CompressedClock, real};
use crate::measure::Log;
use crate::platform::Platform;

/// A client for plain HTTP on loopback.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client with a timeout of one minute.
    ///
    /// # Errors
    /// When it cannot be built.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let builder = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60));
        // An idle connection may be dead without notice while its peer is frozen.
        let client = builder.pool_max_idle_per_host(0).build().context("the HTTP client")?;
        Ok(Self { client })
    }

    /// The status of a GET; `None` if there was no answer.
    pub(crate) async fn get(&self, url: &str) -> Option<u16> {
        Some(self.client.get(url).send().await.ok()?.status().as_u16())
    }

    /// Posts a message; returns whether it was accepted.
    async fn post(&self, url: &str, token: &str, body: String) -> bool {
        let sent = self.client.post(url).bearer_auth(token).body(body).send().await;
        sent.is_ok_and(|answer| answer.status() == reqwest::StatusCode::ACCEPTED)
    }
}

/// The addresses to send to.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) http: Http,
    /// Where messages are posted.
    pub(crate) inbound: String,
    pub(crate) sender_token: String,
    /// The address of the platform's proxy.
    pub(crate) front: String,
    pub(crate) client_reconnect_ms: u64,
}

/// Sends every external event of the trace before `end_ms`, at its time. Returns when all are sent and answered.
pub(crate) async fn replay(
    instance: &Instance,
    end_ms: u64,
    clock: CompressedClock,
    doors: Doors,
    platform: Arc<Platform>,
    log: Log,
) {
    let mut under_way = JoinSet::new();
    for event in instance.events.iter().filter(|event| event.at_ms <= end_ms) {
        if matches!(event.kind, Kind::Background | Kind::Internal) {
            continue;
        }
        tokio::time::sleep_until(clock.instant(event.at_ms)).await;
        if event.kind == Kind::Client {
            under_way.spawn(stay(event, clock, doors.clone(), Arc::clone(&platform), log.clone()));
        } else {
            under_way.spawn(send(event, doors.clone(), log.clone()));
        }
    }
    while under_way.join_next().await.is_some() {}
}

async fn send(event: Event, doors: Doors, log: Log) {
    let work = event.work_ms;
    // A probe does not wait for an answer.
    if event.kind != Kind::Probe {
        log.sent();
    }
    let path = match event.kind {
        Kind::Inbound => {
            // A refused message remains expected, and so counts as lost.
            doors.http.post(&doors.inbound, &doors.sender_token, work.to_string()).await;
            return;
        }
        Kind::Cron => "cron",
        Kind::Api => "api",
        _ => "probe",
    };
    let answer = doors.http.get(&format!("{}/{path}/{work}", doors.front)).await;
    if answer == Some(200) && event.kind != Kind::Probe {
        log.handled();
    }
}

/// Attaches a client, which reconnects after each freeze until its time is over.
async fn stay(event: Event, clock: CompressedClock, doors: Doors, platform: Arc<Platform>, log: Log) {
    let mut freezes = platform.freezes();
    let url = format!("{}/client/{}", doors.front, event.end_ms());
    log.sent();
    if doors.http.get(&url).await == Some(200) {
        log.handled();
    }
    // The freeze that the client's own request ended was before it was attached.
    freezes.mark_unchanged();
    loop {
        tokio::select! {
            biased;
            frozen = freezes.changed() => if frozen.is_err() { return },
            () = tokio::time::sleep_until(clock.instant(event.end_ms())) => return,
        }
        tokio::time::sleep(real(doors.client_reconnect_ms, clock.speed())).await;
        if clock.now_ms() >= event.end_ms() {
            return;
        }
        // One attempt is enough: the next freeze or the end of its time follows.
        let _ = doors.http.get(&url).await;
    }
}
