//! What the embedding gateway provides.

use dormouse_core::{Heartbeat, Status};

use crate::work::WorkSource;

/// The gateway as its watcher asks about it. All of it is asked at each look and must answer at once; an implementation that
/// panics counts as busy, and as connected to something besides the relay.
pub trait Gateway: Send + Sync + 'static {
    /// Shows every source of work to `each`.
    fn sources(&self, each: &mut dyn FnMut(&dyn WorkSource));

    /// Shows the names of the messaging platforms that are connected now to `each`: those that are merely configured or
    /// disabled are not among them.
    fn platforms(&self, each: &mut dyn FnMut(&str));

    /// The last heartbeat of attached clients.
    fn heartbeat(&self) -> Heartbeat {
        Heartbeat::Missing
    }

    /// The status changed.
    fn publish(&self, status: Status);
}
