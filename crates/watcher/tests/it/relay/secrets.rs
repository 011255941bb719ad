//! What is logged, and what never is.

use std::io::Write;
use std::sync::{Arc, Mutex};

use dormouse_watcher::relay::{ClientConfig, FixedToken, Timings};
use url::Url;

use super::world::{QUICK, World};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_refused_token_is_logged_once_and_no_secret_ever() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let writer = log.clone();
    // Of this thread: everything in this test runs on it.
    let _guard = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());
    let mut world = World::new(Timings { backoff_max_ms: 50, ..QUICK }).await;
    for n in 1..=3 {
        assert_eq!(world.upgrade(Some(401)).await.0, format!("t{n}"));
    }
    let mut line = world.welcome().await;
    line.deliver(1, "panic", 1).await;
    assert_eq!(line.next().await, None);
    assert_eq!(world.given().await.body, "secret body");
    world.welcome().await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.matches("the relay's token is refused").count(), 1, "{text}");
    assert_eq!(text.matches("the handler panicked").count(), 1, "{text}");
    for secret in ["secret body", "Bearer", "\"t1\"", "as asked for"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn no_secret_shows_in_debug() {
    let url = Url::parse("wss://u:hunter2@connector.example:9/v1/relay?token=hunter2").unwrap();
    let config = ClientConfig { url, instance: "me".into(), seen: None, timings: QUICK };
    let text = format!("{config:?} {:?}", FixedToken("hunter2".into()));
    assert!(text.contains("connector.example") && !text.contains("hunter2"), "{text}");
}
