//! A client's configuration: the address, the instance, the token, the handler of entries.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use dormouse_wire::Entry;
use thiserror::Error;
use url::Url;

use crate::relay::handled_ids::HandledIdsError;

/// Where to dial, as which instance, and how long to wait.
#[derive(Clone)]
#[non_exhaustive]
pub struct ClientConfig {
    /// An absolute `ws://` or `wss://` URL with the path `/v1/relay`, without credentials.
    pub url: Url,
    /// The instance's name.
    pub instance: String,
    /// The file in which the ids of handled entries are kept; its folder must exist. `None`, the default: they are kept in memory,
    /// and after a restart entries that were handled but not acked are handled again.
    pub handled_ids: Option<PathBuf>,
    /// How long to wait.
    pub timings: Timings,
}

impl ClientConfig {
    /// Dials `url` as `instance`, with the default timings.
    pub fn new(url: Url, instance: impl Into<String>) -> Self {
        Self { url, instance: instance.into(), handled_ids: None, timings: Timings::default() }
    }

    /// The same configuration with another [`handled_ids`](Self::handled_ids): a path or an `Option<PathBuf>`.
    #[must_use]
    pub fn with_handled_ids(self, handled_ids: impl Into<Option<PathBuf>>) -> Self {
        Self { handled_ids: handled_ids.into(), ..self }
    }

    /// The same configuration with other [`timings`](Self::timings).
    #[must_use]
    pub fn with_timings(self, timings: Timings) -> Self {
        Self { timings, ..self }
    }
}

impl fmt::Debug for ClientConfig {
    /// Without credentials and without the query, which may contain one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, instance, handled_ids, timings } = self;
        let place = format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path());
        f.debug_struct("ClientConfig")
            .field("url", &place)
            .field("port", &url.port())
            .field("instance", instance)
            .field("handled_ids", handled_ids)
            .field("timings", timings)
            .finish()
    }
}

/// How long a client waits, in ms on the clock of its [`Signals`](crate::Signals).
///
/// Start from [`Timings::DEFAULT`] and change values with the `with_` methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timings {
    /// From a close on the way to sleep to the next dial.
    pub dormant_redial_ms: u64,
    /// From a lost connection to the next dial. Doubles with each loss and each dial that fails, until an entry is acked or a
    /// connection stays up for longer than `backoff_max_ms`. Every wait is stretched by up to half of itself, so that gateways
    /// that lost the same connector do not dial at the same time.
    pub backoff_min_ms: u64,
    /// The longest such wait, and the wait after a refused token, both before the stretch.
    pub backoff_max_ms: u64,
    /// From the request for a token to the welcome. If it takes longer, the dial has failed.
    pub dial_timeout_ms: u64,
    /// From one ping to the next. A connection on which nothing comes for twice as long is lost.
    pub keepalive_ms: u64,
}

impl Timings {
    /// The default timings.
    pub const DEFAULT: Self = Self {
        dormant_redial_ms: 1000,
        backoff_min_ms: 1000,
        backoff_max_ms: 30_000,
        dial_timeout_ms: 10_000,
        keepalive_ms: 30_000,
    };
}

impl Default for Timings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

macro_rules! timings {
    ($($with:ident sets $field:ident,)*) => {
        impl Timings {$(
            #[doc = concat!("The same timings with another [`", stringify!($field), "`](Self::", stringify!($field), ").")]
            #[must_use]
            pub const fn $with(self, ms: u64) -> Self {
                Self { $field: ms, ..self }
            }
        )*}
    };
}

timings! {
    with_dormant_redial_ms sets dormant_redial_ms,
    with_backoff_min_ms sets backoff_min_ms,
    with_backoff_max_ms sets backoff_max_ms,
    with_dial_timeout_ms sets dial_timeout_ms,
    with_keepalive_ms sets keepalive_ms,
}

/// Where tokens come from.
pub trait TokenSource: Send + Sync + 'static {
    /// A token for the next dial; `None` if there is none now. Called once for every dial.
    fn token(&self) -> Pin<Box<dyn Future<Output = Option<String>> + Send + '_>>;
}

