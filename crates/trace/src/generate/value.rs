//! Parameters: a number, a time with its unit, or a distribution of either.

use std::fmt;

use dormouse_text::{Bare, duration_seconds};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::Dist;

/// A parameter: `12`, `0.5`, `"90s"`, or `{ dist = "lognormal", median = "6m", sigma = 1.2 }`.
///
/// A time is text with a unit, as [`dormouse_text::duration_ms`] reads it. Each parameter accepts either times
/// or numbers. If a parameter is a single value, a distribution is drawn from once per instance. If it is a
/// distribution, a plain value means the constant distribution. Parameters of a distribution that are themselves
/// distributions are drawn once per instance.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number without a unit: a count, a rate, a probability, a shape.
    Number(f64),
    /// A time, in seconds.
    Time(f64),
    /// A distribution.
    Dist(Box<Dist>),
}

/// What a parameter measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    /// A number without a unit.
    Number,
    /// A time, in seconds.
    Time,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        struct Parameter;
        impl<'de> Visitor<'de> for Parameter {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a time such as \"90s\", or a distribution")
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Number(number as f64))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(number as f64))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
                Ok(Value::Number(number))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
                duration_seconds(text, Bare::Refused).map(Value::Time).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                Dist::deserialize(MapAccessDeserializer::new(map)).map(|dist| Value::Dist(Box::new(dist)))
            }
        }
        deserializer.deserialize_any(Parameter)
    }
}

/// A value of the expected quantity.
pub(super) enum Resolved<'a> {
    /// A number, or seconds.
    Plain(f64),
    /// A distribution, not yet checked to be of the expected quantity.
    Dist(&'a Dist),
}

/// The problem with a value, and the fix.
pub(super) type Unfit = (String, String);

impl Value {
    /// Resolves the value as the expected `quantity`.
    pub(super) fn resolve(&self, quantity: Quantity) -> Result<Resolved<'_>, Unfit> {
        match (self, quantity) {
            (Value::Dist(dist), _) => Ok(Resolved::Dist(dist)),
            (Value::Number(value), Quantity::Number) | (Value::Time(value), Quantity::Time) => {
                Ok(Resolved::Plain(*value))
            }
            // A time without a unit.
            (Value::Number(number), Quantity::Time) => duration_seconds(&number.to_string(), Bare::Refused)
                .map(Resolved::Plain)
                .map_err(|error| (error.problem, error.fix)),
            (Value::Time(_), Quantity::Number) => {
                Err(("is a time and must be a number".to_owned(), "leave out the unit".to_owned()))
            }
        }
    }
}

/// A time of 0, for defaults.
pub(super) fn zero() -> Value {
    Value::Time(0.0)
}
