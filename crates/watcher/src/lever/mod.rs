//! What suspends the machine.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use dormouse_core::Lever;

pub mod brokered;
mod cgroup;
pub mod fly;
pub mod local;
pub mod tree;
mod wake;

pub use brokered::Brokered;
pub use fly::Fly;
pub use local::LocalLever;
pub use tree::Tree;

/// A lever's answer, later.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Refused>> + Send + 'a>>;

/// Pulls a lever.
pub trait Pull: Send + Sync + 'static {
    /// Which of core's levers it is, or `None`: there is nothing to pull, and the watcher abstains.
    fn lever(&self) -> Option<Lever>;

    /// Asks for the suspend. `Ok` means accepted: the freeze lands by itself a few seconds later. Everything else is a
    /// refusal, never a panic, and the machine stays awake.
    fn suspend(&self) -> Answer<'_>;

    /// Sends a request to this machine's own wake URL, and again until somebody has taken it: the freeze is on its way, and
    /// a machine that is called meanwhile resumes right after it. Goes on while the watcher does other things.
    fn wake(&self, url: &str) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(wake::poke(url.to_owned()))
    }

    /// Has the platform left a mark of a resume since the last accepted suspend? Only brokered levers have one.
    fn wake_marker(&self) -> bool {
        false
    }
}

/// Why a lever did not accept. Its text holds no URL, path of a credential, or body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub String);

impl Refused {
    pub(crate) fn because(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// What both HTTP levers have in common: no proxy, no redirect that would carry a credential elsewhere.
fn http() -> reqwest::ClientBuilder {
    // The process may have chosen a provider already; any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none())
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// No lever on this platform: the watcher abstains.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Pull for Nothing {
    fn lever(&self) -> Option<Lever> {
        None
    }

    fn suspend(&self) -> Answer<'_> {
        Box::pin(async { Err(Refused("there is no lever on this platform".to_owned())) })
    }
}
