//! Pokes wake URLs. Each instance has its own task, so that a wake URL that hangs does not delay other instances.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::instance::Instance;

const TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);

pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    // Fails only if the process has already installed a provider. Then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect does not wake a gateway, so it is not followed and counts as a failure. A proxy from the environment would see
    // the wake URLs, which may contain secrets, and could answer in their place.
    reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).no_proxy().build()
}

/// Pokes one instance until `end` is cancelled.
pub(crate) async fn run(
    instance: Arc<Instance>,
    url: String,
    client: reqwest::Client,
    end: CancellationToken,
) {
    let mut retry = FIRST_RETRY;
    let mut retry_at = None;
    loop {
        let at = instance.poke_at(retry_at);
        if at.is_none() {
            // Nothing waits any more, so earlier failures no longer count.
            (retry, retry_at) = (FIRST_RETRY, None);
        }
        let due = async {
            match at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = end.cancelled() => return,
            () = due => {}
            () = instance.poker.notified() => continue,
        }
        let answer = tokio::select! {
            biased;
            () = end.cancelled() => return,
            answer = client.get(&url).send() => answer,
        };
        let ok = match answer {
            Ok(response) => {
                let status = response.status();
                tracing::debug!(instance = instance.name(), status = status.as_u16(), "poked");
                status.is_success()
            }
            Err(error) => {
                let error = error.without_url();
                tracing::debug!(instance = instance.name(), %error, "the wake URL did not answer");
                false
            }
        };
        instance.poked(ok);
        if ok {
            (retry, retry_at) = (FIRST_RETRY, None);
        } else {
            tracing::warn!(instance = instance.name(), retry_s = retry.as_secs(), "a poke failed");
            retry_at = Some(Instant::now() + retry);
            retry = (retry * 2).min(LAST_RETRY);
        }
    }
}
