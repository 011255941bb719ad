//! A lever on a process tree of one's own: for testbeds, and for plain Linux hosts.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dormouse_core::Lever;

use super::tree::{Tree, TreeError};
use super::{Answer, Pull};

/// Freezes a tree some time after it was asked to, as a platform does. For a watcher that runs outside of the tree: its own
/// clocks do not show a freeze, so this lever leaves a mark of a resume, as a broker's platform does.
///
/// Whoever is to wake the tree calls [`resume`](Self::resume), which also stops a freeze that has not landed yet.
#[derive(Debug, Clone)]
pub struct LocalLever {
    tree: Arc<Mutex<Tree>>,
    freeze_lag: Duration,
    /// Accepted suspends and resumes so far. A freeze lands only if nothing came after its suspend.
    calls: Arc<AtomicU64>,
    /// Resumed since the last accepted suspend.
    resumed: Arc<AtomicBool>,
}

impl LocalLever {
    /// Freezes `tree` this long after an accepted suspend.
    #[must_use]
    pub fn new(tree: Arc<Mutex<Tree>>, freeze_lag: Duration) -> Self {
        Self { tree, freeze_lag, calls: Arc::default(), resumed: Arc::default() }
    }

    /// Thaws the tree; if its freeze is still to come, it does not come any more.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn resume(&self) -> Result<(), TreeError> {
        // Before the lock: a freeze that has it already is thawed, one that comes to it later finds this.
        self.calls.fetch_add(1, Ordering::SeqCst);
        let thawed = self.tree.lock().unwrap_or_else(PoisonError::into_inner).thaw();
        self.resumed.store(true, Ordering::SeqCst);
        thawed
    }
}

impl Pull for LocalLever {
    fn lever(&self) -> Option<Lever> {
        Some(Lever::Brokered)
    }

    fn suspend(&self) -> Answer<'_> {
        Box::pin(async {
            let (tree, freeze_lag) = (Arc::clone(&self.tree), self.freeze_lag);
            let (calls, mine) = (Arc::clone(&self.calls), self.calls.fetch_add(1, Ordering::SeqCst) + 1);
            let resumed = Arc::clone(&self.resumed);
            self.resumed.store(false, Ordering::SeqCst);
            tokio::spawn(async move {
                tokio::time::sleep(freeze_lag).await;
                let freeze = move || {
                    let mut tree = tree.lock().unwrap_or_else(PoisonError::into_inner);
                    if calls.load(Ordering::SeqCst) == mine { tree.freeze() } else { Ok(()) }
                };
                if let Ok(Err(error)) = tokio::task::spawn_blocking(freeze).await {
                    tracing::warn!(%error, "accepted, but not frozen");
                    resumed.store(true, Ordering::SeqCst);
                }
            });
            Ok(())
        })
    }

    /// Resumes the tree; the URL is not asked.
    fn wake(&self, _: &str) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let lever = self.clone();
        Box::pin(async move {
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || lever.resume()).await {
                tracing::warn!(%error, "not thawed");
            }
        })
    }

    fn wake_marker(&self) -> bool {
        self.resumed.load(Ordering::SeqCst)
    }
}
