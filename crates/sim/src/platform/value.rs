//! The types of field values, and how they are displayed.

use crate::{Distributed, Latency, Messages, PlatformIdle};
use serde::Deserialize;
use serde::de::Error as _;

use crate::platform::Between;

/// Whether the watcher or the platform counts the idle time, and from when the platform counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starts {
    /// The watcher on the machine counts and suspends the machine. The platform has no idle clock.
    Watcher,
    /// The platform counts, by this clock.
    Platform(PlatformIdle),
}

impl<'de> Deserialize<'de> for Starts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == "watcher" {
            return Ok(Self::Watcher);
        }
        let known = || PlatformIdle::ALL.map(PlatformIdle::name).into_iter().chain(["watcher"]);
        let idle = PlatformIdle::ALL.into_iter().find(|idle| idle.name() == name);
        idle.map(Self::Platform).ok_or_else(|| {
            let advice = dormouse_text::nearest::advice(&name, known());
            D::Error::custom(format!("no clock starts at {name:?}; {advice}"))
        })
    }
}

/// What survives a sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeps {
    /// Memory and disk. A wake is a resume, and work goes on.
    Memory,
    /// The disk only. A wake starts the process again, and work in flight is lost.
    Disk,
    /// Neither memory nor disk, only what is stored outside the machine.
    Nothing,
}

/// The unit of a platform's own timeout setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Unit {
    /// Milliseconds.
    #[serde(rename = "ms")]
    Ms,
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Minutes.
    #[serde(rename = "min")]
    Minutes,
    /// Hours.
    #[serde(rename = "h")]
    Hours,
}

impl Unit {
    /// The length of the unit in ms.
    #[must_use]
    pub const fn ms(self) -> u64 {
        match self {
            Self::Ms => 1,
            Self::Seconds => 1000,
            Self::Minutes => 60_000,
            Self::Hours => 3_600_000,
        }
    }

    /// The unit's symbol, as it is written after a number.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Seconds => "s",
            Self::Minutes => "min",
            Self::Hours => "h",
        }
    }
}

/// A value with a form for display.
pub(crate) trait Shown {
    /// The value in its display form.
    fn shown(&self) -> String;
}

impl Shown for String {
    fn shown(&self) -> String {
        self.trim_end().to_owned()
    }
}

impl Shown for u64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for f64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Starts {
    fn shown(&self) -> String {
        match self {
            Self::Watcher => "watcher".to_owned(),
            Self::Platform(idle) => idle.name().to_owned(),
        }
    }
}

impl Shown for Messages {
    fn shown(&self) -> String {
        match self {
            Self::Relay => "relay".to_owned(),
            Self::Http => "http".to_owned(),
        }
    }
}

impl Shown for Keeps {
    fn shown(&self) -> String {
        match self {
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Nothing => "nothing",
        }
        .to_owned()
    }
}

impl Shown for Unit {
    fn shown(&self) -> String {
        self.name().to_owned()
    }
}

impl Shown for Between {
    fn shown(&self) -> String {
        if self.low == self.high { self.low.to_string() } else { format!("{} to {}", self.low, self.high) }
    }
}

impl Shown for Latency {
    fn shown(&self) -> String {
        match self {
            Self::Fixed(ms) => ms.to_string(),
            Self::Empirical(values) => {
                let values: Vec<String> = values.iter().map(u64::to_string).collect();
                format!("one of {}", values.join(", "))
            }
            Self::Drawn(Distributed::Uniform([low, high])) => format!("{low} to {high}"),
            Self::Drawn(Distributed::Lognormal { median_ms, sigma }) => {
                format!("lognormal, median {median_ms}, sigma {sigma}")
            }
            Self::Drawn(Distributed::Exponential { mean_ms }) => format!("exponential, mean {mean_ms}"),
        }
    }
}
