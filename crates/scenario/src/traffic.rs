//! The traffic of a scenario: events in the file, a generator's preset, or a trace file.

use std::path::Path;

use dormouse_trace::generate::{Spec, generate_instance};
use dormouse_trace::{Events, Instance, ReadOptions, TraceError, read_path};
use serde::{Deserialize, Serialize};

use crate::{Inline, Scenario, ScenarioError};

/// The traffic of a scenario: one instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// Events in the file itself.
    Events(Inline),
    /// The first instance of a generator's preset.
    Preset(Preset),
    /// An instance of a trace file.
    File(TraceFile),
}

/// A preset of [`dormouse_trace::generate`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// One of [`PRESETS`](dormouse_trace::generate::PRESETS).
    pub name: String,
    /// Overrides by dotted key, such as `span` or `"stream.0.arrivals.per_hour"`.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub set: toml::Table,
}

/// A trace file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceFile {
    /// Its path, relative to the scenario's folder.
    pub path: String,
    /// The name of the instance; not needed if there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl From<Events> for Traffic {
    fn from(events: Events) -> Self {
        Self::Events(Inline(events))
    }
}

impl Traffic {
    /// The instance with this traffic. `folder` is the scenario's folder, `seed` the generator's seed. Events in
    /// the file belong to an instance called [`Scenario::INSTANCE`].
    ///
    /// # Errors
    /// When the preset or the trace file does not exist or cannot be read.
    pub(crate) fn instance(&self, origin: &str, folder: &Path, seed: u64) -> Result<Instance, ScenarioError> {
        let wrong = |source: TraceError| ScenarioError::Traffic {
            origin: origin.to_owned(),
            source: Box::new(source),
        };
        match self {
            Self::Events(Inline(events)) => Ok(Instance::new(Scenario::INSTANCE, events.clone())),
            Self::Preset(Preset { name, set }) => {
                let texts: Vec<(&String, String)> =
                    set.iter().map(|(key, value)| (key, value.to_string())).collect();
                let overrides: Vec<(&str, &str)> =
                    texts.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                let spec = Spec::preset_with(name, &overrides).map_err(wrong)?;
                generate_instance(&spec, seed, 0).map_err(wrong)
            }
            Self::File(TraceFile { path, instance }) => {
                let trace = read_path(&folder.join(path), &ReadOptions::default()).map_err(wrong)?.trace;
                let instances = trace.instances.len();
                let mut named = trace
                    .instances
                    .into_iter()
                    .filter(|one| instance.as_ref().map_or(instances == 1, |name| one.name == *name));
                named.next().ok_or_else(|| ScenarioError::Instance {
                    origin: origin.to_owned(),
                    trace: path.clone(),
                    instance: instance.clone().unwrap_or_default(),
                    instances,
                })
            }
        }
    }
}
