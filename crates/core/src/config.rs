//! The two values that an operator configures: the opt-in flag and the idle timeout.

/// The environment variable that opts a gateway in, unless the embedding program uses another name. The name is that of
/// Hermes Agent, the public gateway whose watcher this one follows.
pub const DEFAULT_ENV_VAR: &str = "HERMES_SCALE_TO_ZERO";

/// The longest idle timeout, in ms (about 35,000 years). Longer ones are cut to it, so that sums of times do not overflow.
pub const MAX_IDLE_TIMEOUT_MS: u64 = 1 << 50;

/// Is the opt-in flag set? `value` is the environment variable's value; `None` if it is not set.
///
/// `1`, `true`, `yes` and `on` mean yes, in any case and with white space around them. Everything else means no.
///
/// ```
/// use dormouse_core::{config, scale_to_zero_enabled};
///
/// let from_environment = std::env::var(config::DEFAULT_ENV_VAR).ok();
/// println!("opted in: {}", scale_to_zero_enabled(from_environment.as_deref()));
/// assert!(scale_to_zero_enabled(Some(" Yes ")));
/// ```
#[must_use]
pub fn scale_to_zero_enabled(value: Option<&str>) -> bool {
    let Some(value) = value else { return false };
    let value = value.trim();
    ["1", "true", "yes", "on"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

/// A value from a configuration file, which may or may not be a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ConfigValue<'a> {
    /// Absent, or null.
    Absent,
    /// A boolean, which is not a duration.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A floating-point number, perhaps not finite.
    Float(f64),
    /// A string, perhaps a number.
    Text(&'a str),
}

/// `idle_timeout_minutes` as a duration in milliseconds.
///
/// A number is minutes, rounded to the nearest millisecond; so is a string that is a number after trimming. Everything else
/// gives `default_ms`: an absent value, a boolean, another string, NaN, infinity, zero, a negative number. The result is at
/// least 1 ms and at most [`MAX_IDLE_TIMEOUT_MS`].
///
/// ```
/// use dormouse_core::{ConfigValue, parse_idle_timeout};
///
/// assert_eq!(parse_idle_timeout(ConfigValue::Text(" 2.5 "), 120_000), 150_000);
/// assert_eq!(parse_idle_timeout(ConfigValue::Text("soon"), 120_000), 120_000);
/// ```
#[must_use]
pub fn parse_idle_timeout(value: ConfigValue<'_>, default_ms: u64) -> u64 {
    let minutes = match value {
        ConfigValue::Absent | ConfigValue::Bool(_) => None,
        ConfigValue::Integer(minutes) => Some(minutes as f64),
        ConfigValue::Float(minutes) => Some(minutes),
        ConfigValue::Text(text) => text.trim().parse::<f64>().ok(),
    };
    let ms = match minutes {
        // The cast saturates, so a huge number is cut below.
        Some(minutes) if minutes.is_finite() && minutes > 0.0 => (minutes * 60_000.0 + 0.5) as u64,
        _ => default_ms,
    };
    ms.clamp(1, MAX_IDLE_TIMEOUT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT_MS: u64 = 120_000;

    #[test]
    fn flag_is_true_for_1_true_yes_on_padded_and_in_any_case() {
        for yes in ["1", "true", "yes", "on", " 1", "TRUE ", "\tYes\n", "oN"] {
            assert!(scale_to_zero_enabled(Some(yes)), "{yes:?}");
        }
        for no in ["", " ", "0", "false", "no", "off", "2", "truee", "y", "1 1", "enabled"] {
            assert!(!scale_to_zero_enabled(Some(no)), "{no:?}");
        }
        assert!(!scale_to_zero_enabled(None));
    }

    #[test]
    fn five_and_the_text_five_are_300_seconds() {
        use ConfigValue::{Float, Integer, Text};
        for five in [Integer(5), Float(5.0), Text("5"), Text(" 5 \n"), Text("5.0"), Text("0.5e1"), Text("+5")]
        {
            assert_eq!(parse_idle_timeout(five, DEFAULT_MS), 300_000, "{five:?}");
        }
        assert_eq!(parse_idle_timeout(Float(0.75), DEFAULT_MS), 45_000);
    }

    #[test]
    fn none_empty_text_zero_and_negative_give_the_default() {
        use ConfigValue::{Absent, Bool, Float, Integer, Text};
        let values = [
            Absent,
            Bool(true),
            Bool(false),
            Integer(0),
            Integer(-5),
            Integer(i64::MIN),
            Float(0.0),
            Float(-0.0),
            Float(-1.5),
            Float(f64::NAN),
            Float(f64::INFINITY),
            Float(f64::NEG_INFINITY),
            Text(""),
            Text("  "),
            Text("soon"),
            Text("5 min"),
            Text("0"),
            Text("-5"),
            Text("nan"),
            Text("inf"),
            Text("1e999"),
        ];
        for value in values {
            assert_eq!(parse_idle_timeout(value, DEFAULT_MS), DEFAULT_MS, "{value:?}");
        }
    }

    #[test]
    fn never_zero_and_never_beyond_what_fits() {
        assert_eq!(parse_idle_timeout(ConfigValue::Float(1e-12), DEFAULT_MS), 1);
        assert_eq!(parse_idle_timeout(ConfigValue::Absent, 0), 1);
        assert_eq!(parse_idle_timeout(ConfigValue::Float(f64::MAX), DEFAULT_MS), MAX_IDLE_TIMEOUT_MS);
        assert_eq!(parse_idle_timeout(ConfigValue::Integer(i64::MAX), DEFAULT_MS), MAX_IDLE_TIMEOUT_MS);
    }
}
