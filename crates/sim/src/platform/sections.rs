//! A platform: sections of fields.

use crate::{Latency, Messages};
use serde::Deserialize;

use crate::platform::Between;
use crate::platform::field::{Confidence, Field, Known};
use crate::platform::value::{Keeps, Shown, Starts, Unit};

/// One field as a line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldLine {
    /// The section and the field, as in the file: `sleep.wake_ms`.
    pub name: String,
    /// The value; `none` where the platform has no such thing, `unknown` where nobody knows.
    pub value: String,
    /// Who says so.
    pub source: String,
    /// When.
    pub date: String,
    /// How well it is known; `None` if it is not.
    pub confidence: Option<Confidence>,
}

impl FieldLine {
    fn new<T: Shown>(section: &str, name: &str, field: &Field<T>) -> Self {
        let value = match &field.known {
            Known::Value(value, _) => value.shown(),
            Known::Absent(_) => "none".to_owned(),
            Known::Unknown => "unknown".to_owned(),
        };
        Self {
            name: format!("{section}.{name}"),
            value,
            source: field.source.clone(),
            date: field.date.clone(),
            confidence: field.confidence(),
        }
    }
}

/// A section twice: with all of its fields, and as it is written in a file that may leave fields to its base.
macro_rules! section {
    ($(#[$about:meta])* $section:literal $name:ident $part:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: Field<$type>,)+ }

        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct $part { $($field: Option<Field<$type>>,)+ }

        impl $part {
            /// Its own fields, and the rest from `base`; else the name of one that neither has.
            pub(crate) fn on(self, base: Option<&$name>) -> Result<$name, String> {
                Ok($name { $($field: match self.$field.or_else(|| base.map(|base| base.$field.clone())) {
                    Some(field) => field,
                    None => return Err(concat!($section, ".", stringify!($field)).to_owned()),
                },)+ })
            }
        }

        impl $name {
            fn lines(&self) -> Vec<FieldLine> {
                vec![$(FieldLine::new($section, stringify!($field), &self.$field),)+]
            }
        }
    };
}

section! {
    /// The idle clock.
    "idle" IdleClock IdlePart {
        /// What starts it, and who counts.
        starts: Starts,
        /// What counts as activity, in words.
        activity: String,
        /// How often the platform looks, in ms, at a random phase; 1: at once.
        check_ms: u64,
        /// How much longer it stays after the clock is through, in ms.
        retention_ms: u64,
        /// How messages come to the machine.
        messages: Messages,
    }
}

section! {
    /// Going to sleep and waking.
    "sleep" Sleep SleepPart {
        /// From the decision until the machine sleeps, in ms.
        suspend_ms: Latency,
        /// From the request that wakes it until it takes requests, in ms.
        wake_ms: Latency,
        /// What is still there afterwards.
        keeps: Keeps,
    }
}

section! {
    /// What it costs, for one small size.
    "price" Price PricePart {
        /// The size that the prices are for, in words.
        size: String,
        /// An hour running, in the platform's currency.
        running_per_hour: Between,
        /// An hour asleep.
        suspended_per_hour: Between,
        /// A wake by itself.
        per_wake: Between,
        /// Whoever wakes pays for at least this long, in ms.
        minimum_bill_ms: u64,
    }
}

section! {
    /// The idle timeout as the platform lets it be set.
    "setting" Setting SettingPart {
        /// The unit that it is written in; the next four are in this unit.
        unit: Unit,
        /// The shortest.
        min: f64,
        /// The longest.
        max: f64,
        /// Whole multiples of this.
        step: f64,
        /// What holds if nobody sets it.
        default: f64,
        /// What is written instead to never sleep.
        never: String,
        /// What to paste, with `{timeout}` where the number goes.
        paste: String,
    }
}

/// Everything that is known about a platform, each with its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Platform {
    /// Its name, by which `--platform` finds it.
    pub name: String,
    /// Its name in full.
    pub title: String,
    /// What a reader has to know besides.
    pub about: String,
    /// What prices are in.
    pub currency: String,
    /// The idle clock.
    pub idle: IdleClock,
    /// Going to sleep and waking.
    pub sleep: Sleep,
    /// Prices.
    pub price: Price,
    /// The setting.
    pub setting: Setting,
    /// Parameters of the simulator that the fields above do not set.
    pub world: toml::Table,
}

impl Platform {
    /// All fields, in the file's order.
    #[must_use]
    pub fn lines(&self) -> Vec<FieldLine> {
        [self.idle.lines(), self.sleep.lines(), self.price.lines(), self.setting.lines()].concat()
    }

    /// How many fields nobody knows.
    #[must_use]
    pub fn unknowns(&self) -> usize {
        self.lines().iter().filter(|line| line.confidence.is_none()).count()
    }
}
