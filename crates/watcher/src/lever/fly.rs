//! Fly: the machine's own API on a unix socket.

use std::path::PathBuf;
use std::time::Duration;

use dormouse_core::{Lever, Settings};
use reqwest::{Client, Method};

use super::{Answer, Pull, Refused, http};

/// Where the machine finds its API.
pub const SOCKET: &str = "/.fly/api";

/// Our limit for the call, which is core's.
const LIMIT: Duration = Duration::from_millis(Settings::dormouse().direct_lever_timeout_ms);

/// Suspends the machine that it runs on: `POST /v1/apps/{app}/machines/{id}/suspend`. 2xx is accepted, everything else a
/// refusal. The body is not read.
#[derive(Debug, Clone)]
pub struct Fly {
    /// `None`: this is no Fly machine, and the watcher abstains.
    call: Option<(Client, String)>,
}

impl Fly {
    /// With the identity from `FLY_APP_NAME` and `FLY_MACHINE_ID` and the usual socket.
    #[must_use]
    pub fn from_env() -> Self {
        let var = |name| std::env::var(name).ok();
        Self::new(PathBuf::from(SOCKET), var("FLY_APP_NAME").as_deref(), var("FLY_MACHINE_ID").as_deref())
    }

    /// On `socket`, as machine `machine` of `app`. Without a socket or an identity there is no lever, which is said once.
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
                match http().unix_socket(socket).timeout(LIMIT).build() {
                    Ok(client) => return Self { call: Some((client, url)) },
                    Err(_) => "an HTTP client",
                }
            }
            (false, ..) => "the machine API's socket",
            (_, None, _) => "FLY_APP_NAME",
            (.., None) => "FLY_MACHINE_ID",
        };
        tracing::info!(missing, "no Fly machine: no lever");
        Self { call: None }
    }
}

impl Pull for Fly {
    fn lever(&self) -> Option<Lever> {
        self.call.as_ref().map(|_| Lever::Direct)
    }

    fn suspend(&self) -> Answer<'_> {
        Box::pin(async {
            let (client, url) =
                self.call.as_ref().ok_or_else(|| Refused::because("this is no Fly machine"))?;
            http_accepts(client, Method::POST, url, "the machine API").await
        })
    }
}

/// Sends the request, and takes 2xx for yes. Neither the URL nor the body is in what it says.
pub(super) async fn http_accepts(
    client: &Client,
    method: Method,
    url: &str,
    whom: &str,
) -> Result<(), Refused> {
    match client.request(method, url).send().await {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(Refused::because(&format!("{whom} answered {}", response.status()))),
        Err(error) if error.is_timeout() => Err(Refused::because(&format!("{whom} did not answer in time"))),
        Err(error) if error.is_connect() => Err(Refused::because(&format!("{whom} cannot be reached"))),
        Err(_) => Err(Refused::because(&format!("{whom} did not answer as HTTP"))),
    }
}
