//! What can be wrong with a platform.

use dormouse_text::FormError;

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
    /// The file cannot be read, or does not say what a platform must say.
    #[error(transparent)]
    Form(#[from] FormError),
}
