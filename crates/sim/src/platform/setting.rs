//! Converts a timeout to the platform's own unit and limits, and to a line to paste.

use crate::platform::Platform;

/// The placeholder for the number in the text to paste.
pub(crate) const TIMEOUT: &str = "{timeout}";

/// A timeout in the form in which a platform can be configured.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    /// The timeout in ms that the platform will use: the nearest one that can be set.
    pub timeout_ms: u64,
    /// The number, in the platform's own unit.
    pub number: String,
    /// The text to paste, if the platform has one.
    pub paste: Option<String>,
}

impl Platform {
    /// The setting nearest to `timeout_ms`: a multiple of the step, within the limits. Unknown limits are ignored.
    /// `None` if the platform has no setting, or its unit is unknown.
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
        // Round off the floating-point error that steps like 0.1 cause.
        let number = (within * 1e6).round() / 1e6;
        Some(Set {
            timeout_ms: (number * unit_ms).round() as u64,
            number: number.to_string(),
            paste: setting.paste.value().map(|paste| paste.replace(TIMEOUT, &number.to_string())),
        })
    }

    /// The platform's default timeout, in ms.
    #[must_use]
    pub fn default_ms(&self) -> Option<u64> {
        let unit_ms = self.setting.unit.value()?.ms() as f64;
        self.setting.default.value().map(|default| (default * unit_ms).round() as u64)
    }

    /// The platform's only timeout, in ms, if it cannot be set: the least and the greatest one are equal.
    #[must_use]
    pub fn fixed_ms(&self) -> Option<u64> {
        let (min, max) = (self.setting.min.value()?, self.setting.max.value()?);
        self.default_ms().filter(|_| min == max)
    }
}
