//! Errors of scenario files.

use dormouse_text::FormError;
use dormouse_trace::TraceError;

/// A scenario cannot be loaded. The message is one line: where, what, and how to fix it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file cannot be read, or is not a valid scenario.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The traffic cannot be read or generated.
    #[error("{origin}: traffic: {source}")]
    Traffic {
        /// The file, or its name in messages.
        origin: String,
        /// The cause.
        source: Box<TraceError>,
    },
    /// The trace has no such instance.
    #[error("{origin}: traffic: {trace} has no instance {instance:?}; name one of its {instances}")]
    Instance {
        /// The file, or its name in messages.
        origin: String,
        /// The trace file.
        trace: String,
        /// The requested instance; empty if none was named although there is not exactly one.
        instance: String,
        /// Number of instances in the trace.
        instances: usize,
    },
}
