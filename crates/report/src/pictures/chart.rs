//! Measurements as curves on logarithmic axes.

use super::Picture;
use crate::draw::{Axis, Frame, Heading, Key, Series, Sign, Style, Surface};
use crate::{File, ReportError};

/// Measurements against a size, on logarithmic axes. Where the cost is proportional to the size, the curve rises by one decade
/// per decade.
///
/// ```
/// use dormouse_report::{Chart, Curve, chart};
///
/// let curve = Curve { label: "replay".into(), points: vec![(1e3, 2.0), (1e4, 20.0), (1e5, 200.0)] };
/// let files = chart(&Chart {
///     name: "cost",
///     title: "Cost against events",
///     subtitle: "one thread",
///     x: "events",
///     y: "time (ms)",
///     curves: &[curve],
/// })?;
/// assert_eq!([&files[0].name, &files[1].name], ["cost.svg", "cost.png"]);
/// # Ok::<(), dormouse_report::ReportError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Chart<'a> {
    /// The name of the files, without extension.
    pub name: &'static str,
    /// The title.
    pub title: &'static str,
    /// The subtitle: what was measured, and on what.
    pub subtitle: &'a str,
    /// The quantity on the horizontal axis, with its unit.
    pub x: &'a str,
    /// The quantity on the vertical axis, with its unit.
    pub y: &'a str,
    /// The curves. There are six styles; a seventh curve looks like the first.
    pub curves: &'a [Curve],
}

/// One curve of a [`Chart`].
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its name in the key.
    pub label: String,
    /// Its points, in order of x.
    pub points: Vec<(f64, f64)>,
}

/// Draws the chart as an SVG and a PNG file.
///
/// # Errors
/// [`ReportError::Picture`], only for a bug in this crate.
pub fn chart(chart: &Chart<'_>) -> Result<[File; 2], ReportError> {
    picture(*chart).files()
}

pub(super) fn picture(chart: Chart<'_>) -> Picture<'_> {
    let Chart { name, title, subtitle, x, y, curves } = chart;
    let along = move |value: fn(&(f64, f64)) -> f64| -> Vec<f64> {
        curves.iter().flat_map(|curve| curve.points.iter().map(value)).collect()
    };
    let draw = move |surface: &mut dyn Surface| {
        let plot = Frame {
            heading: Heading { title: title.into(), subtitle: subtitle.into() },
            x: Axis::zero_and_log(x, &along(|point| point.0)),
            y: Axis::zero_and_log(y, &along(|point| point.1)),
            marks: Vec::new(),
            key: (0..)
                .zip(curves)
                .map(|(i, curve)| Key { label: curve.label.clone(), sign: Sign::Series(Style::nth(i)) })
                .collect(),
        }
        .draw(surface);
        for (i, curve) in curves.iter().enumerate() {
            plot.series(surface, &Series { style: Style::nth(i), points: curve.points.clone() });
        }
        if curves.iter().all(|curve| curve.points.is_empty()) {
            plot.message(surface, "Nothing was measured");
        }
    };
    Picture { name, title, caption: "", draw: Box::new(draw) }
}
