//! Senders, limits, ages.

use axum::http::StatusCode;
use dormouse_connector::{Config, Connector, Seen};
use reqwest::Method;

use crate::world::{Gateway, World, ask, config, send, status};

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
        (none, "sender-a", b"x", StatusCode::NOT_FOUND),
        (a, "sender-a", b"12345678901", StatusCode::PAYLOAD_TOO_LARGE),
        (a, "sender-a", b"\xff", StatusCode::BAD_REQUEST),
    ] {
        let (status, json) = ask(Method::POST, world.addr(), path, token, body).await;
        assert_eq!(status, wanted, "{json}");
        assert!(json["error"].as_str().is_some_and(|e| !e.is_empty() && !e.contains("sender-a")), "{json}");
    }
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
    // An ack makes room.
    let (mut gateway, _) = Gateway::connect(world.addr(), "a").await;
    gateway.entry().await;
    gateway.ack(1).await;
    world.see(|s| matches!(s, Seen::Acked { .. })).await;
    assert_eq!(send(world.addr(), "a", "x").await, 3);
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
    let seen = world.see(|s| matches!(s, Seen::Expired { .. })).await;
    assert!(matches!(seen, Seen::Expired { instance, id: 1, .. } if instance == "a"));
    let a = status(world.addr(), "a").await;
    assert_eq!((&a["expired"], &a["waiting"], &a["next_id"]), (&1.into(), &0.into(), &2.into()));
    let b = status(world.addr(), "b").await;
    assert_eq!((&b["expired"], &b["unacked"]), (&0.into(), &1.into()));
    world.connector.stop().await;
    // It is gone from the store too; the other is there.
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
