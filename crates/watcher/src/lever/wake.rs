//! The machine's request to its own wake URL, for levers that have no other way to wake it.

use std::time::Duration;

use super::WakeFuture;
use super::http::client;

/// How long one request may take. A platform that keeps the request until after the freeze answers it after the resume.
const LIMIT: Duration = Duration::from_secs(5);

/// The time between a request that failed and the next one.
const PAUSE: Duration = Duration::from_millis(250);

/// The most requests. Together they take longer than a freeze.
const TRIES: u32 = 40;

/// Sends a GET to `url`, and repeats it until it is answered, with any status, or kept for 5 s. For
/// [`SuspendLever::wake`](super::SuspendLever::wake). The URL is not logged.
#[must_use]
pub fn request(url: &str) -> WakeFuture {
    let url = url.to_owned();
    Box::pin(async move {
        let Ok(client) = client().timeout(LIMIT).build() else {
            tracing::warn!("no HTTP client: the machine cannot call its own wake URL");
            return;
        };
        for _ in 0..TRIES {
            match client.get(&url).send().await {
                Ok(_) => return,
                // The platform has it, and keeps it until after the freeze.
                Err(error) if error.is_timeout() => return,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
        tracing::warn!("the machine's own wake URL did not answer");
    })
}
