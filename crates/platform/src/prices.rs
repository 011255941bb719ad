//! What running, sleeping and waking cost.

/// A number that is known only to lie between two others; both the same: it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Between {
    /// At least this much.
    pub low: f64,
    /// At most this much.
    pub high: f64,
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
}
