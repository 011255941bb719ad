//! The scenario file: reading and writing.

use std::path::{Path, PathBuf};

use dormouse_core::{Design, Switches};
use dormouse_sim::{ParamError, Setup, Span};
use dormouse_text::place::line_of;
use dormouse_text::{FormError, nearest, read_text};
use dormouse_trace::{Events, Instance};
use serde::{Deserialize, Serialize};

use crate::{Bound, Expect, ScenarioCase, ScenarioError, Traffic};

/// A replayable story with the expected verdict, with the defect and with the cure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The subject, in a few words.
    pub title: String,
    /// When it happened, as free text; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub date: String,
    /// Where it was reported; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// What happened, and why.
    pub story: String,
    /// What would have predicted it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub foreseen: String,
    /// The watcher's design.
    #[serde(with = "by_name")]
    pub watcher: Design,
    /// The design that was in use at the time, if different: in the same world, with its own switches, it must
    /// show the expected classes, possibly among others.
    #[serde(default, with = "by_name::optional", skip_serializing_if = "Option::is_none")]
    pub of_the_day: Option<Design>,
    /// The idle timeout, above zero, such as `"2m"`; the design's own by default.
    #[serde(default, with = "time::optional", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// The end of the replay, such as `"30m"`; it starts at 0.
    #[serde(with = "time")]
    pub horizon: u64,
    /// Seed of the random draws.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub seed: u64,
    /// Switches, timings, parameters of the world, and faults, by the names in [`Setup::set`].
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub set: toml::Table,
    /// The traffic.
    pub traffic: Traffic,
    /// The expected verdict with the defect.
    pub expect: Expect,
    /// The fix. A scenario found by a search has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<Cure>,
    /// The file it was read from, or its name in messages.
    #[serde(skip)]
    pub origin: PathBuf,
}

/// The run with the fix: the same as with the defect except for these fields.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cure {
    /// A different design.
    #[serde(with = "by_name::optional", skip_serializing_if = "Option::is_none")]
    pub watcher: Option<Design>,
    /// Switches and parameters in addition to the scenario's.
    #[serde(skip_serializing_if = "toml::Table::is_empty")]
    pub set: toml::Table,
    /// Different traffic, if the traffic itself was the defect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// The expected verdict with the cure; no missed work by default.
    pub expect: Expect,
}

const fn one() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_one(seed: &u64) -> bool {
    *seed == 1
}

