//! What a watcher is told at its start.

use dormouse_core::Settings;

/// What a watcher is told at its start.
///
/// The default never sleeps: it is not opted in and has no wake URL.
///
/// ```
/// use dormouse_core::Settings;
/// use dormouse_watcher::WatchConfig;
///
/// let config = WatchConfig::default()
///     .with_settings(Settings::default().with_idle_timeout_ms(5 * 60_000))
///     .with_opted_in(true)
///     .with_wake_url("https://wake.example/me".to_owned());
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct WatchConfig {
    /// Timings and switches.
    pub settings: Settings,
    /// Has the operator opted in? See [`scale_to_zero_enabled`](dormouse_core::scale_to_zero_enabled).
    pub opted_in: bool,
    /// The URL that wakes this machine. Without one the watcher never sleeps. The watcher also calls it itself, when a poke
    /// came too late to stop a suspend.
    pub wake_url: Option<String>,
}

impl WatchConfig {
    /// The same configuration with other [`settings`](Self::settings).
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// The same configuration with another [`opted_in`](Self::opted_in).
    #[must_use]
    pub fn with_opted_in(self, opted_in: bool) -> Self {
        Self { opted_in, ..self }
    }

    /// The same configuration with another [`wake_url`](Self::wake_url): a `String` or an `Option<String>`.
    #[must_use]
    pub fn with_wake_url(self, wake_url: impl Into<Option<String>>) -> Self {
        Self { wake_url: wake_url.into(), ..self }
    }
}
