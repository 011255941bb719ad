//! Tests of senders, limits and the age of entries.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::StatusCode;
use dormouse_connector::{Config, Connector, ConnectorEvent};
use dormouse_wire::{Entry, MAX_FRAME_BYTES};
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::world::{Clock, Gateway, PATIENCE, World, ask, config, send, status};

#[tokio::test]
async fn senders_are_refused_with_a_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path(), &["a"]);
    config.max_body_bytes = 10;
    let world = World::start(config).await;
    let (a, none) = ("/v1/instances/a/inbound", "/v1/instances/none/inbound");
    for (path, token, body, wanted) in [
        (a, "wrong", &b"x"[..], StatusCode::UNAUTHORIZED),
        (a, "token-a", b"x", StatusCode::UNAUTHORIZED),
        (none, "sender-a", b"x", StatusCode::UNAUTHORIZED),
        (a, "sender-a", b"12345678901", StatusCode::PAYLOAD_TOO_LARGE),
        (a, "sender-a", b"\xff", StatusCode::BAD_REQUEST),
    ] {
        let (status, json) = ask(Method::POST, world.addr(), path, token, body).await;
        assert_eq!(status, wanted, "{json}");
        assert!(json["error"].as_str().is_some_and(|e| !e.is_empty() && !e.contains("sender-a")), "{json}");
    }
    let refusal = |path| ask(Method::POST, world.addr(), path, "wrong", "x");
    assert_eq!(refusal(a).await, refusal(none).await, "names cannot be found out without a token");
    assert_eq!(status(world.addr(), "a").await["next_id"], 1);
    assert_eq!(
        ask(Method::GET, world.addr(), "/v1/instances/a", "wrong", "").await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(ask(Method::GET, world.addr(), "/healthz", "", "").await.0, StatusCode::OK);
    world.connector.stop().await;
}

#[tokio::test]
async fn a_full_buffer_refuses_with_a_reason_and_counts() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path(), &["a"]);
    config.max_entries = 2;
    let mut world = World::start(config).await;
    send(world.addr(), "a", "x").await;
    send(world.addr(), "a", "x").await;
    let (code, json) = ask(Method::POST, world.addr(), "/v1/instances/a/inbound", "sender-a", "x").await;
    assert_eq!(code, StatusCode::INSUFFICIENT_STORAGE);
    assert!(json["error"].as_str().expect("a reason").contains("full"));
    assert_eq!(status(world.addr(), "a").await["refused_full"], 1);
    // An ack frees space.
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    gateway.entry().await;
    gateway.ack(1).await;
    world.see(|s| matches!(s, ConnectorEvent::Acked { .. })).await;
    assert_eq!(send(world.addr(), "a", "x").await, 3);
    world.connector.stop().await;
}

#[tokio::test]
async fn a_body_that_fits_no_frame_is_refused_and_one_that_just_fits_is_delivered() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::start(config(dir.path(), &["a"])).await;
    let path = "/v1/instances/a/inbound";
    // The body is within max_body_bytes, but six times as long in a frame.
    let (code, json) = ask(Method::POST, world.addr(), path, "sender-a", vec![1; 65_536]).await;
    assert_eq!(code, StatusCode::PAYLOAD_TOO_LARGE, "{json}");
    assert!(json["error"].as_str().expect("a reason").contains("in a frame"), "{json}");
    let rest = MAX_FRAME_BYTES - Entry::frame_bytes("message", "");
    let body = "\u{1}".repeat(rest / 6);
    assert_eq!(send(world.addr(), "a", &body).await, 1);
    let (mut gateway, buffered) = Gateway::connect(world.addr(), "a").await;
    assert_eq!((buffered, gateway.entry().await.body), (1, body));
    world.connector.stop().await;
}

