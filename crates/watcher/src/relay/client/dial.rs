//! One dial: the token, TLS, the upgrade, the hello, the welcome.

use std::sync::Arc;

use dormouse_wire::{FromConnector, FromGateway, MAX_FRAME_BYTES, VERSION};
use futures_util::{SinkExt as _, StreamExt as _};
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
use super::state::Supervisor;
use crate::caught::caught;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// TLS that trusts the system's roots and these.
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

/// A connection that is up, and the name of the connector's store.
pub(super) struct Welcomed {
    pub(super) socket: Socket,
    pub(super) store: String,
}

/// Why a dial failed.
pub(super) enum DialError {
    /// The connector refused the token.
    Refused,
    Failed(String),
}

impl Supervisor {
    /// From the request for a token to the welcome.
    pub(super) async fn shake_hands(&self) -> Result<Welcomed, DialError> {
        let failed = |why: &str| DialError::Failed(why.to_owned());
        let token = caught(async { self.tokens.token().await })
            .await
            // Without the panic's message, which may contain the token.
            .map_err(|_| failed("the token source panicked"))?
            .ok_or_else(|| failed("there is no token now"))?;
        let mut header = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| failed("the token contains characters that a header cannot carry"))?;
        header.set_sensitive(true);
        let mut request = self.config.url.as_str().into_client_request().map_err(dial_error)?;
        request.headers_mut().insert(AUTHORIZATION, header);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        let connector = Some(self.connector.clone());
        let (mut socket, _) = connect_async_tls_with_config(request, Some(limits), true, connector)
            .await
            .map_err(dial_error)?;
        socket.send(self.hello()).await.map_err(dial_error)?;
        loop {
            match socket.next().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(text))) => {
                    return match FromConnector::from_text(&text) {
                        Ok(FromConnector::Welcome { version: VERSION, buffered, store }) => {
                            debug!(instance = self.config.instance, buffered, "relay connected");
                            Ok(Welcomed { socket, store })
                        }
                        Ok(FromConnector::Welcome { version, .. }) => Err(DialError::Failed(format!(
                            "the connector speaks protocol version {version}, this gateway {VERSION}"
                        ))),
                        Ok(FromConnector::Refused { reason }) => Err(DialError::Failed(refused(&reason))),
                        Ok(_) => Err(failed("a frame before the welcome")),
                        Err(e) => Err(DialError::Failed(e.to_string())),
                    };
                }
                Some(Ok(_)) | None => return Err(failed("closed before the welcome")),
                Some(Err(e)) => return Err(dial_error(e)),
            }
        }
    }

    pub(super) fn hello(&self) -> Message {
        Message::text(
            FromGateway::Hello { version: VERSION, instance: self.config.instance.clone() }.to_text(),
        )
    }
}

fn dial_error(e: WsError) -> DialError {
    match e {
        WsError::Http(answer) if matches!(answer.status().as_u16(), 401 | 403) => DialError::Refused,
        e => DialError::Failed(describe(&e)),
    }
}

/// What went wrong, without a URL and without anything that was sent.
pub(super) fn describe(e: &WsError) -> String {
    match e {
        WsError::Io(e) => e.to_string(),
        WsError::Tls(e) => e.to_string(),
        WsError::Http(answer) => format!("http status {} instead of a websocket", answer.status().as_u16()),
        WsError::Capacity(_) => format!("a message of more than {MAX_FRAME_BYTES} bytes"),
        WsError::ConnectionClosed | WsError::AlreadyClosed => "closed".to_owned(),
        WsError::Protocol(e) => e.to_string(),
        WsError::Utf8(_) => "a text message that is not utf-8".to_owned(),
        _ => "this url does not give a websocket".to_owned(),
    }
}

pub(super) fn refused(reason: &str) -> String {
    let short: String = reason.chars().filter(|c| !c.is_control()).take(200).collect();
    format!("refused by the connector: {short}")
}
