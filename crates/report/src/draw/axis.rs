//! Axes: from values to positions and tick labels.

use dormouse_text::DAY_MS;

use crate::numbers;

/// One axis of a plot: its range, its scale and its ticks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    /// The quantity, with its unit.
    pub(crate) title: String,
    /// Values and labels of the ticks, ascending.
    pub(crate) ticks: Vec<(f64, String)>,
    low: f64,
    high: f64,
    scale: Scale,
}

/// How values map to positions.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scale {
    Linear,
    /// All decades have the same length. `foot` is the share of the axis at its low end that is reserved for zero.
    Log {
        foot: f64,
    },
}

/// The share of a logarithmic axis between zero, which has no logarithm, and the lowest positive value.
const FOOT: f64 = 0.1;

impl Axis {
    /// Idle timeouts in minutes, with a small margin at both ends: logarithmic if they span a decade or more, else linear.
    pub(crate) fn timeouts(minutes: &[f64]) -> Self {
        let (low, high) = range(minutes).unwrap_or((1.0, 1.0));
        let title = "idle timeout (min)".to_owned();
        if high >= 10.0 * low {
            const USUAL: &[f64] = &[
                0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 240.0, 480.0,
                1440.0,
            ];
            let margin = libm::pow(high / low, 0.045);
            let (low, high) = (low / margin, high * margin);
            let usual = USUAL.iter().copied();
            let further = decades(low, high).into_iter().filter(|&v| !(0.01..=1440.0).contains(&v));
            let mut at: Vec<f64> = usual.chain(further).filter(|v| (low..=high).contains(v)).collect();
            at.sort_by(f64::total_cmp);
            let ticks = at.into_iter().map(|v| (v, numbers::minutes(v))).collect();
            Self { title, ticks, low, high, scale: Scale::Log { foot: 0.0 } }
        } else {
            let margin = if high > low { 0.06 * (high - low) } else { low / 2.0 };
            let (low, high) = (low - margin, high + margin);
            let mut axis = Self { title, ticks: Vec::new(), low, high, scale: Scale::Linear };
            axis.ticks = axis.even_ticks(8.0);
            axis
        }
    }

    /// Linear, from zero to a round number that is not below `max`.
    pub(crate) fn from_zero(title: impl Into<String>, max: f64) -> Self {
        let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
        let step = round_step(max / 5.0);
        let mut axis = Self {
            title: title.into(),
            ticks: Vec::new(),
            low: 0.0,
            high: step * (max / step - 1e-9).ceil(),
            scale: Scale::Linear,
        };
        axis.ticks = axis.even_ticks(5.0);
        axis
    }

    /// Linear, from zero. If all values are in the upper third, it starts at a round number that is not above `min`, and the
    /// title says so, because readers expect an axis to start at zero.
    pub(crate) fn from_zero_or_near(title: &str, min: f64, max: f64) -> Self {
        if !(min.is_finite() && max > min && max - min < max / 3.0) {
            return Self::from_zero(title, max);
        }
        let step = round_step((max - min) / 4.0);
        let (low, high) = (step * (min / step + 1e-9).floor(), step * (max / step - 1e-9).ceil());
        let mut axis = Self {
            title: format!("{title}, not from 0"),
            ticks: Vec::new(),
            low,
            high,
            scale: Scale::Linear,
        };
        axis.ticks = axis.even_ticks(5.0);
        axis
    }

    /// Logarithmic, with a position for zero at the low end if one of the `values` is zero. Linear from zero if the positive
    /// values span less than a decade.
    pub(crate) fn zero_and_log(title: impl Into<String>, values: &[f64]) -> Self {
        let positive: Vec<f64> = values.iter().copied().filter(|&v| v > 0.0).collect();
        match range(&positive) {
            Some((low, high)) if high >= 10.0 * low => {
                let (low, high) = (decade(low), high * 1.15);
                let zero = values.iter().find(|&&v| v <= 0.0).map(|_| 0.0);
                let ticks = zero.into_iter().chain(decades(low, high)).map(|v| (v, numbers::short(v, 6)));
                let foot = if zero.is_some() { FOOT } else { 0.0 };
                Self { title: title.into(), ticks: ticks.collect(), low, high, scale: Scale::Log { foot } }
            }
            Some((_, high)) => Self::from_zero(title, high),
            None => Self::from_zero(title, 1.0),
        }
    }

