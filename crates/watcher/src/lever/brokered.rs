//! A broker outside of the machine: one POST to a URL that carries its own credential.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use dormouse_core::{Lever, Settings};
use reqwest::{Certificate, Client, Method};
use url::Url;

use super::{NoLever, SuspendFuture, SuspendLever, SuspendRefused, WakeFuture, http, wake};

/// The limit for the call: core's, which is longer than the broker's own 30 s and shorter than the hold.
const LIMIT: Duration = Duration::from_millis(Settings::dormouse().brokered_lever_timeout_ms);

/// Asks a broker to suspend this machine. The URL is a secret: it is never in a log, an error or a `Debug` output.
#[derive(Clone)]
pub struct Brokered {
    client: Client,
    url: Url,
    marker: Option<PathBuf>,
}

impl fmt::Debug for Brokered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brokered").field("marker", &self.marker).finish_non_exhaustive()
    }
}

/// The sleep URL cannot be used. The error does not contain the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sleep URL is not an absolute https URL; it must begin with https:// and a host")]
pub struct BadUrl;

impl Brokered {
    /// A lever that posts to `url`, an absolute https URL. `marker` is the file that the platform creates after an in-place resume.
    ///
    /// # Errors
    /// If the URL is not an absolute https URL.
    pub fn new(url: &str, marker: Option<PathBuf>) -> Result<Self, BadUrl> {
        Self::trusting(url, marker, None)
    }

    /// The same, with one more trusted root certificate.
    ///
    /// # Errors
    /// If the URL is not an absolute https URL.
    pub fn trusting(url: &str, marker: Option<PathBuf>, root: Option<Certificate>) -> Result<Self, BadUrl> {
        let url = Url::parse(url.trim()).map_err(|_| BadUrl)?;
        if url.scheme() != "https" || !url.has_host() {
            return Err(BadUrl);
        }
        let builder = http::client().timeout(LIMIT).https_only(true).tls_certs_merge(root);
        Ok(Self { client: builder.build().map_err(|_| BadUrl)?, url, marker })
    }

    /// The lever for this URL, or [`NoLever`] if there is no URL or it cannot be used. The latter is logged as a warning, without the
    /// URL.
    #[must_use]
    pub fn or_no_lever(url: Option<&str>, marker: Option<PathBuf>) -> Box<dyn SuspendLever> {
        match url.map(|url| Self::new(url, marker)) {
            Some(Ok(lever)) => Box::new(lever),
            Some(Err(bad)) => {
                tracing::warn!("{bad}; the gateway stays awake");
                Box::new(NoLever)
            }
            None => Box::new(NoLever),
        }
    }
}

impl SuspendLever for Brokered {
    fn lever(&self) -> Option<Lever> {
        Some(Lever::Brokered)
    }

    fn suspend(&self) -> SuspendFuture<'_> {
        Box::pin(async {
            // An old mark would end the fence before the freeze.
            if let Some(marker) = &self.marker
                && let Err(error) = std::fs::remove_file(marker)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(SuspendRefused(
                    "the wake marker of the last resume cannot be removed".to_owned(),
                ));
            }
            http::accepts(&self.client, Method::POST, self.url.as_str(), "the broker").await
        })
    }

    fn wake(&self, url: &str) -> WakeFuture {
        wake::request(url)
    }

    fn wake_marker(&self) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.exists())
    }
}
