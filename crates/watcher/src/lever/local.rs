//! A lever on a process tree below this process, for testbeds and for plain Linux hosts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dormouse_core::Lever;

use super::tree::{Tree, TreeError};
use super::{SuspendFuture, SuspendLever, WakeFuture};

/// Freezes a tree some time after it was asked to, as a platform does. For a watcher that runs outside of the tree. Since that
/// watcher's clocks do not show a freeze, this lever leaves a mark of a resume, as a broker's platform does.
///
/// [`resume`](Self::resume) wakes the tree. It also prevents a freeze that has not landed yet.
#[derive(Debug, Clone)]
pub struct LocalLever {
    tree: Arc<Mutex<Tree>>,
    freeze_lag: Duration,
    /// The number of suspends and resumes so far. A freeze lands only if it is still that of its suspend.
    calls: Arc<AtomicU64>,
    /// Has the tree been resumed since the last accepted suspend?
    resumed: Arc<AtomicBool>,
}

impl LocalLever {
    /// Freezes `tree` this long after an accepted suspend.
    #[must_use]
    pub fn new(tree: Arc<Mutex<Tree>>, freeze_lag: Duration) -> Self {
        Self { tree, freeze_lag, calls: Arc::default(), resumed: Arc::default() }
    }

    /// Thaws the tree, or prevents its freeze if that has not landed yet.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn resume(&self) -> Result<(), TreeError> {
        // Before taking the lock: a freeze that holds it now is thawed below, and a later one sees the new number.
        self.calls.fetch_add(1, Ordering::SeqCst);
        let thawed = self.tree.lock().unwrap_or_else(PoisonError::into_inner).thaw();
        self.resumed.store(true, Ordering::SeqCst);
        thawed
    }
}

impl SuspendLever for LocalLever {
    fn lever(&self) -> Option<Lever> {
        Some(Lever::Brokered)
    }

    fn suspend(&self) -> SuspendFuture<'_> {
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
                    tracing::warn!(%error, "the suspend was accepted, but the tree could not be frozen");
                    resumed.store(true, Ordering::SeqCst);
                }
            });
            Ok(())
        })
    }

    /// Resumes the tree. The URL is not used.
    fn wake(&self, _: &str) -> WakeFuture {
        let lever = self.clone();
        Box::pin(async move {
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || lever.resume()).await {
                tracing::warn!(%error, "the tree could not be thawed");
            }
        })
    }

    fn wake_marker(&self) -> bool {
        self.resumed.load(Ordering::SeqCst)
    }
}
