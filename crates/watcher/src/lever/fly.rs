//! Fly: the machine's own API on a Unix socket.

use std::path::PathBuf;
use std::time::Duration;

use dormouse_core::{Lever, Settings};
use reqwest::{Client, Method};

use super::{SuspendFuture, SuspendLever, SuspendRefused, WakeFuture, http, wake};

/// The socket of the machine's API.
pub const SOCKET: &str = "/.fly/api";

/// The limit for the call: core's.
const LIMIT: Duration = Duration::from_millis(Settings::dormouse().direct_lever_timeout_ms);

/// Suspends the machine that it runs on: `POST /v1/apps/{app}/machines/{id}/suspend`. A status of 2xx means accepted, everything
/// else is a refusal. The body of the answer is not read.
#[derive(Debug, Clone)]
pub struct Fly {
    /// `None`: this is not a Fly machine, and the watcher abstains.
    call: Option<(Client, String)>,
}

impl Fly {
    /// The lever of this machine: identity from `FLY_APP_NAME` and `FLY_MACHINE_ID`, and the usual socket.
    #[must_use]
    pub fn from_env() -> Self {
        let var = |name| std::env::var(name).ok();
        Self::new(PathBuf::from(SOCKET), var("FLY_APP_NAME").as_deref(), var("FLY_MACHINE_ID").as_deref())
    }

    /// The lever of machine `machine` of `app`, on `socket`. Without a socket or an identity there is no lever, which is logged
    /// once.
    #[must_use]
    pub fn new(socket: PathBuf, app: Option<&str>, machine: Option<&str>) -> Self {
        let name = |name: Option<&str>| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let name = name.map(str::trim).filter(|name| !name.is_empty() && name.chars().all(plain));
            name.map(str::to_owned)
        };
        let missing = match (socket.exists(), name(app), name(machine)) {
            (true, Some(app), Some(machine)) => {
                let url = format!("http://localhost/v1/apps/{app}/machines/{machine}/suspend");
                match http::client().unix_socket(socket).timeout(LIMIT).build() {
                    Ok(client) => return Self { call: Some((client, url)) },
                    Err(_) => "an HTTP client",
                }
            }
            (false, ..) => "the machine API's socket",
            (_, None, _) => "FLY_APP_NAME",
            (.., None) => "FLY_MACHINE_ID",
        };
        tracing::info!(missing, "this is not a Fly machine: no lever");
        Self { call: None }
    }
}

impl SuspendLever for Fly {
    fn lever(&self) -> Option<Lever> {
        self.call.as_ref().map(|_| Lever::Direct)
    }

    fn suspend(&self) -> SuspendFuture<'_> {
        Box::pin(async {
            let Some((client, url)) = &self.call else {
                return Err(SuspendRefused("this is not a Fly machine".to_owned()));
            };
            http::accepts(client, Method::POST, url, "the machine API").await
        })
    }

    fn wake(&self, url: &str) -> WakeFuture {
        wake::request(url)
    }
}
