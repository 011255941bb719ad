//! What people write and read.
//!
//! | to | use |
//! |---|---|
//! | read a duration, `90s` or `1.5 h` | [`duration_ms`]; [`Bare`] says what a number without a unit means |
//! | write one | [`duration_text`]; for reading only, [`rounded_duration_text`] |
//! | read idle timeouts, `0.5..60:0.5` | [`timeouts`] |
//! | answer an unknown name with "did you mean …?" | [`nearest`] |
//! | read a TOML file, with errors that name file, line and fix | [`read_text`], [`FormError`], [`nearest::in_toml`], [`place`] |
//! | summarise values by quantiles | [`quantile`], [`nearest_rank`] |
//!
//! ```
//! use dormouse_text::{Bare, duration_ms};
//!
//! let day = 0..=dormouse_text::DAY_MS;
//! assert_eq!(duration_ms("90s", Bare::Refused, &day), Ok(90_000));
//! assert_eq!(duration_ms("1.5 hours", Bare::Refused, &day), Ok(5_400_000));
//! // Only an idle timeout on the command line may do without a unit: it is in minutes.
//! assert_eq!(duration_ms("2", Bare::Minutes, &day), Ok(120_000));
//! assert_eq!(
//!     duration_ms("2", Bare::Refused, &day).unwrap_err().to_string(),
//!     r#""2" has no unit; write "2m" for minutes or "2s" for seconds"#
//! );
//! ```

mod duration;
mod form;
pub mod nearest;
pub mod place;
mod quantile;
pub mod timeouts;

pub use duration::{
    Bare, DAY_MS, DurationError, HOUR_MS, duration_ms, duration_seconds, duration_text, is_unit,
    rounded_duration_text,
};
pub use form::{FormError, read_text};
pub use quantile::{nearest_rank, quantile};
