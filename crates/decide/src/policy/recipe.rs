//! Policies by name.

use std::fmt;
use std::str::FromStr;

use dormouse_core::policy::Policy;
use dormouse_text::{Bare, DurationError, duration_ms, duration_text, nearest};
use dormouse_trace::MAX_MS;

use crate::policy::always_on::always_on;
use crate::policy::augmented::Augmented;
use crate::policy::average::Average;
use crate::policy::break_even::break_even;
use crate::policy::cron_aware::CronAware;
use crate::policy::fixed::Fixed;
use crate::policy::governor::Governor;
use crate::policy::histogram::Histogram;
use crate::policy::history::History;
use crate::policy::never_keep::never_keep;
use crate::policy::oracle::Oracle;
use crate::policy::randomised::Randomised;
use crate::policy::shares::Shares;
use crate::policy::trace_gaps::TraceGaps;
use crate::policy::week::Week;

/// The lambda of the policies that have one.
const LAMBDA: f64 = 0.5;

/// The name of a policy, from which a fresh one is created for each instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// [`fixed`](crate::policy::fixed), with its timeout in ms.
    Fixed(u64),
    /// [`always_on`](crate::policy::always_on).
    AlwaysOn,
    /// [`never_keep`](crate::policy::never_keep).
    NeverKeep,
    /// [`oracle`](crate::policy::oracle).
    Oracle,
    /// [`break_even`](crate::policy::break_even).
    BreakEven,
    /// [`randomised`](crate::policy::randomised).
    Randomised,
    /// [`hindsight`](crate::policy::hindsight).
    Hindsight,
    /// [`history`](crate::policy::history).
    History,
    /// [`augmented`](crate::policy::augmented).
    Augmented,
    /// [`shares`](crate::policy::shares).
    Shares,
    /// [`average`](crate::policy::average).
    Average,
    /// [`histogram`](crate::policy::histogram).
    Histogram,
    /// [`governor`](crate::policy::governor).
    Governor,
    /// [`week`](crate::policy::week).
    Week,
    /// [`cron_aware`](crate::policy::cron_aware) around another policy.
    CronAware(Box<Recipe>),
}

impl Recipe {
    /// Every policy without a parameter, in the order of the documentation. The wrapper is around break-even.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let wrapped = Self::CronAware(Box::new(Self::BreakEven));
        NAMES.iter().map(|(_, recipe)| recipe.clone()).chain([wrapped]).collect()
    }

    /// Does it know the future?
    #[must_use]
    pub fn is_clairvoyant(&self) -> bool {
        match self {
            Self::Oracle | Self::Hindsight => true,
            Self::CronAware(inner) => inner.is_clairvoyant(),
            _ => false,
        }
    }

    /// A fresh policy for the instance at index `i`.
    ///
    /// # Panics
    /// If there is no such instance.
    #[must_use]
    pub fn make(&self, known: &TraceGaps<'_>, i: usize) -> Box<dyn Policy> {
        let wake_cost_ms = known.wake_cost_ms();
        match self {
            Self::Fixed(ms) => Box::new(Fixed::at(*ms)),
            Self::AlwaysOn => Box::new(always_on()),
            Self::NeverKeep => Box::new(never_keep()),
            Self::Oracle => Box::new(Oracle::new(known.gaps()[i].0.clone(), wake_cost_ms)),
            Self::BreakEven => Box::new(break_even(wake_cost_ms)),
            Self::Randomised => {
                Box::new(Randomised::new(wake_cost_ms, known.seed(), known.trace().instances[i].key))
            }
            Self::Hindsight => Box::new(known.best()),
            Self::History => Box::new(History::new(wake_cost_ms, LAMBDA)),
            Self::Augmented => Box::new(Augmented::new(wake_cost_ms, LAMBDA)),
            Self::Shares => Box::new(Shares::new(wake_cost_ms)),
            Self::Average => Box::new(Average::new(wake_cost_ms, Average::WEIGHT)),
            Self::Histogram => Box::new(Histogram::new()),
            Self::Governor => Box::new(Governor::new(wake_cost_ms)),
            Self::Week => Box::new(Week::new(wake_cost_ms, LAMBDA)),
            Self::CronAware(inner) => Box::new(CronAware::new(inner.make(known, i), wake_cost_ms)),
        }
    }
}