impl Scenario {
    /// Loads a scenario file.
    ///
    /// # Errors
    /// When the file cannot be read, or as [`from_toml`](Self::from_toml).
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        Self::from_toml(&read_text(path)?, path)
    }

    /// Parses a scenario. `origin` is the file's path in messages, and trace files are looked up in its folder.
    ///
    /// # Errors
    /// With line and fix: when the text is not a valid scenario, a key is unknown (with the nearest known name),
    /// or a parameter is invalid.
    pub fn from_toml(text: &str, origin: impl Into<PathBuf>) -> Result<Self, ScenarioError> {
        let origin = origin.into();
        let wrong = |line, (problem, fix)| -> ScenarioError {
            FormError::File { origin: origin.display().to_string(), line, problem, fix }.into()
        };
        let mut scenario: Self = toml::from_str(text).map_err(|e| {
            wrong(nearest::line_in_toml(&e, text).unwrap_or(1), nearest::in_toml(&e, "see docs/scenarios.md"))
        })?;
        scenario.origin.clone_from(&origin);
        // Set up both runs once now, so that a loaded scenario can always be played.
        let sets: [(&[&str], Result<Setup, ParamError>); 2] =
            [(&["set"], scenario.try_setup(false)), (&["cure", "set"], scenario.try_setup(true))];
        for (place, setup) in sets {
            setup.map_err(|error| {
                let path: Vec<&str> = place.iter().copied().chain(error.name().split('.')).collect();
                wrong(line_of(text, &path), error.problem_and_fix())
            })?;
        }
        Ok(scenario)
    }

    /// A scenario from the result of a search: `events` in the world and with the watcher of `setup` from 0 to
    /// `horizon`, in ms. Its verdict demands exactly the classes that the run shows. The caller fills in title
    /// and story.
    ///
    /// Draws are keyed by the instance's name, which is [`INSTANCE`](Self::INSTANCE) in every scenario with
    /// inline events. So a search with random draws must play its events under that name.
    #[must_use]
    pub fn found(design: Design, setup: &Setup, events: Events, horizon: u64) -> Self {
        let instance = Instance::new(Self::INSTANCE, events.clone());
        let span = Span { start_ms: 0, end_ms: horizon };
        let outcome = ScenarioCase { instance, span, setup: setup.clone(), expect: Expect::default() }.play();
        let missed = outcome.missed().map(|(class, n)| (class, Bound::exactly(n))).collect();
        Self {
            title: String::new(),
            date: String::new(),
            source: String::new(),
            story: String::new(),
            foreseen: String::new(),
            watcher: design,
            of_the_day: None,
            timeout: Some(setup.settings.idle_timeout_ms),
            horizon,
            seed: setup.seed,
            set: setup.changes_from(design),
            traffic: events.into(),
            expect: Expect { missed, ..Expect::default() },
            cure: None,
            origin: PathBuf::new(),
        }
    }

    /// The instance's name in a scenario with inline events.
    pub const INSTANCE: &'static str = "scenario";

    /// The scenario as TOML; parsing it gives the same scenario.
    ///
    /// # Errors
    /// When a value cannot be written as TOML, such as a count above 2^63.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    /// The scenario's name: the file's name without folder and extension.
    #[must_use]
    pub fn name(&self) -> String {
        self.origin.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The run with the defect.
    ///
    /// # Errors
    /// When the traffic cannot be read or generated, or (in a scenario built in code) a parameter is invalid.
    pub fn defect(&self) -> Result<ScenarioCase, ScenarioError> {
        self.case(self.setup(false)?, &self.traffic, self.expect.clone())
    }

    /// The run with the cure; `None` if there is none.
    ///
    /// # Errors
    /// The same as [`defect`](Self::defect).
    pub fn cured(&self) -> Result<Option<ScenarioCase>, ScenarioError> {
        let Some(cure) = &self.cure else { return Ok(None) };
        let traffic = cure.traffic.as_ref().unwrap_or(&self.traffic);
        self.case(self.setup(true)?, traffic, cure.expect.clone()).map(Some)
    }

    /// The scenario's traffic and world with another design, its own switches and (unless the scenario names
    /// one) its own default timeout. Nothing is expected of the run.
    ///
    /// # Errors
    /// The same as [`defect`](Self::defect).
    pub fn under(&self, design: Design) -> Result<ScenarioCase, ScenarioError> {
        let world = self.set.iter().filter(|(name, _)| !Switches::NAMES.contains(&name.as_str()));
        let world = world.map(|(name, value)| (name.clone(), value.clone())).collect();
        let setup = self.made(design, &[&world]).map_err(|error| self.refused(&error))?;
        self.case(setup, &self.traffic, Expect::default())
    }

    fn case(&self, setup: Setup, traffic: &Traffic, expect: Expect) -> Result<ScenarioCase, ScenarioError> {
        let folder = self.origin.parent().unwrap_or(Path::new(""));
        let instance = traffic.instance(&self.origin.display().to_string(), folder, self.seed)?;
        Ok(ScenarioCase { instance, span: Span { start_ms: 0, end_ms: self.horizon }, setup, expect })
    }

    fn setup(&self, cured: bool) -> Result<Setup, ScenarioError> {
        self.try_setup(cured).map_err(|error| self.refused(&error))
    }

    fn try_setup(&self, cured: bool) -> Result<Setup, ParamError> {
        let (design, sets) = match self.cure.as_ref().filter(|_| cured) {
            None => (self.watcher, vec![&self.set]),
            Some(cure) => (cure.watcher.unwrap_or(self.watcher), vec![&self.set, &cure.set]),
        };
        let setup = self.made(design, &sets)?;
        setup.check(sets.into_iter().flat_map(toml::Table::keys).map(String::as_str))?;
        Ok(setup)
    }

    fn made(&self, design: Design, sets: &[&toml::Table]) -> Result<Setup, ParamError> {
        let mut setup = Setup { seed: self.seed, ..Setup::new(design) };
        if let Some(timeout) = self.timeout {
            setup.settings.idle_timeout_ms = timeout;
        }
        sets.iter().try_for_each(|set| setup.set_all(set))?;
        Ok(setup)
    }

    fn refused(&self, error: &ParamError) -> ScenarioError {
        let (problem, fix) = error.problem_and_fix();
        FormError::File { origin: self.origin.display().to_string(), line: 1, problem, fix }.into()
    }
}

/// Serializes designs by name.
mod by_name {
    use dormouse_core::Design;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    pub(super) fn serialize<S: Serializer>(design: &Design, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(design.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Design, D::Error> {
        dormouse_sim::design_named(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    pub(super) mod optional {
        use super::{Deserializer, Design, Serializer};

        #[expect(clippy::ref_option, reason = "serde hands out references")]
        pub(crate) fn serialize<S: Serializer>(
            design: &Option<Design>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match design {
                Some(design) => super::serialize(design, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Design>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}

/// Serializes times above zero, with their unit.
mod time {
    use std::fmt;

    use dormouse_text::{Bare, duration_ms, duration_text};
    use dormouse_trace::MAX_MS;
    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    pub(super) fn serialize<S: Serializer>(ms: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&duration_text(*ms))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        struct Time;
        impl Visitor<'_> for Time {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as \"30m\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
                duration_ms(text, Bare::Refused, &(1..=MAX_MS)).map_err(E::custom)
            }
            // Refuse a number without a unit.
            fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<u64, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Time)
    }

    pub(super) mod optional {
        use super::{Deserializer, Serializer};

        #[expect(clippy::ref_option, reason = "serde hands out references")]
        pub(crate) fn serialize<S: Serializer>(ms: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
            match ms {
                Some(ms) => super::serialize(ms, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<u64>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}
