//! The built-in specifications.

use crate::TraceError;

/// The names of the presets; [`Spec::about`](super::Spec::about) describes each.
pub const PRESETS: &[&str] = &[
    "team-week",
    "personal",
    "team-chat",
    "bursty-agent",
    "cron-heavy",
    "webhooks",
    "dashboard",
    "never-idle",
    "dead",
    "million-requests",
];

/// The TOML of a preset, which also serves as a template.
pub(super) fn text(name: &str) -> Result<&'static str, TraceError> {
    Ok(match name {
        "team-week" => include_str!("../../presets/team-week.toml"),
        "personal" => include_str!("../../presets/personal.toml"),
        "team-chat" => include_str!("../../presets/team-chat.toml"),
        "bursty-agent" => include_str!("../../presets/bursty-agent.toml"),
        "cron-heavy" => include_str!("../../presets/cron-heavy.toml"),
        "webhooks" => include_str!("../../presets/webhooks.toml"),
        "dashboard" => include_str!("../../presets/dashboard.toml"),
        "never-idle" => include_str!("../../presets/never-idle.toml"),
        "dead" => include_str!("../../presets/dead.toml"),
        "million-requests" => include_str!("../../presets/million-requests.toml"),
        _ => {
            let advice = dormouse_text::nearest::advice(name, PRESETS.iter().copied());
            return Err(TraceError::UnknownPreset { name: name.to_owned(), advice });
        }
    })
}
