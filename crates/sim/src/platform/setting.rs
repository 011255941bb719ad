//! A timeout in the platform's own unit and within its limits, and the line to paste.

use crate::platform::Platform;

/// Where the number goes in what is pasted.
pub(crate) const TIMEOUT: &str = "{timeout}";

/// A timeout as a platform can be told it.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    /// What the platform will do, in ms: the nearest that it can.
    pub timeout_ms: u64,
    /// The number, in the platform's own unit.
    pub number: String,
    /// What to paste, if there is something.
    pub paste: Option<String>,
}

impl Platform {
    /// The setting nearest to `timeout_ms`: a multiple of the step within the limits. Limits that are unknown are not kept.
    /// `None` where the platform has no setting, or nobody knows its unit.
    #[must_use]
    pub fn set_to(&self, timeout_ms: u64) -> Option<Set> {
        let setting = &self.setting;
        let unit_ms = setting.unit.value()?.ms() as f64;
        let wanted = timeout_ms as f64 / unit_ms;
        let stepped = match setting.step.value() {
            Some(step) => (wanted / step).round() * step,
            None => wanted,
        };
        let low = setting.min.value().map_or(stepped, |&min| stepped.max(min));
        let within = setting.max.value().map_or(low, |&max| low.min(max));
        // Steps like 0.1 leave dust behind, which nobody wants to paste.
        let number = (within * 1e6).round() / 1e6;
        Some(Set {
            timeout_ms: (number * unit_ms).round() as u64,
            number: number.to_string(),
            paste: setting.paste.value().map(|paste| paste.replace(TIMEOUT, &number.to_string())),
        })
    }

    /// What holds if nobody sets it, in ms.
    #[must_use]
    pub fn default_ms(&self) -> Option<u64> {
        let unit_ms = self.setting.unit.value()?.ms() as f64;
        self.setting.default.value().map(|default| (default * unit_ms).round() as u64)
    }

    /// The one timeout that there is, in ms, on a platform where it cannot be set.
    #[must_use]
    pub fn fixed_ms(&self) -> Option<u64> {
        let (min, max) = (self.setting.min.value()?, self.setting.max.value()?);
        self.default_ms().filter(|_| min == max)
    }
}
