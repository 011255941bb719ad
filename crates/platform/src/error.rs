//! What can be wrong with a platform.

/// A platform cannot be had. One line: where, what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlatformError {
    /// There is none of that name.
    #[error("no platform is called {name:?}; {advice}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest, or all.
        advice: String,
    },
    /// The file cannot be read.
    #[error("{path}: {reason}; check the path")]
    Read {
        /// Which file.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// The file does not say what a platform must say.
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
}
