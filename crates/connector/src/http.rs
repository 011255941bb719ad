//! The four paths.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use tokio::sync::oneshot;

use crate::instance::Instance;
use crate::store::Op;
use crate::{Shared, session};

const KIND: &str = "dormouse-kind";
/// Frames of gateways are short.
const MAX_FRAME: usize = 16 << 10;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route(dormouse_wire::RELAY_PATH, get(relay))
        .route("/v1/instances/{instance}/inbound", post(inbound))
        .route("/v1/instances/{instance}", get(status))
        .route("/healthz", get(healthz))
        .with_state(shared)
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

fn bearer(headers: &HeaderMap) -> &[u8] {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.as_bytes().split_at_checked(7))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "))
        .map_or(&[], |(_, token)| token)
}

async fn relay(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let shown = bearer(&headers);
    // All tokens are compared, whichever fits: the time says nothing.
    let mut found = u64::MAX;
    for (at, instance) in shared.instances.values().enumerate() {
        let same: Choice = instance.secrets.token.as_bytes().ct_eq(shown);
        found.conditional_assign(&(at as u64), same);
    }
    let at = usize::try_from(found).unwrap_or(usize::MAX);
    let Some(instance) = shared.instances.values().nth(at).map(Arc::clone) else {
        return refuse(StatusCode::UNAUTHORIZED, "unknown token");
    };
    match upgrade {
        Ok(upgrade) => {
            let track = shared.sessions.token();
            upgrade
                .max_message_size(MAX_FRAME)
                .max_frame_size(MAX_FRAME)
                // Held by every connection, also while it is idle.
                .read_buffer_size(2 << 10)
                .write_buffer_size(2 << 10)
                .on_upgrade(move |socket| async move {
                    session::run(&shared, &instance, socket).await;
                    drop(track);
                })
        }
        Err(rejection) => refuse(rejection.status(), "this path is a WebSocket"),
    }
}

/// The instance, if the sender's token is its own.
fn authorized<'a>(
    shared: &'a Shared,
    name: &str,
    headers: &HeaderMap,
) -> Result<&'a Arc<Instance>, Box<Response>> {
    let Some(instance) = shared.instances.get(name) else {
        return Err(Box::new(refuse(StatusCode::NOT_FOUND, "no such instance")));
    };
    if bool::from(instance.secrets.sender_token.as_bytes().ct_eq(bearer(headers))) {
        Ok(instance)
    } else {
        Err(Box::new(refuse(StatusCode::UNAUTHORIZED, "not this instance's sender token")))
    }
}

async fn inbound(State(shared): State<Arc<Shared>>, Path(name): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let instance = match authorized(&shared, &name, &parts.headers) {
        Ok(instance) => instance,
        Err(refusal) => return *refusal,
    };
    let kind = match parts.headers.get(KIND).map(|v| v.to_str()) {
        None => dormouse_wire::KIND_MESSAGE.to_owned(),
        Some(Ok(kind)) if (1..=64).contains(&kind.len()) => kind.to_owned(),
        Some(_) => return refuse(StatusCode::BAD_REQUEST, "Dormouse-Kind must be 1 to 64 ASCII characters"),
    };
    // The other error, a sender that hung up, reads no answer.
    let Ok(body) = to_bytes(body, shared.config.max_body_bytes).await else {
        let error = format!("the body is longer than {} bytes", shared.config.max_body_bytes);
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, &error);
    };
    let Ok(body) = String::from_utf8(body.into()) else {
        return refuse(StatusCode::BAD_REQUEST, "the body must be UTF-8");
    };
    if !instance.reserve() {
        tracing::warn!(instance = instance.name(), "the buffer is full");
        let error = format!("the buffer is full: {} entries wait", shared.config.max_entries);
        return refuse(StatusCode::INSUFFICIENT_STORAGE, &error);
    }
    let (reply, answer) = oneshot::channel();
    if !shared.ask(Op::Accept { instance: Arc::clone(instance), kind, body, reply }) {
        instance.not_accepted();
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "the connector stops");
    }
    match answer.await {
        Ok(Ok(id)) => (StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response(),
        Ok(Err(error)) => {
            refuse(StatusCode::SERVICE_UNAVAILABLE, &format!("not accepted: the store says: {error}"))
        }
        Err(_) => refuse(StatusCode::SERVICE_UNAVAILABLE, "the connector stops"),
    }
}

async fn status(State(shared): State<Arc<Shared>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    match authorized(&shared, &name, &headers) {
        Ok(instance) => Json(instance.status()).into_response(),
        Err(refusal) => *refusal,
    }
}

async fn healthz(State(shared): State<Arc<Shared>>) -> Response {
    if shared.store_failed.load(std::sync::atomic::Ordering::Relaxed) {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "the store refused the last commit");
    }
    Json(json!({ "ok": true })).into_response()
}
