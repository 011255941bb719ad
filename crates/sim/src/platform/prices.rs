//! The prices of running, sleeping and waking.

use serde::Deserialize;

use crate::platform::{Platform, Shelf};

/// A number that is known only by its bounds. If both bounds are equal, it is known exactly. In TOML: a number, or a list of
/// two.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(from = "Written")]
pub struct Between {
    /// At least this much.
    pub low: f64,
    /// At most this much.
    pub high: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    One(f64),
    Two([f64; 2]),
}

impl From<Written> for Between {
    fn from(written: Written) -> Self {
        match written {
            Written::One(value) => Self::exactly(value),
            Written::Two([low, high]) => Self { low, high },
        }
    }
}

impl Between {
    /// A number that is known exactly.
    #[must_use]
    pub const fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// The midpoint of the bounds.
    #[must_use]
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}

/// The prices of one machine on one platform.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// The currency of all prices, like `USD`.
    pub currency: String,
    /// The price of an hour running.
    pub running_per_hour: Between,
    /// The price of an hour suspended.
    pub suspended_per_hour: Between,
    /// The price of a wake, on top of the time that the machine runs.
    pub per_wake: Between,
    /// The least time that each wake is billed for, in ms.
    pub minimum_bill_ms: u64,
}

impl Prices {
    /// The price of an hour awake minus the price of an hour suspended: `rho`.
    #[must_use]
    pub fn rho_per_hour(&self) -> Between {
        Between {
            low: self.running_per_hour.low - self.suspended_per_hour.high,
            high: self.running_per_hour.high - self.suspended_per_hour.low,
        }
    }

    /// The break-even gap in ms, at which sleeping and staying awake cost the same money. `overhead_ms` of each sleep
    /// (quiesce, freeze lag and resume) is paid at the price of running.
    ///
    /// `beta = W / rho`, with `W = overhead · running + wake`. For the upper bound, a minimum bill that is longer than the
    /// overhead replaces it. The break-even is infinite where an hour asleep may cost as much as an hour running.
    ///
    /// Where sleep and wakes cost nothing, the price of running may be unknown: it cancels out, and the overhead is left.
    #[must_use]
    pub fn break_even_ms(&self, overhead_ms: Between) -> Between {
        // A higher price of running makes sleep pay sooner; higher prices of sleep and wakes make it pay later.
        let beta = |running: f64, suspended: f64, wake: f64, overhead_ms: f64| {
            let tail = if running > 0.0 { running * overhead_ms / HOUR_MS } else { 0.0 };
            match running - suspended {
                rho if rho > 0.0 => (wake + tail) / rho * HOUR_MS,
                _ => f64::INFINITY,
            }
        };
        if (self.suspended_per_hour.high, self.per_wake.high) == (0.0, 0.0)
            && self.running_per_hour.high > 0.0
        {
            let high = overhead_ms.high.max(self.minimum_bill_ms as f64);
            return Between { low: overhead_ms.low, high };
        }
        let Self { running_per_hour: running, suspended_per_hour: suspended, per_wake: wake, .. } = self;
        let longest_ms = overhead_ms.high.max(self.minimum_bill_ms as f64);
        Between {
            low: beta(running.high, suspended.low, wake.low, overhead_ms.low),
            high: beta(running.low, suspended.high, wake.high, longest_ms),
        }
    }
}

const HOUR_MS: f64 = dormouse_text::HOUR_MS as f64;

impl Platform {
    /// The platform's prices. An unknown price becomes bounds from zero to the most that is plausible: for an hour running,
    /// the highest price on the `shelf`; for an hour asleep, the price of an hour running; for a wake, also an hour running,
    /// since no platform that we know of bills in coarser steps. What the platform does not charge for is zero.
    #[must_use]
    pub fn prices(&self, shelf: &Shelf) -> Prices {
        let price = &self.price;
        let or_up_to = |field: &crate::platform::Field<Between>, most: f64| match field.value() {
            Some(&known) => known,
            None if field.is_unknown() => Between { low: 0.0, high: most },
            None => Between::exactly(0.0),
        };
        let running = or_up_to(&price.running_per_hour, shelf.highest_running_per_hour());
        let mut per_wake = or_up_to(&price.per_wake, running.high);
        if price.minimum_bill_ms.is_unknown() {
            per_wake.high = per_wake.high.max(running.high);
        }
        Prices {
            currency: self.currency.clone(),
            running_per_hour: running,
            suspended_per_hour: or_up_to(&price.suspended_per_hour, running.high),
            per_wake,
            minimum_bill_ms: price.minimum_bill_ms.value().copied().unwrap_or(0),
        }
    }
}
