//! Parameter values, read from TOML and written to it.

use serde::{Deserialize, Serialize};

use crate::draw::Latency;
use crate::faults::When;
use crate::parameter::{Parameter, ParameterKind};

/// The longest duration that a parameter can have, in ms: about 35,000 years, so that sums of times do not overflow.
pub(crate) const LONGEST_MS: u64 = 1 << 50;

/// A type that a parameter can have.
pub(crate) trait ParameterValue: Sized {
    /// The kind of parameter that has values of this type.
    const KIND: ParameterKind;

    /// Reads a value and checks it against the bounds of its parameter. The error says what the value must be, or what is
    /// wrong with it.
    fn read(value: &toml::Value, parameter: &Parameter) -> Result<Self, String>;
}

/// The value as TOML; `None` if TOML cannot express it.
pub(crate) fn written(value: &impl Serialize) -> Option<toml::Value> {
    toml::Value::try_from(value).ok()
}

impl ParameterValue for u64 {
    const KIND: ParameterKind = ParameterKind::Count;

    fn read(value: &toml::Value, parameter: &Parameter) -> Result<Self, String> {
        whole(value, parameter, LONGEST_MS)
    }
}

impl ParameterValue for u32 {
    const KIND: ParameterKind = ParameterKind::Count;

    fn read(value: &toml::Value, parameter: &Parameter) -> Result<Self, String> {
        whole(value, parameter, Self::MAX.into()).map(|n| n as Self)
    }
}

fn whole(value: &toml::Value, parameter: &Parameter, most: u64) -> Result<u64, String> {
    let unit = if parameter.kind == ParameterKind::Ms { " of milliseconds" } else { "" };
    match value.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= most) {
        Some(n) if n >= parameter.least => Ok(n),
        Some(_) => Err("must be above zero".to_owned()),
        None => Err(format!("must be a whole number{unit}, {} to {most}", parameter.least)),
    }
}

impl ParameterValue for bool {
    const KIND: ParameterKind = ParameterKind::Bool;

    fn read(value: &toml::Value, _: &Parameter) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "must be true or false".to_owned())
    }
}

impl ParameterValue for f64 {
    const KIND: ParameterKind = ParameterKind::Share;

    fn read(value: &toml::Value, _: &Parameter) -> Result<Self, String> {
        let number = value.as_float().or_else(|| value.as_integer().map(|n| n as Self));
        let share = number.filter(|share| (0.0..=1.0).contains(share));
        share.ok_or_else(|| "is a share, which lies between 0 and 1".to_owned())
    }
}

impl ParameterValue for String {
    const KIND: ParameterKind = ParameterKind::Text;

    fn read(value: &toml::Value, _: &Parameter) -> Result<Self, String> {
        value.as_str().map(str::to_owned).ok_or_else(|| "must be a text".to_owned())
    }
}

impl ParameterValue for Latency {
    const KIND: ParameterKind = ParameterKind::Latency;

    fn read(value: &toml::Value, _: &Parameter) -> Result<Self, String> {
        let latency = Self::deserialize(value.clone()).map_err(
            |_| "must be a number, a list, or { uniform = … }, { lognormal = … } or { exponential = … }",
        )?;
        latency.problem().map_or(Ok(latency), |problem| Err(problem.to_owned()))
    }
}

impl ParameterValue for When {
    const KIND: ParameterKind = ParameterKind::When;

    fn read(value: &toml::Value, parameter: &Parameter) -> Result<Self, String> {
        let when =
            Self::deserialize(value.clone()).map_err(|_| "must be a probability or a list of times")?;
        let fault = parameter.name.trim_start_matches("faults.");
        when.problem().map_or(Ok(when), |problem| Err(format!("{fault} {problem}")))
    }
}
