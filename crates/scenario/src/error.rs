//! What can be wrong with a scenario file.

use std::path::Path;

use dormouse_trace::TraceError;

/// A scenario cannot be had. One line: where, what, and how to mend it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("{path}: {reason}; check the path")]
    Read {
        /// Which file.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// The file does not say what a scenario must say.
    #[error("{origin}:{line}: {problem}; {fix}")]
    File {
        /// The file, or what stands for it.
        origin: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
        /// What to do.
        fix: String,
    },
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

impl ScenarioError {
    pub(crate) fn read(path: &Path, error: &std::io::Error) -> Self {
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            other => other.to_string(),
        };
        Self::Read { path: path.display().to_string(), reason }
    }
}