#[tokio::test]
async fn a_buffer_that_is_full_of_bytes_refuses_with_a_reason_and_counts() {
    let dir = tempfile::tempdir().expect("a directory");
    let limited = || Config { max_bytes: 100, max_body_bytes: 100, ..config(dir.path(), &["a"]) };
    let world = World::start(limited()).await;
    send(world.addr(), "a", &"x".repeat(60)).await;
    world.connector.stop().await;
    // Stored entries count too.
    let world = World::start(limited()).await;
    let body = "x".repeat(41);
    let (code, json) = ask(Method::POST, world.addr(), "/v1/instances/a/inbound", "sender-a", body).await;
    assert_eq!(code, StatusCode::INSUFFICIENT_STORAGE);
    assert!(json["error"].as_str().expect("a reason").contains("of 100 bytes"), "{json}");
    send(world.addr(), "a", &"x".repeat(40)).await;
    let status = status(world.addr(), "a").await;
    assert_eq!((&status["bytes"], &status["refused_full"]), (&100.into(), &1.into()));
    world.connector.stop().await;
}

/// A sender that declares the length of its body and sends less.
async fn half_a_body(addr: SocketAddr) -> TcpStream {
    let mut socket = TcpStream::connect(addr).await.expect("connects");
    let head = "POST /v1/instances/a/inbound HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sender-a\r\ncontent-length: 60\r\n\r\nhalf";
    socket.write_all(head.as_bytes()).await.expect("sends");
    socket
}

/// Everything until the connection ends.
async fn rest(mut socket: TcpStream) -> String {
    let mut text = String::new();
    timeout(PATIENCE, socket.read_to_string(&mut text)).await.expect("an end").expect("a text");
    text
}

#[tokio::test(start_paused = true)]
async fn slow_senders_hold_limited_memory_and_are_disconnected() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path(), &["a"]);
    (config.max_body_bytes, config.max_held_bytes, config.request_timeout_ms) = (100, 100, 1500);
    let clock = Clock::hold();
    let world = World::start(config).await;
    let slow = half_a_body(world.addr()).await;
    // As soon as 60 of 100 bytes are held, 41 are too many, and 40 are not.
    let post = |body| ask(Method::POST, world.addr(), "/v1/instances/a/inbound", "sender-a", body);
    let refused = async {
        loop {
            let answer = post("x".repeat(41)).await;
            if answer.0 != StatusCode::ACCEPTED {
                return answer;
            }
        }
    };
    let (code, json) = timeout(PATIENCE, refused).await.expect("the slow sender's bytes are held");
    assert_eq!(code, StatusCode::SERVICE_UNAVAILABLE, "{json}");
    assert!(json["error"].as_str().expect("a reason").contains("try again"), "{json}");
    assert_eq!(post("x".repeat(40)).await.0, StatusCode::ACCEPTED);
    clock.pass(1500).await;
    let text = rest(slow).await;
    assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("did not come within 1500 ms"), "{text}");
    assert_eq!(post("x".repeat(41)).await.0, StatusCode::ACCEPTED);
    world.connector.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_is_closed_and_frees_its_place() {
    let clock = Clock::hold();
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path(), &["a"]);
    (config.max_connections, config.request_timeout_ms) = (2, 700);
    let world = World::start(config).await;
    // A gateway does not count toward the limit. These two connections do, until they time out.
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    let mut silent = Vec::new();
    for _ in 0..2 {
        let mut socket = TcpStream::connect(world.addr()).await.expect("connects");
        socket.write_all(b"GET /healthz HT").await.expect("sends");
        silent.push(socket);
    }
    let addr = world.addr();
    let sent = tokio::spawn(async move { send(addr, "a", "x").await });
    // Only time shows that nothing happens, and the test's clock stands.
    let (_never, moment) = std::sync::mpsc::channel::<()>();
    let _ = tokio::task::spawn_blocking(move || moment.recv_timeout(Duration::from_millis(200))).await;
    assert!(!sent.is_finished(), "accepted while there were two");
    clock.pass(700).await;
    assert_eq!(sent.await.expect("accepted"), 1);
    assert_eq!(gateway.entry().await.id, 1);
    for socket in silent {
        assert!(!rest(socket).await.contains("200 OK"));
    }
    world.connector.stop().await;
}

