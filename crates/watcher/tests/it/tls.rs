//! The broker and the connector over real TLS, with certificates made here.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dormouse_watcher::lever::Brokered;
use dormouse_watcher::relay::{Client, ClientConfig, ClientError, FixedToken, Handler, Timings};
use dormouse_watcher::{Signals, SuspendLever, SystemClock};
use dormouse_wire::{Entry, FromConnector, FromGateway, VERSION};
use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::Message;

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// The credential in the broker's URL, and in its answers.
const SECRET: &str = "hunter2";

/// A listener with a certificate of its own.
struct Server {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    certificate: CertificateDer<'static>,
}

impl Server {
    /// Its certificate is for this name.
    async fn of(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)), certificate }
    }

    fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// The next connection; `None` if the other side does not go through with the handshake.
    async fn accept(&self) -> Option<TlsStream<TcpStream>> {
        let (tcp, _) = self.listener.accept().await.unwrap();
        self.acceptor.accept(tcp).await.ok()
    }
}

/// A broker that gives every request this answer, and what it was asked.
async fn broker(server: Server, answer: String) -> Arc<Mutex<Vec<String>>> {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let Some(mut stream) = server.accept().await else { continue };
            let mut request = [0; 2048];
            let n = stream.read(&mut request).await.unwrap();
            heard.lock().unwrap().push(String::from_utf8_lossy(&request[..n]).into_owned());
            stream.write_all(answer.as_bytes()).await.unwrap();
            // The other side may have closed first.
            let _ = stream.shutdown().await;
        }
    });
    asked
}

/// The lever for a broker at this port that shows this certificate.
fn lever(port: u16, trusted: &CertificateDer<'_>) -> Brokered {
    let url = format!("https://localhost:{port}/sleep?sig={SECRET}");
    Brokered::trusting(&url, None, Some(reqwest::Certificate::from_der(trusted).unwrap())).unwrap()
}

#[tokio::test]
async fn a_broker_is_posted_to_and_2xx_is_yes() {
    for status in ["200 OK", "202 Accepted", "204 No Content"] {
        let server = Server::of("localhost").await;
        let lever = lever(server.port(), &server.certificate);
        let asked = broker(server, format!("HTTP/1.1 {status}\r\n\r\n")).await;
        assert_eq!(lever.suspend().await, Ok(()), "{status}");
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 1, "{status}");
        assert!(asked[0].starts_with(&format!("POST /sleep?sig={SECRET} HTTP/1.1\r\n")), "{}", asked[0]);
    }
}

#[tokio::test]
async fn every_other_status_is_a_refusal_that_quotes_nothing_and_follows_nothing() {
    for status in [
        "301 Moved Permanently",
        "307 Temporary Redirect",
        "403 Forbidden",
        "404 Not Found",
        "503 Service Unavailable",
    ] {
        let server = Server::of("localhost").await;
        let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let lever = lever(server.port(), &server.certificate);
        let location = format!("https://{}/sleep?sig={SECRET}", elsewhere.local_addr().unwrap());
        let asked =
            broker(server, format!("HTTP/1.1 {status}\r\nlocation: {location}\r\n\r\n{SECRET}")).await;
        let refused = lever.suspend().await.unwrap_err().to_string();
        assert_eq!(refused, format!("the broker answered {status}"));
        assert_eq!(asked.lock().unwrap().len(), 1, "{status}");
        let followed = timeout(Duration::from_millis(50), elsewhere.accept()).await;
        assert!(followed.is_err(), "{status} was followed");
    }
}

#[tokio::test]
async fn a_broker_whose_certificate_is_not_trusted_or_anothers_is_not_told_the_credential() {
    // Trusted, but another's; and the right name, but not trusted.
    for (name, trusted) in [("another.example", true), ("localhost", false)] {
        let server = Server::of(name).await;
        let other = Server::of(name).await;
        let lever = lever(server.port(), if trusted { &server.certificate } else { &other.certificate });
        let asked = broker(server, "HTTP/1.1 200 OK\r\n\r\n".to_owned()).await;
        let refused = lever.suspend().await.unwrap_err().to_string();
        assert_eq!(refused, "the broker cannot be reached", "{name}");
        assert_eq!(asked.lock().unwrap().len(), 0, "{name}");
    }
}

/// Counts what it is given.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Handler for Counting {
    fn handle(&self, _: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

fn relay(port: u16, roots: Vec<CertificateDer<'static>>) -> Result<(Client, Arc<Counting>), ClientError> {
    let timings = Timings::default().with_backoff_min_ms(20).with_backoff_max_ms(40);
    let url = format!("wss://localhost:{port}/v1/relay").parse().unwrap();
    let config = ClientConfig::new(url, "me").with_timings(timings);
    let handler = Arc::new(Counting::default());
    let signals = Signals::new(Arc::new(SystemClock::new()));
    let token = Arc::new(FixedToken(SECRET.to_owned()));
    Client::trusting(config, roots, token, Arc::clone(&handler) as _, signals).map(|client| (client, handler))
}

#[tokio::test]
async fn over_tls_a_relay_is_welcomed_and_an_entry_handled_and_acked() {
    let server = Server::of("localhost").await;
    let (client, handler) = relay(server.port(), vec![server.certificate.clone()]).unwrap();
    let talk = async {
        let stream = server.accept().await.expect("a handshake");
        let mut line = tokio_tungstenite::accept_async(stream).await.unwrap();
        let hello = line.next().await.unwrap().unwrap().into_text().unwrap();
        let expected = FromGateway::Hello { version: VERSION, instance: "me".into() };
        assert_eq!(FromGateway::from_text(&hello), Ok(expected));
        let entry = Entry { id: 1, at_ms: 5, kind: "message".into(), attempt: 1, body: String::new() };
        for frame in [
            FromConnector::Welcome { version: VERSION, buffered: 1, store: "s".into() },
            FromConnector::Inbound(entry),
        ] {
            line.send(Message::text(frame.to_text())).await.unwrap();
        }
        let ack = line.next().await.unwrap().unwrap().into_text().unwrap();
        assert_eq!(FromGateway::from_text(&ack), Ok(FromGateway::InboundAck { id: 1 }));
        assert!(client.is_connected());
        assert_eq!(handler.0.load(Ordering::SeqCst), 1);
    };
    timeout(LONG, talk).await.expect("a connection over TLS");
    client.stop();
}

#[tokio::test]
async fn a_connector_whose_certificate_is_wrong_is_dialled_again_and_never_told_the_token() {
    for (name, trusted) in [("another.example", true), ("localhost", false)] {
        let server = Server::of(name).await;
        let roots = if trusted { server.certificate.clone() } else { Server::of(name).await.certificate };
        let (client, _) = relay(server.port(), vec![roots]).unwrap();
        for dial in 0..3 {
            let stream = timeout(LONG, server.accept()).await.expect("a dial");
            // Under TLS 1.3 the server may be done with the handshake before it is told that its certificate is not taken.
            if let Some(mut stream) = stream {
                let mut heard = Vec::new();
                let _ = timeout(LONG, stream.read_to_end(&mut heard)).await.expect("an end");
                assert!(heard.is_empty(), "{name}, dial {dial}");
            }
            assert!(!client.is_connected(), "{name}, dial {dial}");
        }
        client.stop();
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_root_that_is_no_certificate_is_said_at_the_start() {
    let error = relay(1, vec![CertificateDer::from(vec![1, 2, 3])]).map(|_| ()).unwrap_err().to_string();
    assert!(error.starts_with("a root certificate for wss:// cannot be used: "), "{error}");
}
