//! A parameter as written: a number, a time with its unit, or a distribution.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::Dist;
use crate::duration::seconds;

/// A parameter: `12`, `0.5`, `"90s"`, or `{ dist = "lognormal", median = "6m", sigma = 1.2 }`.
///
/// A time is in seconds, or text with a unit: `ms`, `s`, `m`, `h`, `d`. Where one number is asked for, a
/// distribution is drawn from once per instance; where a distribution is asked for, a number is the distribution
/// that always gives that number, and parameters of the distribution that are themselves distributions are drawn
/// once per instance.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// One number; times are in seconds.
    Number(f64),
    /// A distribution.
    Dist(Box<Dist>),
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
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
                seconds(text).map(Value::Number).ok_or_else(|| {
                    E::custom(format!("`{text}` is not a time: write a number and ms, s, m, h or d"))
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                Dist::deserialize(MapAccessDeserializer::new(map)).map(|dist| Value::Dist(Box::new(dist)))
            }
        }
        deserializer.deserialize_any(Parameter)
    }
}

/// The parameter that is 0, for defaults.
pub(super) fn zero() -> Value {
    Value::Number(0.0)
}
