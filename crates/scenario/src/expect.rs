//! The expected verdict of a run, and how to check it.

use std::collections::BTreeMap;
use std::fmt;

use dormouse_sim::rows::{Class, Counts};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A range from `min` to `max`, both included.
///
/// In TOML a number (`3`), or text: `"2.."` (at least), `"..5"` (at most), `"2..5"` (both ends included).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The minimum.
    pub min: u64,
    /// The maximum; [`u64::MAX`] means no limit.
    pub max: u64,
}

impl Bound {
    /// Exactly `n`.
    #[must_use]
    pub const fn exactly(n: u64) -> Self {
        Self { min: n, max: n }
    }

    /// `n` or more.
    #[must_use]
    pub const fn at_least(n: u64) -> Self {
        Self { min: n, max: u64::MAX }
    }

    /// Is `n` in the range?
    #[must_use]
    pub const fn contains(&self, n: u64) -> bool {
        self.min <= n && n <= self.max
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self { min, max } if min == max => write!(f, "{min}"),
            Self { min, max: u64::MAX } => write!(f, "{min}.."),
            Self { min: 0, max } => write!(f, "..{max}"),
            Self { min, max } => write!(f, "{min}..{max}"),
        }
    }
}

impl std::str::FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str, none: u64| match text.trim() {
            "" => Ok(none),
            text => text.parse().map_err(|_| ()),
        };
        let bound = match text.split_once("..") {
            Some((min, max)) => number(min, 0).and_then(|min| Ok(Self { min, max: number(max, u64::MAX)? })),
            None => text.trim().parse().map(Self::exactly).map_err(|_| ()),
        };
        bound
            .ok()
            .filter(|bound| bound.min <= bound.max)
            .ok_or_else(|| format!("`{text}` is no bound; write 3, \"2..\", \"..5\" or \"2..5\""))
    }
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.min == self.max { serializer.serialize_u64(self.min) } else { serializer.collect_str(self) }
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Bound;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or text such as \"2..\", \"..5\" or \"2..5\"")
            }
            fn visit_i64<E: Error>(self, n: i64) -> Result<Bound, E> {
                u64::try_from(n).map(Bound::exactly).map_err(|_| E::custom("a count is not negative"))
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Bound, E> {
                Ok(Bound::exactly(n))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Bound, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The expected result of a run.
///
/// A class of missed work that is not listed must not occur; a measure that is not listed may have any value.
/// The default expects no missed work.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Missed work by class.
    pub missed: BTreeMap<Class, Bound>,
    /// Freezes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspends: Option<Bound>,
    /// Resumes of any cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wakes: Option<Bound>,
    /// Quiesces that were abandoned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aborted: Option<Bound>,
    /// User-visible arrivals that waited longer than `late_ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<Bound>,
    /// User-visible arrivals that waited at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delayed: Option<Bound>,
    /// The delay that 95 % of the user-visible arrivals that were handled do not exceed, in ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms_p95: Option<Bound>,
    /// The longest delay of a user-visible arrival that was handled, in ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms_max: Option<Bound>,
    /// Frozen time, in ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended_ms: Option<Bound>,
}

impl Expect {
    /// The classes that must occur.
    pub fn classes(&self) -> impl Iterator<Item = Class> + '_ {
        self.missed.iter().filter(|(_, bound)| bound.min > 0).map(|(&class, _)| class)
    }

    /// Differences between `counts` (whose delays are sorted) and this expectation, one per line. Empty: the
    /// verdict is as expected.
    #[must_use]
    pub fn mismatches(&self, counts: &Counts) -> Vec<String> {
        let none = Bound::exactly(0);
        let classes = Class::ALL.map(|class| {
            let bound = self.missed.get(&class).copied().unwrap_or(none);
            (class.name(), Some(bound), counts.violations[class as usize])
        });
        classes
            .into_iter()
            .chain(self.measures(counts))
            .filter_map(|(name, bound, n)| Some((name, bound.filter(|bound| !bound.contains(n))?, n)))
            .map(|(name, bound, n)| format!("{name}: {n}, expected {bound}"))
            .collect()
    }

    /// The measures that are listed, each with its value in `counts` (whose delays are sorted).
    pub fn named(&self, counts: &Counts) -> impl Iterator<Item = (&'static str, u64)> {
        self.measures(counts)
            .into_iter()
            .filter(|(_, bound, _)| bound.is_some())
            .map(|(name, _, n)| (name, n))
    }

    fn measures(&self, counts: &Counts) -> [(&'static str, Option<Bound>, u64); 8] {
        [
            ("suspends", self.suspends, counts.suspends),
            ("wakes", self.wakes, counts.wakes.iter().sum()),
            ("aborted", self.aborted, counts.aborted),
            ("late", self.late, counts.late),
            ("delayed", self.delayed, counts.delays.delayed()),
            ("delay_ms_p95", self.delay_ms_p95, counts.delays.quantile(950)),
            ("delay_ms_max", self.delay_ms_max, counts.delays.quantile(1000)),
            ("suspended_ms", self.suspended_ms, counts.suspended_ms),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_read_as_it_is_written() {
        for (text, min, max) in [("3", 3, 3), ("2..", 2, u64::MAX), ("..5", 0, 5), ("2..5", 2, 5)] {
            let bound: Bound = text.parse().unwrap();
            assert_eq!((bound, bound.to_string()), (Bound { min, max }, text.to_owned()));
        }
        for text in ["", "x", "5..2", "-1", "1..2..3"] {
            assert!(text.parse::<Bound>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_class_that_is_not_named_must_not_occur_and_a_measure_may() {
        let mut counts = Counts { suspends: 7, ..Counts::default() };
        assert_eq!(Expect::default().mismatches(&counts), [""; 0]);
        counts.violations[Class::Duplicate as usize] = 2;
        assert_eq!(Expect::default().mismatches(&counts), ["duplicate: 2, expected 0"]);
        let expect = Expect {
            missed: [(Class::Duplicate, Bound::at_least(3))].into(),
            suspends: Some(Bound { min: 0, max: 6 }),
            ..Expect::default()
        };
        assert_eq!(expect.mismatches(&counts), ["duplicate: 2, expected 3..", "suspends: 7, expected ..6"]);
    }
}
