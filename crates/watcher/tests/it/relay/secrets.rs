//! What is logged, and what never is.

use dormouse_watcher::relay::{ClientConfig, FixedToken};
use url::Url;

use super::world::{QUICK, World};
use crate::log::Log;

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_logged_once_and_no_secret_ever() {
    let (log, _guard) = Log::begin();
    let mut world = World::new(QUICK.with_backoff_max_ms(50)).await;
    for n in 1..=3 {
        assert_eq!(world.upgrade(Some(401)).await.0, format!("t{n}"));
    }
    let mut line = world.welcome().await;
    line.deliver(1, "panic", 1).await;
    assert_eq!(line.next().await, None);
    assert_eq!(world.given().await.body, "secret body");
    world.welcome().await;
    let text = log.text();
    assert_eq!(text.matches("the relay's token was refused").count(), 1, "{text}");
    assert_eq!(text.matches("the handler panicked").count(), 1, "{text}");
    for secret in ["secret body", "Bearer", "\"t1\"", "as asked for"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn no_secret_shows_in_debug() {
    let url = Url::parse("wss://u:hunter2@connector.example:9/v1/relay?token=hunter2").unwrap();
    let config = ClientConfig::new(url, "me").with_timings(QUICK);
    let text = format!("{config:?} {:?}", FixedToken("hunter2".into()));
    assert!(text.contains("connector.example") && !text.contains("hunter2"), "{text}");
}