    /// Names instead of numbers, from the top down: the `i`th name is at `-i`.
    pub(crate) fn names(names: impl Iterator<Item = String>) -> Self {
        let mut ticks: Vec<(f64, String)> = names.enumerate().map(|(i, name)| (-(i as f64), name)).collect();
        ticks.reverse();
        let low = 0.5 - ticks.len().max(1) as f64;
        Self { title: String::new(), ticks, low, high: 0.5, scale: Scale::Linear }
    }

    /// Logarithmic durations in milliseconds, with ticks at common durations. The axis starts at 1 ms or later and spans at
    /// least a decade.
    pub(crate) fn durations(title: impl Into<String>, low_ms: f64, high_ms: f64) -> Self {
        const USUAL: &[(f64, &str)] = &[
            (1.0, "1 ms"),
            (10.0, "10 ms"),
            (100.0, "100 ms"),
            (1e3, "1 s"),
            (10e3, "10 s"),
            (60e3, "1 min"),
            (600e3, "10 min"),
            (3600e3, "1 h"),
            (6.0 * 3600e3, "6 h"),
            (DAY_MS as f64, "1 day"),
            (7.0 * DAY_MS as f64, "1 week"),
            (30.0 * DAY_MS as f64, "30 days"),
            (365.0 * DAY_MS as f64, "1 year"),
        ];
        let low = low_ms.max(1.0);
        let high = high_ms.max(low * 10.0);
        // More ticks in between, on an axis of less than four decades.
        const BETWEEN: &[(f64, &str)] = &[
            (2e3, "2 s"),
            (5e3, "5 s"),
            (20e3, "20 s"),
            (120e3, "2 min"),
            (300e3, "5 min"),
            (1800e3, "30 min"),
            (2.0 * 3600e3, "2 h"),
            (12.0 * 3600e3, "12 h"),
        ];
        let between = if high < 1e4 * low { BETWEEN } else { &[] };
        let mut ticks: Vec<(f64, String)> = USUAL
            .iter()
            .chain(between)
            .filter(|(at, _)| (low..=high).contains(at))
            .map(|&(at, text)| (at, text.to_owned()))
            .collect();
        ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { title: title.into(), ticks, low, high, scale: Scale::Log { foot: 0.0 } }
    }

    /// Logarithmic shares, from the power of ten that is not above `low`, and at most 10 %, to 100 %.
    pub(crate) fn shares(title: impl Into<String>, low: f64) -> Self {
        let low = decade(low.clamp(1e-12, 0.1));
        let ticks = decades(low, 1.0)
            .into_iter()
            .map(|v| (v, format!("{} %", numbers::short(v * 100.0, 10))))
            .collect();
        Self { title: title.into(), ticks, low, high: 1.0, scale: Scale::Log { foot: 0.0 } }
    }

    /// Clock time or elapsed time: linear, with the given ticks.
    pub(crate) fn clock(title: impl Into<String>, low: f64, high: f64, ticks: Vec<(f64, String)>) -> Self {
        Self { title: title.into(), ticks, low, high, scale: Scale::Linear }
    }

    /// The position of `value`: 0 at the start of the axis, 1 at its end. Values outside the range are at the nearer end.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log { .. } if value <= 0.0 => 0.0,
            Scale::Log { foot } => {
                foot + (1.0 - foot) * libm::log(value / self.low).max(0.0) / libm::log(self.high / self.low)
            }
        };
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Whether `value` is within the range.
    pub(crate) fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Whether the axis has a break between zero and its lowest positive value.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self.scale, Scale::Log { foot } if foot > 0.0)
    }

    fn even_ticks(&self, about: f64) -> Vec<(f64, String)> {
        let step = round_step((self.high - self.low) / about);
        let decimals = (-libm::floor(libm::log10(step)) + 1.0).clamp(0.0, 12.0) as usize;
        let first = (self.low / step - 1e-9).ceil();
        let count = ((self.high / step + 1e-9).floor() - first).clamp(0.0, 40.0) as u32;
        (0..=count)
            .map(|i| (first + f64::from(i)) * step)
            .map(|at| (at, numbers::short(at, decimals)))
            .collect()
    }
}

