//! What can be wrong with a platform.

use dormouse_text::FormError;

/// A platform cannot be found or read. The message is one line that says where, what is wrong, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlatformError {
    /// There is no platform of that name.
    #[error("no platform is called {name:?}; {advice}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The nearest name, or all names.
        advice: String,
    },
    /// The file cannot be read, or is not a complete and valid platform.
    #[error(transparent)]
    Form(#[from] FormError),
}
