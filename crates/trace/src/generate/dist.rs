//! Distributions, sampled by inversion.

use serde::Deserialize;

use super::Value;
use super::draws::Draws;
use super::value::{Quantity, Resolved, Unfit};

/// A distribution as written: `{ dist = "NAME", … }`.
///
/// The heavy-tailed ones take an optional `max` that caps larger values: a person's turn does not last a year.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "dist", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Dist {
    /// A constant.
    Fixed {
        /// The value.
        value: Value,
    },
    /// Uniform between two values: `min + u (max - min)`.
    Uniform {
        /// The least.
        min: Value,
        /// The largest.
        max: Value,
    },
    /// Memoryless: `P(X > x) = exp(-x / mean)`.
    Exponential {
        /// The mean.
        mean: Value,
        /// Larger values are capped at this.
        max: Option<Value>,
    },
    /// The logarithm is normally distributed: `X = median · exp(sigma Z)`, mean `median · exp(sigma² / 2)`.
    Lognormal {
        /// The median.
        median: Value,
        /// The standard deviation of the logarithm; at least 0.
        sigma: Value,
        /// Larger values are capped at this.
        max: Option<Value>,
    },
    /// A power law (Pareto type I): `P(X > x) = (min / x)^alpha` from `min` on; without `max` its mean is infinite
    /// for `alpha` up to 1.
    Pareto {
        /// The least.
        min: Value,
        /// The tail index; above 0.
        alpha: Value,
        /// Larger values are capped at this.
        max: Option<Value>,
    },
    /// `P(X > x) = exp(-(x / scale)^shape)`: heavier than exponential for a shape below 1.
    Weibull {
        /// The scale.
        scale: Value,
        /// The shape; above 0.
        shape: Value,
        /// Larger values are capped at this.
        max: Option<Value>,
    },
    /// One of these values, all equally likely: a measured sample.
    Empirical {
        /// The sample; not empty.
        values: Vec<Value>,
    },
}

/// A distribution whose parameters have been drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sampler {
    Fixed(f64),
    Uniform { min: f64, max: f64 },
    Exponential { mean: f64, max: f64 },
    Lognormal { median: f64, sigma: f64, max: f64 },
    Pareto { min: f64, alpha: f64, max: f64 },
    Weibull { scale: f64, shape: f64, max: f64 },
    Empirical(Vec<f64>),
}

impl Value {
    /// Draws the parameters of this distribution of a `quantity`. Every value sampled from the result is
    /// non-negative and finite.
    pub(super) fn sampler(&self, quantity: Quantity, draws: &mut Draws) -> Result<Sampler, Unfit> {
        let dist = match self.resolve(quantity)? {
            Resolved::Plain(value) => return at_least(0.0, "it", value).map(Sampler::Fixed),
            Resolved::Dist(dist) => dist,
        };
        let mut one = |name: &str, value: &Value, quantity: Quantity| {
            let drawn =
                value.one(quantity, draws).map_err(|(problem, fix)| (format!("{name}: {problem}"), fix));
            drawn.and_then(|drawn| at_least(0.0, name, drawn))
        };
        Ok(match dist {
            Dist::Fixed { value } => Sampler::Fixed(one("value", value, quantity)?),
            Dist::Uniform { min, max } => {
                let (min, max) = (one("min", min, quantity)?, one("max", max, quantity)?);
                Sampler::Uniform { min, max: at_least(min, "max", max)? }
            }
            Dist::Exponential { mean, max } => Sampler::Exponential {
                mean: one("mean", mean, quantity)?,
                max: cut(max, quantity, &mut one)?,
            },
            Dist::Lognormal { median, sigma, max } => Sampler::Lognormal {
                median: one("median", median, quantity)?,
                sigma: one("sigma", sigma, Quantity::Number)?,
                max: cut(max, quantity, &mut one)?,
            },
            Dist::Pareto { min, alpha, max } => Sampler::Pareto {
                min: one("min", min, quantity)?,
                alpha: above_zero("alpha", one("alpha", alpha, Quantity::Number)?)?,
                max: cut(max, quantity, &mut one)?,
            },
            Dist::Weibull { scale, shape, max } => Sampler::Weibull {
                scale: one("scale", scale, quantity)?,
                shape: above_zero("shape", one("shape", shape, Quantity::Number)?)?,
                max: cut(max, quantity, &mut one)?,
            },
            Dist::Empirical { values } if values.is_empty() => {
                return Err(("values is empty".to_owned(), "list at least one".to_owned()));
            }
            Dist::Empirical { values } => {
                let values = values.iter().map(|value| one("values", value, quantity));
                Sampler::Empirical(values.collect::<Result<_, _>>()?)
            }
        })
    }

    /// One value of a `quantity`; drawn now if this is a distribution.
    pub(super) fn one(&self, quantity: Quantity, draws: &mut Draws) -> Result<f64, Unfit> {
        match self.resolve(quantity)? {
            Resolved::Plain(value) => Ok(value),
            Resolved::Dist(_) => self.sampler(quantity, draws).map(|sampler| sampler.sample(draws)),
        }
    }
}

impl Sampler {
    /// One value, 0 or more. Every distribution but a constant uses exactly one uniform.
    pub(super) fn sample(&self, draws: &mut Draws) -> f64 {
        match *self {
            Sampler::Fixed(value) => value,
            Sampler::Uniform { min, max } => min + draws.uniform() * (max - min),
            Sampler::Exponential { mean, max } => (mean * draws.exponential()).min(max),
            Sampler::Lognormal { median, sigma, max } => {
                (median * libm::exp(sigma * draws.normal())).min(max)
            }
            Sampler::Pareto { min, alpha, max } => (min * libm::exp(draws.exponential() / alpha)).min(max),
            Sampler::Weibull { scale, shape, max } => {
                (scale * libm::pow(draws.exponential(), 1.0 / shape)).min(max)
            }
            Sampler::Empirical(ref values) => values[(draws.uniform() * values.len() as f64) as usize],
        }
    }
}

fn cut(
    max: &Option<Value>,
    quantity: Quantity,
    one: &mut impl FnMut(&str, &Value, Quantity) -> Result<f64, Unfit>,
) -> Result<f64, Unfit> {
    max.as_ref().map_or(Ok(f64::MAX), |max| one("max", max, quantity))
}

fn at_least(least: f64, name: &str, number: f64) -> Result<f64, Unfit> {
    if number.is_finite() && number >= least {
        return Ok(number);
    }
    Err((format!("{name} is {number}, and must be finite and at least {least}"), "raise it".to_owned()))
}

fn above_zero(name: &str, number: f64) -> Result<f64, Unfit> {
    if number > 0.0 { Ok(number) } else { Err((format!("{name} is 0"), "make it larger".to_owned())) }
}
