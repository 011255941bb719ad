//! What can be wrong with a scenario file.

use dormouse_text::FormError;
use dormouse_trace::TraceError;

/// A scenario cannot be had. One line: where, what, and how to mend it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file cannot be read, or does not say what a scenario must say.
    #[error(transparent)]
    Form(#[from] FormError),
    /// Its traffic cannot be had.
    #[error("{origin}: traffic: {source}")]
    Traffic {
        /// The file, or what stands for it.
        origin: String,
        /// Why.
        source: Box<TraceError>,
    },
    /// The trace has no such instance.
    #[error("{origin}: traffic: {trace} has no instance {instance:?}; name one of its {instances}")]
    Instance {
        /// The file, or what stands for it.
        origin: String,
        /// The trace file.
        trace: String,
        /// What was asked for; empty if nothing was and there is not exactly one.
        instance: String,
        /// How many there are.
        instances: usize,
    },
}
