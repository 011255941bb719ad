//! The configuration of a connector.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use dormouse_wire::{MAX_BODY_BYTES, MAX_WINDOW};
use serde::Deserialize;
use url::Url;

use crate::ConnectorError;

/// The configuration of a connector, from a TOML file or built in code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The database file. It is created if it does not exist; its directory must exist.
    pub store: PathBuf,
    /// The gateways that may connect, by name.
    #[serde(default)]
    pub instances: BTreeMap<String, InstanceConfig>,
    /// An accepted entry causes a poke only if the last successful poke is at least this old.
    #[serde(default = "defaults::poke_cooldown_ms")]
    pub poke_cooldown_ms: u64,
    /// The time between pokes while entries wait and the gateway is flipped or not connected. 0: do not poke again.
    #[serde(default = "defaults::repoke_ms")]
    pub repoke_ms: u64,
    /// A gateway that is silent for this long is disconnected. A ping is sent after each third of it.
    #[serde(default = "defaults::keepalive_ms")]
    pub keepalive_ms: u64,
    /// The most entries that are kept for one instance. More are refused.
    #[serde(default = "defaults::max_entries")]
    pub max_entries: u64,
    /// The most bytes of bodies that are kept for one instance. More are refused.
    #[serde(default = "defaults::max_bytes")]
    pub max_bytes: u64,
    /// Entries older than this are removed, unless they are with a gateway. 0: entries are kept at any age.
    #[serde(default)]
    pub max_age_ms: u64,
    /// The greatest length of a body, at most [`MAX_BODY_BYTES`]. A shorter body is refused too if escaping makes its frame longer
    /// than [`dormouse_wire::MAX_FRAME_BYTES`].
    #[serde(default = "defaults::max_body_bytes")]
    pub max_body_bytes: usize,
    /// The most bytes of bodies in memory at once, of all senders together; at least `max_body_bytes`. A body counts from the start
    /// of its request to the answer. A sender that would exceed the limit is refused, and may try again.
    #[serde(default = "defaults::max_held_bytes")]
    pub max_held_bytes: u32,
    /// The most connections at once, not counting gateways that have shown their token. More wait to be accepted.
    #[serde(default = "defaults::max_connections")]
    pub max_connections: u16,
    /// The time limit for the head of a request, counted from the start of the connection or from the last answer. The body has
    /// the same limit again.
    #[serde(default = "defaults::request_timeout_ms")]
    pub request_timeout_ms: u64,
    /// The most entries that are delivered but not acked, per session; at most [`MAX_WINDOW`].
    #[serde(default = "defaults::window")]
    pub window: usize,
    /// For testbeds: a simulated network delay before `going_idle` is handled, and again before its ack.
    #[serde(default)]
    pub ack_delay_ms: u64,
    /// For testbeds: a simulated network delay before a hello is handled.
    #[serde(default)]
    pub welcome_delay_ms: u64,
}

/// The configuration of one gateway.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceConfig {
    /// The gateway's token for the relay. It must be different for each instance.
    pub token: String,
    /// The token for sending entries and for reading the state.
    pub sender_token: String,
    /// The `http` or `https` URL that is requested with GET when an entry waits.
    #[serde(default)]
    pub wake_url: Option<String>,
}

impl fmt::Debug for InstanceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceConfig")
            .field("token", &"(secret)")
            .field("sender_token", &"(secret)")
            .field("wake_url", &self.wake_url.as_ref().map(|_| "(secret)"))
            .finish()
    }
}

mod defaults {
    pub(super) const fn poke_cooldown_ms() -> u64 {
        60_000
    }
    pub(super) const fn repoke_ms() -> u64 {
        30_000
    }
    pub(super) const fn keepalive_ms() -> u64 {
        90_000
    }
    pub(super) const fn max_entries() -> u64 {
        10_000
    }
    pub(super) const fn max_bytes() -> u64 {
        64 << 20
    }
    pub(super) const fn max_held_bytes() -> u32 {
        64 << 20
    }
    pub(super) const fn max_connections() -> u16 {
        1024
    }
    pub(super) const fn request_timeout_ms() -> u64 {
        30_000
    }
    pub(super) const fn max_body_bytes() -> usize {
        65_536
    }
    pub(super) const fn window() -> usize {
        32
    }
}

