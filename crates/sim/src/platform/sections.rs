//! The sections and fields of a platform file.

use crate::{Latency, Messages};
use serde::Deserialize;

use crate::platform::Between;
use crate::platform::field::{Confidence, Field, Known};
use crate::platform::value::{Keeps, Shown, Starts, Unit};

/// One field, formatted for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldLine {
    /// The section and the field as in the file, like `sleep.wake_ms`.
    pub name: String,
    /// The value; `none` if the platform does not have this, `unknown` if it is not known.
    pub value: String,
    /// Where the value comes from, or where it was looked up.
    pub source: String,
    /// The date of the source.
    pub date: String,
    /// How reliable the value is; `None` if it is unknown.
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

/// Defines a section as two structs: one with all of its fields, and one as in a file that may leave out fields of its base.
macro_rules! section {
    ($(#[$about:meta])* $section:literal $name:ident $part:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: Field<$type>,)+ }

        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct $part { $($field: Option<Field<$type>>,)+ }

        impl $part {
            /// Takes the missing fields from `base`. The error is the name of a field that is missing in both.
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
        /// Whether the platform or the watcher counts, and from when.
        starts: Starts,
        /// What counts as activity, in words.
        activity: String,
        /// How often the platform looks, in ms, at a random phase. With 1 it notices at once.
        check_ms: u64,
        /// How long the platform keeps the machine after it was found idle, in ms.
        retention_ms: u64,
        /// How messages come to the machine.
        messages: Messages,
    }
}

section! {
    /// Going to sleep and waking.
    "sleep" Sleep SleepPart {
        /// The time from the decision to suspend until the machine sleeps, in ms.
        suspend_ms: Latency,
        /// The time from the request that wakes the machine until it takes requests, in ms.
        wake_ms: Latency,
        /// What survives a sleep.
        keeps: Keeps,
    }
}

section! {
    /// The prices, for one small machine size.
    "price" Price PricePart {
        /// The machine size that the prices are for, in words.
        size: String,
        /// The price of an hour running, in the platform's currency.
        running_per_hour: Between,
        /// The price of an hour asleep.
        suspended_per_hour: Between,
        /// The price of a wake, on top of the time that the machine runs.
        per_wake: Between,
        /// The least time that each wake is billed for, in ms.
        minimum_bill_ms: u64,
    }
}

section! {
    /// How the platform's idle timeout can be set.
    "setting" Setting SettingPart {
        /// The unit of the timeout. The next four fields are in this unit.
        unit: Unit,
        /// The shortest timeout that can be set.
        min: f64,
        /// The longest timeout that can be set.
        max: f64,
        /// The step: only whole multiples of it can be set.
        step: f64,
        /// The timeout that applies if it is not set.
        default: f64,
        /// The value to write instead of a timeout so that the machine never sleeps.
        never: String,
        /// The text to paste, with `{timeout}` as the placeholder for the number.
        paste: String,
    }
}

/// Everything that is known about a platform, each with its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Platform {
    /// The name that `--platform` takes.
    pub name: String,
    /// The full name.
    pub title: String,
    /// Further remarks for the reader.
    pub about: String,
    /// The currency of the prices.
    pub currency: String,
    /// The idle clock.
    pub idle: IdleClock,
    /// Going to sleep and waking.
    pub sleep: Sleep,
    /// The prices, for one small machine size.
    pub price: Price,
    /// How the idle timeout can be set.
    pub setting: Setting,
    /// Parameters of the simulator that the other fields do not set.
    pub world: toml::Table,
}

impl Platform {
    /// All fields, in the order of the file.
    #[must_use]
    pub fn lines(&self) -> Vec<FieldLine> {
        [self.idle.lines(), self.sleep.lines(), self.price.lines(), self.setting.lines()].concat()
    }

    /// The number of unknown fields.
    #[must_use]
    pub fn unknowns(&self) -> usize {
        self.lines().iter().filter(|line| line.confidence.is_none()).count()
    }
}
