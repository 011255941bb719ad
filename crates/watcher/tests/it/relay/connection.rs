//! When a connection ends, and when it does not.

use std::time::Duration;

use dormouse_wire::{Entry, FromConnector};
use futures_util::SinkExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::common::SteppedTime;

use super::world::{LONG, QUICK, World, entry, ms_since, start};

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_nothing_comes_any_more_is_lost() {
    let world = World::new(QUICK.with_keepalive_ms(100)).await;
    // Nothing reads it, so nothing answers its pings.
    let _half_open = world.welcome().await;
    let heard = Instant::now();
    world.welcome().await;
    assert!((190..1000).contains(&ms_since(heard)), "{} ms", ms_since(heard));
}

#[tokio::test(start_paused = true)]
async fn pongs_keep_a_quiet_connection() {
    let world = World::new(QUICK.with_keepalive_ms(30)).await;
    let mut line = world.welcome().await;
    let end = timeout(Duration::from_millis(400), line.next()).await;
    assert!(end.is_err(), "{end:?}");
    assert!(world.client.is_connected());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_frame_or_too_long_ends_the_connection() {
    let mut world = World::new(QUICK).await;
    let long = Entry { body: "x".repeat(300 * 1024), ..entry(1, "message", 1) };
    for text in ["{}".to_owned(), FromConnector::Inbound(long).to_text()] {
        let mut line = world.welcome().await;
        // The client may be gone before all of it is written.
        let _ = line.ws.send(Message::text(text)).await;
        assert_eq!(line.next().await, None);
    }
    world.welcome().await;
    assert!(world.given.try_recv().is_err(), "too long, and handled");
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_does_not_speak_tls_is_dialled_again_over_wss() {
    let _time = SteppedTime::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}/v1/relay", listener.local_addr().unwrap());
    let client = match start(&url, None, QUICK) {
        Ok(client) => client,
        // A machine without any root: then that is what has to be said.
        Err(e) => return assert!(e.to_string().contains("SSL_CERT_FILE"), "{e}"),
    };
    for _ in 0..2 {
        let (mut tcp, _) = timeout(LONG, listener.accept()).await.expect("a dial").unwrap();
        let mut first = [0];
        timeout(LONG, tcp.read_exact(&mut first)).await.expect("a first byte").unwrap();
        assert_eq!(first, [22], "a TLS handshake");
        tcp.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").await.unwrap();
    }
    assert!(!client.is_connected());
    client.stop();
}

#[tokio::test(start_paused = true)]
async fn a_stopped_client_closes_and_does_not_dial_again() {
    let world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    world.client.stop();
    assert_eq!(line.next().await, None);
    world.no_dial_for(300).await;
}