impl Config {
    /// The defaults, with no instances.
    #[must_use]
    pub fn new(listen: SocketAddr, store: PathBuf) -> Self {
        Self {
            listen,
            store,
            instances: BTreeMap::new(),
            poke_cooldown_ms: defaults::poke_cooldown_ms(),
            repoke_ms: defaults::repoke_ms(),
            keepalive_ms: defaults::keepalive_ms(),
            max_entries: defaults::max_entries(),
            max_bytes: defaults::max_bytes(),
            max_held_bytes: defaults::max_held_bytes(),
            max_connections: defaults::max_connections(),
            request_timeout_ms: defaults::request_timeout_ms(),
            max_age_ms: 0,
            max_body_bytes: defaults::max_body_bytes(),
            window: defaults::window(),
            ack_delay_ms: 0,
            welcome_delay_ms: 0,
        }
    }

    /// Parses and checks a TOML file.
    ///
    /// # Errors
    /// If `text` is not TOML, a field is unknown, missing or of the wrong type, or a value is invalid. The error never quotes a
    /// value, since it may be a secret.
    pub fn from_toml(text: &str) -> Result<Self, ConnectorError> {
        let config: Self = toml::from_str(text).map_err(|e| {
            let line = e
                .span()
                .map_or(1, |s| text.as_bytes()[..s.start].iter().filter(|b| **b == b'\n').count() + 1);
            // serde's message quotes the invalid value.
            let message = match (e.message().starts_with("invalid "), e.message().rsplit_once(", expected "))
            {
                (true, Some((_, expected))) => format!("a value does not fit, expected {expected}"),
                _ => e.message().lines().collect::<Vec<_>>().join(" "),
            };
            ConnectorError::Config { what: format!("line {line}: {message}") }
        })?;
        config.check()?;
        Ok(config)
    }

    /// Checks what the types do not guarantee.
    pub(crate) fn check(&self) -> Result<(), ConnectorError> {
        let bad = |what: String| Err(ConnectorError::Config { what });
        if self.window == 0 {
            return bad("window must be at least 1".into());
        }
        if self.window > MAX_WINDOW {
            return bad(format!("window must be at most {MAX_WINDOW}: a gateway holds no more"));
        }
        if self.max_body_bytes > MAX_BODY_BYTES {
            return bad(format!("max_body_bytes must be at most {MAX_BODY_BYTES}: a frame carries no more"));
        }
        if (self.max_held_bytes as usize) < self.max_body_bytes {
            return bad("max_held_bytes must be at least max_body_bytes".into());
        }
        if self.max_bytes < self.max_body_bytes as u64 {
            return bad("max_bytes must be at least max_body_bytes".into());
        }
        if self.max_connections == 0 {
            return bad("max_connections must be at least 1".into());
        }
        if self.request_timeout_ms == 0 {
            return bad("request_timeout_ms must be at least 1".into());
        }
        if self.keepalive_ms < 30 {
            return bad("keepalive_ms must be at least 30".into());
        }
        if self.max_entries == 0 {
            return bad("max_entries must be at least 1".into());
        }
        let mut tokens = BTreeMap::new();
        for (name, instance) in &self.instances {
            if name.is_empty() {
                return bad("an instance needs a name".into());
            }
            if instance.token.is_empty() || instance.sender_token.is_empty() {
                return bad(format!("instance {name:?}: token and sender_token must not be empty"));
            }
            if instance.token == instance.sender_token {
                return bad(format!("instance {name:?}: token and sender_token must differ"));
            }
            if let Some(other) = tokens.insert(&instance.token, name) {
                return bad(format!("instances {other:?} and {name:?} share a token: give each its own"));
            }
            if let Some(url) = &instance.wake_url {
                let known =
                    Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
                if !known {
                    return bad(format!("instance {name:?}: wake_url must be an http or https URL"));
                }
            }
        }
        Ok(())
    }
}
