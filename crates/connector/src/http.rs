//! The HTTP routes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use dormouse_wire::{Entry, KIND_MESSAGE, MAX_FRAME_BYTES};
use serde_json::json;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::buffer::Full;
use crate::instance::Instance;
use crate::writer::Op;
use crate::{Shared, session};

const KIND: &str = "dormouse-kind";
/// The greatest length of a frame from a gateway, in bytes. These frames are short.
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
    // All tokens are compared, even after a match, so that the time reveals nothing.
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
                // Every connection holds these buffers, even while it is idle.
                .read_buffer_size(2 << 10)
                .write_buffer_size(2 << 10)
                .on_upgrade(move |socket| async move {
                    session::run(&shared, &instance, socket).await;
                    drop(track);
                })
        }
        Err(rejection) => refuse(rejection.status(), "this path is for WebSockets only"),
    }
}

/// Returns the instance if the request shows its sender token. An unknown instance is refused in the same way, so that callers
/// without a token cannot find out which names exist.
fn authorized<'a>(
    shared: &'a Shared,
    name: &str,
    headers: &HeaderMap,
) -> Result<&'a Arc<Instance>, Box<Response>> {
    shared
        .instances
        .get(name)
        .filter(|i| bool::from(i.secrets.sender_token.as_bytes().ct_eq(bearer(headers))))
        .ok_or_else(|| Box::new(refuse(StatusCode::UNAUTHORIZED, "unknown instance, or wrong sender token")))
}

async fn inbound(State(shared): State<Arc<Shared>>, Path(name): Path<String>, request: Request) -> Response {
    accept(&shared, &name, request).await.unwrap_or_else(|refusal| *refusal)
}

async fn accept(shared: &Shared, name: &str, request: Request) -> Result<Response, Box<Response>> {
    let no = |status, error: &str| Box::new(refuse(status, error));
    let (parts, body) = request.into_parts();
    let instance = authorized(shared, name, &parts.headers)?;
    let kind = match parts.headers.get(KIND).map(|v| v.to_str()) {
        None => KIND_MESSAGE.to_owned(),
        Some(Ok(kind)) if (1..=64).contains(&kind.len()) => kind.to_owned(),
        Some(_) => return Err(no(StatusCode::BAD_REQUEST, "Dormouse-Kind must be 1 to 64 ASCII characters")),
    };
    // The permits are held until the answer.
    let (most, said) = (shared.config.max_body_bytes, content_length(&parts.headers));
    let bytes = u32::try_from(said.unwrap_or(most).min(most)).unwrap_or(u32::MAX);
    let Ok(_held) = shared.bodies.try_acquire_many(bytes) else {
        tracing::warn!(
            instance = instance.name(),
            "too many bodies are in memory at once: a sender is refused"
        );
        let error = format!(
            "more than {} bytes of bodies would be in memory: try again",
            shared.config.max_held_bytes
        );
        return Err(no(StatusCode::SERVICE_UNAVAILABLE, &error));
    };
    let within = Duration::from_millis(shared.config.request_timeout_ms);
    let Ok(body) = timeout(within, to_bytes(body, most)).await else {
        let error = format!("the body did not come within {} ms", within.as_millis());
        return Err(no(StatusCode::REQUEST_TIMEOUT, &error));
    };
    // The only other error is a sender that hung up. It reads no answer.
    let Ok(body) = body else {
        return Err(no(StatusCode::PAYLOAD_TOO_LARGE, &format!("the body is longer than {most} bytes")));
    };
    let Ok(body) = String::from_utf8(body.into()) else {
        return Err(no(StatusCode::BAD_REQUEST, "the body must be UTF-8"));
    };
    let frame = Entry::frame_bytes(&kind, &body);
    if frame > MAX_FRAME_BYTES {
        let error = format!(
            "the body has {} bytes, and {frame} in a frame, where control characters are escaped; a frame has at most {MAX_FRAME_BYTES}",
            body.len()
        );
        return Err(no(StatusCode::PAYLOAD_TOO_LARGE, &error));
    }
    let reservation = instance.reserve(body.len() as u64).map_err(|full| {
        tracing::warn!(instance = instance.name(), ?full, "the buffer is full");
        let error = match full {
            Full::Entries => format!("the buffer is full: {} entries wait", shared.config.max_entries),
            Full::Bytes => {
                format!(
                    "the buffer is full: the body does not fit into the rest of {} bytes",
                    shared.config.max_bytes
                )
            }
        };
        no(StatusCode::INSUFFICIENT_STORAGE, &error)
    })?;
    let (reply, answer) = oneshot::channel();
    if !shared.ask(Op::Accept { reservation, kind, body, reply }) {
        return Err(no(StatusCode::SERVICE_UNAVAILABLE, "the connector is stopping"));
    }
    match answer.await {
        Ok(Ok(id)) => Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response()),
        Ok(Err(error)) => {
            Err(no(StatusCode::SERVICE_UNAVAILABLE, &format!("not accepted: the store says: {error}")))
        }
        Err(_) => Err(no(
            StatusCode::SERVICE_UNAVAILABLE,
            "not accepted: the connector is stopping, or its writer failed",
        )),
    }
}

/// The length of the body according to its header. A longer body is cut off there.
fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn status(State(shared): State<Arc<Shared>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    match authorized(&shared, &name, &headers) {
        Ok(instance) => Json(instance.status()).into_response(),
        Err(refusal) => *refusal,
    }
}

async fn healthz(State(shared): State<Arc<Shared>>) -> Response {
    if shared.writer_gone() {
        return refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store's writer has ended: restart the connector",
        );
    }
    if shared.store_failed.load(Ordering::Relaxed) {
        return refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store refused the last commit; it is reopened until a commit succeeds",
        );
    }
    Json(json!({ "ok": true })).into_response()
}