/// The policies whose name has no parameter.
const NAMES: [(&str, Recipe); 13] = [
    ("oracle", Recipe::Oracle),
    ("hindsight", Recipe::Hindsight),
    ("always-on", Recipe::AlwaysOn),
    ("never-keep", Recipe::NeverKeep),
    ("break-even", Recipe::BreakEven),
    ("randomised", Recipe::Randomised),
    ("history", Recipe::History),
    ("augmented", Recipe::Augmented),
    ("shares", Recipe::Shares),
    ("average", Recipe::Average),
    ("histogram", Recipe::Histogram),
    ("governor", Recipe::Governor),
    ("week", Recipe::Week),
];
const WRAPPER: &str = "cron-aware:";
const FIXED: &str = "fixed:";

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(ms) => write!(f, "{FIXED}{}", duration_text(*ms)),
            Self::CronAware(inner) => write!(f, "{WRAPPER}{inner}"),
            named => {
                let name = NAMES.iter().find(|(_, recipe)| recipe == named).map(|(name, _)| *name);
                f.write_str(name.unwrap_or_default())
            }
        }
    }
}

/// The text does not name a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// No policy has this name.
    #[error("unknown policy {given:?}; {}", advice(given))]
    Unknown {
        /// The given text.
        given: String,
    },
    /// The timeout of a fixed policy is not a duration with a unit.
    #[error("timeout of a fixed policy: {0}")]
    Timeout(#[from] DurationError),
}

fn advice(given: &str) -> String {
    let names = NAMES.iter().map(|(name, _)| *name).chain([FIXED, WRAPPER]);
    nearest::advice(given, names)
}

impl FromStr for Recipe {
    type Err = RecipeError;

    /// Parses a name such as `break-even`, `fixed:2m` or `cron-aware:NAME`.
    fn from_str(text: &str) -> Result<Self, RecipeError> {
        if let Some(inner) = text.strip_prefix(WRAPPER) {
            return Ok(Self::CronAware(Box::new(inner.parse()?)));
        }
        if let Some(timeout) = text.strip_prefix(FIXED) {
            return Ok(Self::Fixed(duration_ms(timeout, Bare::Refused, &(0..=MAX_MS))?));
        }
        let named = NAMES.iter().find(|(name, _)| *name == text);
        named.map(|(_, recipe)| recipe.clone()).ok_or_else(|| RecipeError::Unknown { given: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for recipe in Recipe::all().into_iter().chain([Recipe::Fixed(90_000)]) {
            assert_eq!(recipe.to_string().parse(), Ok(recipe));
        }
        assert!(Recipe::all().iter().all(|recipe| !recipe.to_string().is_empty()));
    }

    #[test]
    fn an_unknown_name_suggests_the_nearest() {
        let told = "brake-even".parse::<Recipe>().unwrap_err().to_string();
        assert_eq!(told, "unknown policy \"brake-even\"; did you mean `break-even`?");
    }

    #[test]
    fn the_timeout_of_a_fixed_one_has_a_unit() {
        for text in ["fixed:2m", "fixed:2 min", "fixed:120s"] {
            assert_eq!(text.parse(), Ok(Recipe::Fixed(120_000)));
        }
        let told = |text: &str| text.parse::<Recipe>().unwrap_err().to_string();
        let no_unit =
            r#"timeout of a fixed policy: "2" has no unit; write "2m" for minutes or "2s" for seconds"#;
        assert_eq!(told("fixed:2"), no_unit);
        assert_eq!(told("cron-aware:fixed:2"), told("fixed:2"));
        assert!(told("fixed:soon").contains(r#""soon" is not a duration"#));
    }
}
