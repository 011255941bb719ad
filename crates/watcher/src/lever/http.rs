//! The HTTP client that levers share.

#[cfg(any(feature = "brokered", all(feature = "fly", unix)))]
use reqwest::{Client, Method};

#[cfg(any(feature = "brokered", all(feature = "fly", unix)))]
use super::SuspendRefused;

/// A client without a proxy, and without redirects, which could carry a credential to another host.
pub(super) fn client() -> reqwest::ClientBuilder {
    // An error means that the process has chosen a provider already; any provider will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none())
}

/// Sends a request to `peer`. A status of 2xx means accepted. Neither the URL nor the body of the answer is in the refusal.
#[cfg(any(feature = "brokered", all(feature = "fly", unix)))]
pub(super) async fn accepts(
    client: &Client,
    method: Method,
    url: &str,
    peer: &str,
) -> Result<(), SuspendRefused> {
    let why = match client.request(method, url).send().await {
        Ok(response) if response.status().is_success() => return Ok(()),
        Ok(response) => format!("{peer} answered {}", response.status()),
        Err(error) if error.is_timeout() => format!("{peer} did not answer in time"),
        Err(error) if error.is_connect() => format!("{peer} cannot be reached"),
        Err(_) => format!("{peer} did not answer as HTTP"),
    };
    Err(SuspendRefused(why))
}
