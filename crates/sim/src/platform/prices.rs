//! What running, sleeping and waking cost.

use serde::Deserialize;

use crate::platform::{Platform, Shelf};

/// A number that is known only to lie between two others; both the same: it is known. In TOML a number, or a list of two.
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
    /// A number that is known.
    #[must_use]
    pub const fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// Half way between the bounds.
    #[must_use]
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}

/// The prices of one machine on one platform.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// The unit of all that follows, like `USD`.
    pub currency: String,
    /// An hour running.
    pub running_per_hour: Between,
    /// An hour suspended.
    pub suspended_per_hour: Between,
    /// A wake by itself, besides the time that the machine runs for it.
    pub per_wake: Between,
    /// Whoever wakes pays for at least this long, in ms.
    pub minimum_bill_ms: u64,
}

impl Prices {
    /// What an hour awake costs beyond an hour suspended: `rho`.
    #[must_use]
    pub fn rho_per_hour(&self) -> Between {
        Between {
            low: self.running_per_hour.low - self.suspended_per_hour.high,
            high: self.running_per_hour.high - self.suspended_per_hour.low,
        }
    }

    /// The gap at which sleeping and staying awake cost the same money, in ms, when `overhead_ms` of each sleep are paid as
    /// running: quiesce, freeze lag and resume. `beta = W / rho`, with `W = overhead · running + wake`; a minimum bill that is
    /// longer than the overhead stands in its place at most. Infinite where an hour asleep may cost as much as one running.
    ///
    /// An unknown price of running is no harm where sleep and wakes cost nothing: it is in both terms, and what is left is the
    /// overhead.
    #[must_use]
    pub fn break_even_ms(&self, overhead_ms: Between) -> Between {
        // Dearer running makes sleep pay sooner, dearer sleep and wakes make it pay later.
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

const HOUR_MS: f64 = 3_600_000.0;

impl Platform {
    /// Its prices. What is unknown is as wide as it can honestly be: an hour running costs between nothing and the highest
    /// price on the `shelf`, an hour asleep up to one running, and a wake up to an hour running, since none that we know of
    /// bills more coarsely. What the platform does not charge for is zero.
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