/// A token that never changes.
#[derive(Clone)]
pub struct FixedToken(
    /// The token.
    pub String,
);

impl fmt::Debug for FixedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedToken(..)")
    }
}

impl TokenSource for FixedToken {
    fn token(&self) -> Pin<Box<dyn Future<Output = Option<String>> + Send + '_>> {
        Box::pin(std::future::ready(Some(self.0.clone())))
    }
}

/// Handles entries.
pub trait Handler: Send + Sync + 'static {
    /// Handles one entry. When it returns, the entry is acked, and the connector forgets it.
    ///
    /// If it panics, the entry is not handled: the connection is closed, and the entry is delivered again, at most
    /// [`max_attempts`](Self::max_attempts) times. The wait before that doubles until an entry is handled.
    fn handle(&self, entry: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// After how many panics an entry is given up, so that it does not block those after it forever; at least 1. Called once, when
    /// the client starts. Panics are counted by process: an entry whose handler ends the process comes again each time.
    fn max_attempts(&self) -> u32 {
        5
    }

    /// This entry is given up: it is acked when this returns, and does not come again. The client logs it as an error, without its
    /// body, and counts it. Keep the entry or tell its sender here, if you want to.
    fn gave_up<'a>(&'a self, entry: &'a Entry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let _ = entry;
        Box::pin(std::future::ready(()))
    }
}

/// Why a client cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL is not a WebSocket URL.
    #[error(
        "the relay's url begins with {scheme}://; use ws:// or wss://, as in wss://connector.example/v1/relay"
    )]
    Scheme {
        /// The URL's scheme.
        scheme: String,
    },
    /// The URL names no host.
    #[error("the relay's url names no host; write it in full, as in wss://connector.example/v1/relay")]
    NoHost,
    /// The URL contains a user name or password, which could end up in logs.
    #[error("the relay's url contains credentials; remove them, and give the token to the token source")]
    Credentials,
    /// A duration that cannot work.
    #[error("the relay's timing {name} is {ms} ms; {mend}")]
    Timing {
        /// The field.
        name: &'static str,
        /// Its value.
        ms: u64,
        /// How to correct it.
        mend: &'static str,
    },
    /// The file of handled ids cannot be used.
    #[error(transparent)]
    HandledIds(#[from] HandledIdsError),
    /// The system has no root certificates to verify the connector's certificate with.
    #[error(
        "no root certificate for wss://: {what}; install the system's ca-certificates, or set SSL_CERT_FILE"
    )]
    Roots {
        /// What went wrong.
        what: String,
    },
    /// An additional root certificate cannot be used.
    #[error("a root certificate for wss:// cannot be used: {0}; give the DER of a certificate")]
    Root(rustls::Error),
    /// TLS cannot be set up.
    #[error("cannot set up tls for wss://: {0}; this is a fault of the build")]
    Tls(rustls::Error),
    /// The client was started outside of a tokio runtime.
    #[error("the relay's client was started outside of a tokio runtime; start it from a task")]
    NoRuntime,
}

/// Checks what can be checked before the first dial.
pub(super) fn check(config: &ClientConfig) -> Result<(), ClientError> {
    let (url, t) = (&config.url, &config.timings);
    if !matches!(url.scheme(), "ws" | "wss") {
        return Err(ClientError::Scheme { scheme: url.scheme().to_owned() });
    }
    if url.host_str().is_none() {
        return Err(ClientError::NoHost);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientError::Credentials);
    }
    for (name, ms) in [
        ("backoff_min_ms", t.backoff_min_ms),
        ("dial_timeout_ms", t.dial_timeout_ms),
        ("keepalive_ms", t.keepalive_ms),
    ] {
        if ms == 0 {
            return Err(ClientError::Timing { name, ms, mend: "use 1 or more" });
        }
    }
    if t.backoff_max_ms < t.backoff_min_ms {
        let (name, ms) = ("backoff_max_ms", t.backoff_max_ms);
        return Err(ClientError::Timing { name, ms, mend: "use no less than backoff_min_ms" });
    }
    Ok(())
}
