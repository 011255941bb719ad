//! One dial: a token, TLS, the upgrade, hello, the welcome.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use dormouse_wire::{FromConnector, FromGateway, MAX_FRAME_BYTES, VERSION};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use tracing::debug;

use super::config::ClientError;
use super::supervisor::Supervisor;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// TLS as the system trusts, and these roots besides.
pub(super) fn tls(own: Vec<CertificateDer<'static>>) -> Result<rustls::ClientConfig, ClientError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    for root in own {
        roots.add(root).map_err(ClientError::Root)?;
    }
    if roots.is_empty() {
        return Err(ClientError::Roots { what: format!("{} errors while loading", found.errors.len()) });
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ClientError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// A connection that is up, and the name of the store behind it.
pub(super) struct Welcomed {
    pub(super) socket: Socket,
    pub(super) store: String,
}

/// Why a dial failed.
pub(super) enum Undialled {
    /// The connector does not take the token.
    Refused,
    Failed(String),
}

impl Supervisor {
    /// From the question for a token to the welcome.
    pub(super) async fn shake_hands(&self) -> Result<Welcomed, Undialled> {
        let failed = |why: &str| Undialled::Failed(why.to_owned());
        let token = AssertUnwindSafe(async { self.tokens.token().await })
            .catch_unwind()
            .await
            // Without the panic's text, which may quote the token.
            .map_err(|_| failed("the token source panicked"))?
            .ok_or_else(|| failed("there is no token now"))?;
        let mut header = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| failed("the token has characters that no header can carry"))?;
        header.set_sensitive(true);
        let mut request = self.config.url.as_str().into_client_request().map_err(undialled)?;
        request.headers_mut().insert(AUTHORIZATION, header);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        let connector = Some(self.connector.clone());
        let (mut socket, _) =
            connect_async_tls_with_config(request, Some(limits), true, connector).await.map_err(undialled)?;
        socket.send(self.hello()).await.map_err(undialled)?;
        loop {
            match socket.next().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(text))) => {
                    return match FromConnector::from_text(&text) {
                        Ok(FromConnector::Welcome { version: VERSION, buffered, store }) => {
                            debug!(instance = self.config.instance, buffered, "relay connected");
                            Ok(Welcomed { socket, store })
                        }
                        Ok(FromConnector::Welcome { version, .. }) => Err(Undialled::Failed(format!(
                            "the connector speaks protocol version {version}, this gateway {VERSION}"
                        ))),
                        Ok(FromConnector::Refused { reason }) => Err(Undialled::Failed(refused(&reason))),
                        Ok(_) => Err(failed("a frame before the welcome")),
                        Err(e) => Err(Undialled::Failed(e.to_string())),
                    };
                }
                Some(Ok(_)) | None => return Err(failed("closed before the welcome")),
                Some(Err(e)) => return Err(undialled(e)),
            }
        }
    }

    pub(super) fn hello(&self) -> Message {
        Message::text(
            FromGateway::Hello { version: VERSION, instance: self.config.instance.clone() }.to_text(),
        )
    }
}

fn undialled(e: WsError) -> Undialled {
    match e {
        WsError::Http(answer) if matches!(answer.status().as_u16(), 401 | 403) => Undialled::Refused,
        e => Undialled::Failed(describe(&e)),
    }
}

/// What went wrong, without a URL or anything that was sent.
pub(super) fn describe(e: &WsError) -> String {
    match e {
        WsError::Io(e) => e.to_string(),
        WsError::Tls(e) => e.to_string(),
        WsError::Http(answer) => format!("http status {} instead of a websocket", answer.status().as_u16()),
        WsError::Capacity(_) => format!("a message of more than {MAX_FRAME_BYTES} bytes"),
        WsError::ConnectionClosed | WsError::AlreadyClosed => "closed".to_owned(),
        WsError::Protocol(e) => e.to_string(),
        WsError::Utf8(_) => "a text that is not utf-8".to_owned(),
        _ => "a websocket cannot be had from this url".to_owned(),
    }
}

pub(super) fn refused(reason: &str) -> String {
    let short: String = reason.chars().filter(|c| !c.is_control()).take(200).collect();
    format!("refused by the connector: {short}")
}
