//! The machine pokes itself: for somebody who came too late to stop its suspend.

use std::time::Duration;

use super::http;

/// How long one request may take; a platform that keeps it until after the freeze answers after the resume.
const LIMIT: Duration = Duration::from_secs(5);

/// Between a request that failed and the next.
const PAUSE: Duration = Duration::from_millis(250);

/// Requests at most: together they take longer than a freeze does.
const TRIES: u32 = 40;

/// Gets `url` until somebody answers, whatever the answer, or keeps the request. The URL is in no log.
pub(super) async fn poke(url: String) {
    let Ok(client) = http().timeout(LIMIT).build() else {
        tracing::warn!("no HTTP client: the machine cannot poke itself");
        return;
    };
    for _ in 0..TRIES {
        match client.get(&url).send().await {
            Ok(_) => return,
            // Kept until after the freeze: the platform knows.
            Err(error) if error.is_timeout() => return,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    tracing::warn!("the machine could not poke itself: nobody answers at its wake URL");
}
