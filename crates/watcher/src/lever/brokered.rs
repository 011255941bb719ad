//! A broker outside: one POST to a URL that carries its own credential.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use dormouse_core::{Lever, Settings};
use reqwest::{Certificate, Client, Method};
use url::Url;

use super::fly::http_accepts;
use super::{Answer, Nothing, Pull, Refused, http};

/// The broker gives up after this long.
const BROKER_LIMIT_MS: u64 = 30_000;

/// A broker gives up after 30 s, we after 40 s, the hold after 60 s in the public design and no earlier in ours: pinned, so
/// that no two of them can change places.
const _: () = {
    let (public, ours) = (Settings::current(), Settings::dormouse());
    assert!(BROKER_LIMIT_MS == 30_000 && public.hold_max_ms == 60_000 && ours.hold_max_ms >= 60_000);
    assert!(public.brokered_lever_timeout_ms == 40_000 && ours.brokered_lever_timeout_ms == 40_000);
};

/// Asks a broker to suspend this machine. The URL is a secret: it is in no log, no error and no `Debug`.
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

/// The sleep URL cannot be used. Does not say what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sleep URL is not an absolute https URL; it begins with https:// and a host")]
pub struct BadUrl;

impl Brokered {
    /// Posts to `url`, an absolute https URL. `marker` is the file that the platform makes after an in-place resume.
    ///
    /// # Errors
    /// If the URL is something else.
    pub fn new(url: &str, marker: Option<PathBuf>) -> Result<Self, BadUrl> {
        Self::trusting(url, marker, None)
    }

    /// The same, trusting one more certificate, for a broker with one of its own.
    ///
    /// # Errors
    /// If the URL is not an absolute https URL.
    pub fn trusting(url: &str, marker: Option<PathBuf>, root: Option<Certificate>) -> Result<Self, BadUrl> {
        let url = Url::parse(url.trim()).map_err(|_| BadUrl)?;
        if url.scheme() != "https" || !url.has_host() {
            return Err(BadUrl);
        }
        let limit = Duration::from_millis(Settings::dormouse().brokered_lever_timeout_ms);
        let builder = http().timeout(limit).https_only(true).tls_certs_merge(root);
        Ok(Self { client: builder.build().map_err(|_| BadUrl)?, url, marker })
    }

    /// The lever of this URL, or [`Nothing`]: without a URL silently, with a bad one after one warning that does not print it.
    #[must_use]
    pub fn or_nothing(url: Option<&str>, marker: Option<PathBuf>) -> Box<dyn Pull> {
        match url.map(|url| Self::new(url, marker)) {
            Some(Ok(lever)) => Box::new(lever),
            Some(Err(bad)) => {
                tracing::warn!("{bad}; the gateway stays awake");
                Box::new(Nothing)
            }
            None => Box::new(Nothing),
        }
    }
}

impl Pull for Brokered {
    fn lever(&self) -> Option<Lever> {
        Some(Lever::Brokered)
    }

    fn suspend(&self) -> Answer<'_> {
        Box::pin(async {
            // A mark from before would end the fence before the freeze.
            if let Some(marker) = &self.marker
                && let Err(error) = std::fs::remove_file(marker)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(Refused::because("the wake marker of the last resume cannot be removed"));
            }
            http_accepts(&self.client, Method::POST, self.url.as_str(), "the broker").await
        })
    }

    fn wake_marker(&self) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.exists())
    }
}