#[tokio::test]
async fn an_entry_that_is_too_old_is_removed_and_counted_unless_it_is_with_a_gateway() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut limited = config(dir.path(), &["a", "b"]);
    limited.max_age_ms = 300;
    let mut world = World::start(limited).await;
    let (mut gateway, _) = Gateway::connect(world.addr(), "b").await;
    send(world.addr(), "b", "in work").await;
    gateway.entry().await;
    send(world.addr(), "a", "x").await;
    let seen = world.see(|s| matches!(s, ConnectorEvent::Expired { .. })).await;
    assert!(matches!(seen, ConnectorEvent::Expired { instance, id: 1, .. } if instance == "a"));
    let a = status(world.addr(), "a").await;
    assert_eq!((&a["expired"], &a["waiting"], &a["next_id"]), (&1.into(), &0.into(), &2.into()));
    let b = status(world.addr(), "b").await;
    assert_eq!((&b["expired"], &b["unacked"]), (&0.into(), &1.into()));
    world.connector.stop().await;
    // It is gone from the store too. The other one is still there.
    let world = World::start(config(dir.path(), &["a", "b"])).await;
    assert_eq!(status(world.addr(), "a").await["waiting"], 0);
    assert_eq!(status(world.addr(), "b").await["waiting"], 1);
    world.connector.stop().await;
}

#[tokio::test]
async fn bad_configurations_name_what_is_wrong_and_no_secret() {
    let head = "listen = \"127.0.0.1:0\"\nstore = \"s.redb\"\n";
    let entry = |n: &str, t: &str| format!("[instances.{n}]\ntoken = \"{t}\"\nsender_token = \"hush2\"\n");
    for (text, wanted) in [
        (String::new(), "missing field"),
        (format!("{head}windw = 3\n"), "windw"),
        (format!("{head}window = \"hush1\"\n"), "line 3: a value does not fit, expected usize"),
        (format!("{head}window = 0\n"), "window must be at least 1"),
        (format!("{head}window = 65\n"), "window must be at most 64"),
        (format!("{head}max_body_bytes = 261121\n"), "max_body_bytes must be at most 261120"),
        (format!("{head}max_held_bytes = 65535\n"), "max_held_bytes must be at least max_body_bytes"),
        (format!("{head}max_bytes = 65535\n"), "max_bytes must be at least max_body_bytes"),
        (format!("{head}max_connections = 0\n"), "max_connections must be at least 1"),
        (format!("{head}request_timeout_ms = 0\n"), "request_timeout_ms must be at least 1"),
        (format!("{head}{}{}", entry("a", "hush1"), entry("b", "hush1")), "share a token"),
        (format!("{head}{}", entry("a", "hush2")), "must differ"),
        (format!("{head}{}", entry("a", "")), "must not be empty"),
        (format!("{head}{}wake_url = \"ftp://u:hush3@x/\"\n", entry("a", "hush1")), "wake_url"),
    ] {
        let error = Config::from_toml(&text).expect_err(wanted).to_string();
        assert!(error.contains(wanted), "{error}");
        assert!(!error.contains("hush") && !error.contains('\n'), "{error}");
    }
    let good = format!("{head}{}wake_url = \"http://u:hush3@x/\"\n", entry("a", "hush1"));
    let good = Config::from_toml(&good).expect("good");
    assert!(!format!("{good:?}").contains("hush"));
}

#[tokio::test]
async fn a_store_that_is_in_use_is_an_error_that_says_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::start(config(dir.path(), &["a"])).await;
    let error = Connector::start(config(dir.path(), &["a"]), None).await.expect_err("in use").to_string();
    assert!(error.contains("store.redb") && error.contains("no other connector"), "{error}");
    world.connector.stop().await;
    Connector::start(config(dir.path(), &["a"]), None).await.expect("free again").stop().await;
}
