//! What a client is told: where to dial, as whom, with which token, and who handles what comes.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use dormouse_wire::Entry;
use thiserror::Error;
use url::Url;

use crate::relay::seen::SeenError;

/// Where to dial, as whom, and how patiently.
#[derive(Clone)]
pub struct ClientConfig {
    /// `ws://` or `wss://`, absolute, with the path `/v1/relay`; without credentials.
    pub url: Url,
    /// Who dials.
    pub instance: String,
    /// The file of the seen-set; `None`: in memory. Its folder must be there.
    pub seen: Option<PathBuf>,
    /// How patiently.
    pub timings: Timings,
}

impl fmt::Debug for ClientConfig {
    /// Without credentials and without a query, which may hold one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, instance, seen, timings } = self;
        let place = format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path());
        f.debug_struct("ClientConfig")
            .field("url", &place)
            .field("port", &url.port())
            .field("instance", instance)
            .field("seen", seen)
            .field("timings", timings)
            .finish()
    }
}

/// How long things take, in the clock's ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// From a close that makes dormant to the next dial.
    pub dormant_redial_ms: u64,
    /// From the first loss to the next dial; doubles with each loss and each dial that fails, until an entry is acked or a
    /// connection stays up for longer than `backoff_max_ms`. Every wait is stretched by up to a half, by instance, so that
    /// gateways that lost one connector together do not dial in step.
    pub backoff_min_ms: u64,
    /// The most that it doubles to, and the wait after a refused token; before the stretch.
    pub backoff_max_ms: u64,
    /// From the question for a token to the welcome; then the dial has failed.
    pub dial_timeout_ms: u64,
    /// Between two pings. A connection on which nothing came for twice as long is lost.
    pub keepalive_ms: u64,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            dormant_redial_ms: 1000,
            backoff_min_ms: 1000,
            backoff_max_ms: 30_000,
            dial_timeout_ms: 10_000,
            keepalive_ms: 30_000,
        }
    }
}

/// Where tokens come from. Asked once for every dial.
pub trait TokenSource: Send + Sync + 'static {
    /// A token for the next dial; `None` if there is none now.
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

/// What handles entries.
pub trait Handler: Send + Sync + 'static {
    /// Handles one entry; returns when it may be acked, and so forgotten. A handler that panics has not handled it: the
    /// connection is closed and the entry delivered again, with a backoff that doubles until an entry is handled, and
    /// [`max_attempts`](Self::max_attempts) times at most.
    fn handle(&self, entry: &Entry) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// After how many panics an entry is given up, so that it does not block those after it for ever. At least 1; asked once,
    /// when the client starts. Counted by process: one whose handler ends the process comes again each time.
    fn max_attempts(&self) -> u32 {
        5
    }

    /// This entry is given up: it will be recorded and acked when this returns, and does not come again. It is logged as an
    /// error, without its body, and counted; whoever wants to keep the entry, or tell its sender, does it here.
    fn gave_up<'a>(&'a self, entry: &'a Entry) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let _ = entry;
        Box::pin(std::future::ready(()))
    }
}

/// Why a client does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL's scheme is not a WebSocket's.
    #[error(
        "the relay's url begins with {scheme}://; use ws:// or wss://, as in wss://connector.example/v1/relay"
    )]
    Scheme {
        /// Which it is.
        scheme: String,
    },
    /// The URL names no host.
    #[error("the relay's url names no host; write it in full, as in wss://connector.example/v1/relay")]
    NoHost,
    /// The URL holds a name or password, which would end in logs.
    #[error("the relay's url holds credentials; remove them and hand the token to the token source")]
    Credentials,
    /// A duration that cannot work.
    #[error("the relay's timing {name} is {ms} ms; {mend}")]
    Timing {
        /// Which.
        name: &'static str,
        /// What it is.
        ms: u64,
        /// What it must be.
        mend: &'static str,
    },
    /// The seen-set cannot be used.
    #[error(transparent)]
    Seen(#[from] SeenError),
    /// There is nothing to verify a connector's certificate with.
    #[error(
        "no root certificate for wss://: {what}; install the system's ca-certificates, or set SSL_CERT_FILE"
    )]
    Roots {
        /// What was found.
        what: String,
    },
    /// A root of one's own cannot be used.
    #[error("a root certificate for wss:// cannot be used: {0}; give the DER of a certificate")]
    Root(rustls::Error),
    /// TLS cannot be set up.
    #[error("cannot set up tls for wss://: {0}; this is a fault of the build")]
    Tls(rustls::Error),
    /// Called outside a runtime.
    #[error("the relay's client was started outside a tokio runtime; start it from a task")]
    NoRuntime,
}

/// Can this configuration work?
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