fn range(values: &[f64]) -> Option<(f64, f64)> {
    values.iter().fold(None, |range, &v| match range {
        None => Some((v, v)),
        Some((low, high)) => Some((f64::min(low, v), f64::max(high, v))),
    })
}

/// The largest power of ten not above `value`.
fn decade(value: f64) -> f64 {
    libm::pow(10.0, libm::floor(libm::log10(value) + 1e-9))
}

/// The smallest round number that is not below `value`: 1, 2, 5 or 10 times a power of ten, or 2.5 times 10 or more.
fn round_step(value: f64) -> f64 {
    let unit = decade(value);
    let steps: &[f64] = if unit >= 10.0 { &[1.0, 2.0, 2.5, 5.0] } else { &[1.0, 2.0, 5.0] };
    steps.iter().map(|m| m * unit).find(|&step| step >= value * 0.999_999).unwrap_or(10.0 * unit)
}

/// Round values from `low` to `high`. These are 1, 2 and 5 times the powers of ten if there are at most three powers, else
/// the powers alone. Of nine powers or more, some are skipped.
fn decades(low: f64, high: f64) -> Vec<f64> {
    let first = libm::floor(libm::log10(low) + 1e-9) as i32;
    let last = libm::floor(libm::log10(high) + 1e-9) as i32;
    let steps: &[f64] = if last.saturating_sub(first) < 3 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let stride = (last.saturating_sub(first).max(0) / 8 + 1) as usize;
    (first..=last)
        .step_by(stride)
        .flat_map(|power| steps.iter().map(move |m| m * libm::pow(10.0, f64::from(power))))
        .filter(|v| (low * 0.999_999..=high * 1.000_001).contains(v))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn timeouts_over_a_decade_are_logarithmic_with_usual_minutes() {
        let axis = Axis::timeouts(&[0.5, 60.0]);
        assert_eq!(labels(&axis), ["0.5", "1", "2", "5", "10", "20", "30", "60"]);
        assert!((axis.place(libm::sqrt(0.5 * 60.0)) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn timeouts_within_a_decade_are_linear() {
        assert_eq!(labels(&Axis::timeouts(&[2.0, 5.0])), ["2", "2.5", "3", "3.5", "4", "4.5", "5"]);
        assert_eq!(Axis::timeouts(&[2.0]).place(2.0), 0.5);
        assert!(Axis::timeouts(&[]).place(1.0).is_finite());
    }

    #[test]
    fn an_axis_from_zero_ends_at_a_round_number() {
        assert_eq!(labels(&Axis::from_zero("", 873.0)), ["0", "200", "400", "600", "800", "1,000"]);
        assert_eq!(labels(&Axis::from_zero("", 0.0)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(Axis::from_zero("", 1000.0).place(1000.0), 1.0);
        assert!(Axis::from_zero("", f64::NAN).place(f64::NAN).is_finite());
        assert!(!Axis::from_zero("", u64::MAX as f64).ticks.is_empty());
    }

    #[test]
    fn a_logarithmic_axis_has_a_position_for_zero() {
        let axis = Axis::zero_and_log("", &[0.0, 0.4, 30.0]);
        assert_eq!(labels(&axis), ["0", "0.1", "0.2", "0.5", "1", "2", "5", "10", "20"]);
        assert_eq!((axis.place(0.0), axis.place(0.1)), (0.0, FOOT));
        assert!(axis.is_cut());
        assert!(!Axis::zero_and_log("", &[0.0, 2.0, 3.0]).is_cut());
        assert_eq!(labels(&Axis::zero_and_log("", &[0.4, 30.0]))[0], "0.1");
    }

    #[test]
    fn names_are_evenly_spaced_from_the_top() {
        let axis = Axis::names(["a", "b"].map(str::to_owned).into_iter());
        assert_eq!(labels(&axis), ["b", "a"]);
        assert_eq!([0.0, -1.0].map(|line| axis.place(line)), [0.75, 0.25]);
        assert!(Axis::names(std::iter::empty()).place(0.0).is_finite());
    }

    #[test]
    fn many_decades_thin_out() {
        assert!(decades(1.0, 1e18).len() <= 10);
        assert_eq!(labels(&Axis::shares("", 0.004)), ["0.1 %", "1 %", "10 %", "100 %"]);
    }
}
