//! Levers: what suspends the machine.
//!
//! | lever | feature | suspends |
//! |---|---|---|
#![cfg_attr(
    all(feature = "fly", unix),
    doc = "| [`Fly`] | `fly`, Unix only | the Fly machine that it runs on |"
)]
#![cfg_attr(
    feature = "brokered",
    doc = "| [`Brokered`] | `brokered` | the machine, through a broker's URL |"
)]
#![cfg_attr(
    all(feature = "process-tree", target_os = "linux"),
    doc = "| [`LocalLever`] | `process-tree`, Linux only | a process tree of one's own |"
)]
//! | [`NoLever`] | | nothing: the watcher abstains |
//!
//! Implement [`SuspendLever`] for a platform of your own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use dormouse_core::Lever;

#[cfg(feature = "brokered")]
pub mod brokered;
#[cfg(all(feature = "process-tree", target_os = "linux"))]
mod cgroup;
#[cfg(all(feature = "fly", unix))]
pub mod fly;
#[cfg(feature = "wake")]
mod http;
#[cfg(all(feature = "process-tree", target_os = "linux"))]
pub mod local;
#[cfg(all(feature = "process-tree", target_os = "linux"))]
mod processes;
#[cfg(all(feature = "process-tree", target_os = "linux"))]
pub mod tree;
#[cfg(feature = "wake")]
pub mod wake;

#[cfg(feature = "brokered")]
pub use brokered::Brokered;
#[cfg(all(feature = "fly", unix))]
pub use fly::Fly;
#[cfg(all(feature = "process-tree", target_os = "linux"))]
pub use local::LocalLever;
#[cfg(all(feature = "process-tree", target_os = "linux"))]
pub use tree::Tree;

/// A lever's answer, later.
pub type SuspendFuture<'a> = Pin<Box<dyn Future<Output = Result<(), SuspendRefused>> + Send + 'a>>;

/// A request to the machine's own wake URL.
pub type WakeFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Suspends the machine, by whatever call the platform has for that.
///
/// ```
/// use dormouse_core::Lever;
/// use dormouse_watcher::lever::{SuspendFuture, SuspendLever, SuspendRefused, WakeFuture};
///
/// /// A platform whose agent suspends the machine that asks for it.
/// struct Agent;
///
/// impl SuspendLever for Agent {
///     fn lever(&self) -> Option<Lever> {
///         Some(Lever::Direct)
///     }
///     fn suspend(&self) -> SuspendFuture<'_> {
///         Box::pin(async {
///             // Ask the agent here.
///             Err(SuspendRefused("the agent is busy".to_owned()))
///         })
///     }
///     fn wake(&self, url: &str) -> WakeFuture {
///         let url = url.to_owned();
///         Box::pin(async move {
///             // Send a GET here, until it is answered; the feature `wake` has a function for this.
///             drop(url);
///         })
///     }
/// }
/// ```
pub trait SuspendLever: Send + Sync + 'static {
    /// The kind of lever; `None` if there is nothing to pull now, and the watcher abstains.
    fn lever(&self) -> Option<Lever>;

    /// Asks the platform to suspend the machine. `Ok` means accepted: the freeze follows by itself a few seconds later. Everything
    /// else is a refusal, and the machine stays awake. The watcher drops the future when it gives up.
    fn suspend(&self) -> SuspendFuture<'_>;

    /// Sends a request to the machine's own wake URL, and repeats it until it is answered.
    ///
    /// Called when a poke came too late to stop an accepted suspend. The platform resumes a machine that is called during its
    /// suspend right after the freeze; without the request, a message would wait until the next poke. The future runs on its own
    /// while the watcher goes on.
    fn wake(&self, url: &str) -> WakeFuture;

    /// Has the platform left a mark of a resume since the last accepted suspend? Only brokered levers have one.
    fn wake_marker(&self) -> bool {
        false
    }
}

/// Why a lever did not accept. It is logged, so it must not contain a URL, a path of a credential, or the body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspendRefused(pub String);

impl fmt::Display for SuspendRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SuspendRefused {}

/// No lever on this platform: the watcher abstains.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLever;

impl SuspendLever for NoLever {
    fn lever(&self) -> Option<Lever> {
        None
    }

    fn suspend(&self) -> SuspendFuture<'_> {
        Box::pin(async { Err(SuspendRefused("there is no lever on this platform".to_owned())) })
    }

    /// Sends nothing: what cannot be suspended need not be woken.
    fn wake(&self, _: &str) -> WakeFuture {
        Box::pin(std::future::ready(()))
    }
}
