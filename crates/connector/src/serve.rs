//! Takes connections: so many at once, and none that keeps its place without asking anything.

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

/// After an accept that failed, as without a free file descriptor.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `end`, and then until every request that was begun is answered. A connection that becomes a WebSocket gives its
/// place back: it has shown a token.
pub(crate) async fn serve(listener: TcpListener, app: Router, config: &Config, end: CancellationToken) {
    let places = Arc::new(Semaphore::new(config.max_connections.into()));
    let head_timeout = Duration::from_millis(config.request_timeout_ms);
    let connections = TaskTracker::new();
    loop {
        if places.available_permits() == 0 {
            tracing::warn!(max_connections = config.max_connections, "connections wait to be taken");
        }
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = end.cancelled() => break,
            next = next => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be taken");
                sleep(PAUSE).await;
                continue;
            }
        };
        let (app, end) = (app.clone(), end.clone());
        connections.spawn(async move {
            converse(stream, app, head_timeout, &end).await;
            drop(place);
        });
    }
    connections.close();
    connections.wait().await;
}

/// One connection, to its end or to its upgrade.
async fn converse(stream: TcpStream, app: Router, head_timeout: Duration, end: &CancellationToken) {
    // Frames are small and somebody waits for each: none is held back for the next.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "frames may be held back");
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
