//! Parameters: their descriptions, and how they are read and set by name.

use crate::setup::Setup;
use crate::{faults, timings, world};

/// A parameter: one of the watcher's timings, of the world's properties, or of the faults.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name, as `--set` takes it: `tick_ms`, `freeze_lag_ms`, `faults.lost_ack`.
    pub name: &'static str,
    /// The heading under which it is listed.
    pub section: &'static str,
    /// The kind of its value, which includes the unit.
    pub kind: ParameterKind,
    /// The least value allowed, where the value is a whole number.
    pub least: u64,
    /// Where its default comes from.
    pub source: Provenance,
    /// Its meaning, as one line of Markdown. The first sentence is a summary.
    pub doc: &'static str,
    pub(crate) get: fn(&Setup) -> Option<toml::Value>,
    pub(crate) set: fn(&Self, &mut Setup, &toml::Value) -> Result<(), String>,
}

/// The kind of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// A duration in whole milliseconds.
    Ms,
    /// A [`Latency`](crate::Latency), in milliseconds.
    Latency,
    /// `true` or `false`.
    Bool,
    /// A share, 0 to 1.
    Share,
    /// A whole number.
    Count,
    /// A string.
    Text,
    /// One of these names.
    OneOf(&'static [&'static str]),
    /// [`When`](crate::When) a fault strikes: a probability, or a list of times in ms.
    When,
}

impl ParameterKind {
    /// The kind for the parameter `name`: a whole number is a duration if the name ends in `_ms`.
    pub(crate) const fn of(self, name: &str) -> Self {
        match (self, name.as_bytes()) {
            (Self::Count, [.., b'_', b'm', b's']) => Self::Ms,
            _ => self,
        }
    }
}

/// Where a default comes from, with a remark that may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// Measured on a public production deployment, or read in it.
    Measured(&'static str),
    /// An assumption.
    Assumed(&'static str),
    /// Our choice. It says nothing about any deployment.
    OurChoice,
}

impl Parameter {
    /// Every parameter except the [switches](dormouse_core::Switches), in the order of the documentation.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        [timings::TIMINGS, world::WORLD, faults::FAULTS].into_iter().flatten()
    }

    /// The parameter's value in `setup`, as TOML; `None` for a fault that never strikes.
    #[must_use]
    pub fn value(&self, setup: &Setup) -> Option<toml::Value> {
        (self.get)(setup)
    }
}

/// Builds the descriptions of the parameters that are fields of `Setup`'s field `$part`.
macro_rules! parameters {
    ($part:ident: $($section:literal {
        $($(#[doc = $doc:literal])+ $name:ident: $type:ty $(, least $least:literal)? => $source:expr;)+
    })+) => {
        &[$($($crate::parameter::Parameter {
            name: stringify!($name),
            section: $section,
            kind: <$type as $crate::value::ParameterValue>::KIND.of(stringify!($name)),
            least: [$($least,)? 0][0],
            source: $source,
            doc: concat!($($doc),+).trim_ascii(),
            get: |setup| $crate::value::written(&setup.$part.$name),
            set: |parameter, setup, value| {
                setup.$part.$name = $crate::value::ParameterValue::read(value, parameter)?;
                Ok(())
            },
        },)+)+]
    };
}
pub(crate) use parameters;
