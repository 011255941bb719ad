//! A parameter as written: a number, a time with its unit, or a distribution.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::Dist;

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

/// `90s`, `1.5h`, `250 ms`, or a bare number of seconds.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.trim_end().parse().ok()?;
    // Division by 1000 and not multiplication by 0.001, which would not be exact.
    match unit {
        "ms" => Some(number / 1000.0),
        "" | "s" => Some(number),
        "m" => Some(number * 60.0),
        "h" => Some(number * 3600.0),
        "d" => Some(number * 86400.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_carry_their_unit() {
        for (text, s) in
            [("90s", 90.0), ("250 ms", 0.25), ("1.5h", 5400.0), ("14d", 1_209_600.0), (" 7 ", 7.0)]
        {
            assert_eq!(seconds(text), Some(s), "{text}");
        }
        for text in ["", "s", "5 weeks", "1h30m", "5M"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
