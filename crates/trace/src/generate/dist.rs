//! Distributions, by inversion.

use serde::Deserialize;

use super::Value;
use super::draws::Draws;

/// A distribution as written: `{ dist = "NAME", … }`.
///
/// The heavy ones take an optional `max`, to which larger values are cut: a person's turn does not last a year.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "dist", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Dist {
    /// Always the same.
    Fixed {
        /// The value.
        value: Value,
    },
    /// Every value between two is as likely: `min + u (max - min)`.
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
        /// Where larger values are cut.
        max: Option<Value>,
    },
    /// Its logarithm is normal: `X = median · exp(sigma Z)`, mean `median · exp(sigma² / 2)`.
    Lognormal {
        /// The median.
        median: Value,
        /// The standard deviation of the logarithm; 0 and up.
        sigma: Value,
        /// Where larger values are cut.
        max: Option<Value>,
    },
    /// A power law (Pareto type I): `P(X > x) = (min / x)^alpha` from `min` on; without `max` its mean is infinite
    /// for `alpha` up to 1.
    Pareto {
        /// The least.
        min: Value,
        /// The tail index; above 0.
        alpha: Value,
        /// Where larger values are cut.
        max: Option<Value>,
    },
    /// `P(X > x) = exp(-(x / scale)^shape)`: heavier than exponential for a shape below 1.
    Weibull {
        /// The scale.
        scale: Value,
        /// The shape; above 0.
        shape: Value,
        /// Where larger values are cut.
        max: Option<Value>,
    },
    /// One of these, each as likely as the next: a measured sample.
    Empirical {
        /// The sample; not empty.
        values: Vec<Value>,
    },
}

/// A distribution with its parameters drawn.
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

/// Why parameters make no distribution: what is wrong, and the fix.
pub(super) type NoDistribution = (String, &'static str);

impl Value {
    /// The distribution that this value is, its own parameters drawn now. Nothing that it yields is negative or
    /// not finite.
    pub(super) fn sampler(&self, draws: &mut Draws) -> Result<Sampler, NoDistribution> {
        let dist = match self {
            Value::Number(number) => return at_least(0.0, "it", *number).map(Sampler::Fixed),
            Value::Dist(dist) => dist,
        };
        let mut number =
            |name: &str, value: &Value| value.number(draws).and_then(|number| at_least(0.0, name, number));
        Ok(match &**dist {
            Dist::Fixed { value } => Sampler::Fixed(number("value", value)?),
            Dist::Uniform { min, max } => {
                let (min, max) = (number("min", min)?, number("max", max)?);
                Sampler::Uniform { min, max: at_least(min, "max", max)? }
            }
            Dist::Exponential { mean, max } => {
                Sampler::Exponential { mean: number("mean", mean)?, max: cut(max, &mut number)? }
            }
            Dist::Lognormal { median, sigma, max } => Sampler::Lognormal {
                median: number("median", median)?,
                sigma: number("sigma", sigma)?,
                max: cut(max, &mut number)?,
            },
            Dist::Pareto { min, alpha, max } => Sampler::Pareto {
                min: number("min", min)?,
                alpha: above_zero("alpha", number("alpha", alpha)?)?,
                max: cut(max, &mut number)?,
            },
            Dist::Weibull { scale, shape, max } => Sampler::Weibull {
                scale: number("scale", scale)?,
                shape: above_zero("shape", number("shape", shape)?)?,
                max: cut(max, &mut number)?,
            },
            Dist::Empirical { values } if values.is_empty() => {
                return Err(("values is empty".to_owned(), "list at least one"));
            }
            Dist::Empirical { values } => {
                let values = values.iter().map(|value| number("values", value));
                Sampler::Empirical(values.collect::<Result<_, _>>()?)
            }
        })
    }

    /// One number, drawn now if this is a distribution.
    pub(super) fn number(&self, draws: &mut Draws) -> Result<f64, NoDistribution> {
        match self {
            Value::Number(number) => Ok(*number),
            Value::Dist(_) => self.sampler(draws).map(|sampler| sampler.sample(draws)),
        }
    }
}

impl Sampler {
    /// One value, 0 or more. One uniform is used up by every distribution but a fixed one.
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
    number: &mut impl FnMut(&str, &Value) -> Result<f64, NoDistribution>,
) -> Result<f64, NoDistribution> {
    max.as_ref().map_or(Ok(f64::MAX), |max| number("max", max))
}

fn at_least(least: f64, name: &str, number: f64) -> Result<f64, NoDistribution> {
    if number.is_finite() && number >= least {
        return Ok(number);
    }
    Err((format!("{name} is {number}, and must be finite and at least {least}"), "raise it"))
}

fn above_zero(name: &str, number: f64) -> Result<f64, NoDistribution> {
    if number > 0.0 { Ok(number) } else { Err((format!("{name} is 0"), "make it larger")) }
}
