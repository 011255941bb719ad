//! Accepts connections: a limited number at once, and none that stays open without sending a request.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Config;

/// The pause after a failed accept, for example when there is no free file descriptor.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `end` is cancelled, and then until every request in progress is answered. A connection that becomes a WebSocket
/// has shown a token, and no longer counts toward the limit.
pub(crate) async fn serve(listener: TcpListener, app: Router, config: &Config, end: CancellationToken) {
    let permits = Arc::new(Semaphore::new(config.max_connections.into()));
    let head_timeout = Duration::from_millis(config.request_timeout_ms);
    let connections = TaskTracker::new();
    loop {
        if permits.available_permits() == 0 {
            tracing::warn!(
                max_connections = config.max_connections,
                "connections are waiting to be accepted"
            );
        }
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            biased;
            () = end.cancelled() => break,
            next = next => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                sleep(PAUSE).await;
                continue;
            }
        };
        let (app, end) = (app.clone(), end.clone());
        connections.spawn(async move {
            converse(stream, app, head_timeout, &end).await;
            drop(permit);
        });
    }
    connections.close();
    connections.wait().await;
}

/// Serves one connection, until it ends or is upgraded.
async fn converse(stream: TcpStream, app: Router, head_timeout: Duration, end: &CancellationToken) {
    // Frames are small and the peer waits for each, so they must not be held back to be sent together.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "frames may be delayed");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        biased;
        served = connection.as_mut() => served,
        () = end.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended");
    }
}
