//! The cost of each timeout, with its interval.

use super::{Picture, on_axis};
use crate::draw::{Axis, Dash, Frame, Heading, Key, Marker, Series, Sign, Style, Surface, ink};
use crate::{File, Mark, ReportError};

/// Cost against the idle timeout, with an interval around each point.
///
/// ```
/// use dormouse_report::{CostPlot, CostPoint, cost_plot};
///
/// let point = |minutes, cost| CostPoint { minutes, cost, band: Some([cost - 0.1, cost + 0.2]), allowed: true };
/// let files = cost_plot(&CostPlot {
///     subtitle: "a week",
///     currency: "USD",
///     points: &[point(1.0, 0.5), point(2.0, 0.6), point(5.0, 0.9)],
///     near: Some([1.0, 2.0]),
///     marks: &[],
/// })?;
/// assert_eq!([&files[0].name, &files[1].name], ["cost.svg", "cost.png"]);
/// # Ok::<(), dormouse_report::ReportError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CostPlot<'a> {
    /// The subtitle: what the costs are of.
    pub subtitle: &'a str,
    /// The currency of the costs.
    pub currency: &'a str,
    /// The timeouts tried, in ascending order.
    pub points: &'a [CostPoint],
    /// The first and the last timeout that are as good as the best, in minutes.
    pub near: Option<[f64; 2]>,
    /// Timeouts to highlight.
    pub marks: &'a [Mark],
}

/// One timeout of a [`CostPlot`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostPoint {
    /// The timeout in minutes.
    pub minutes: f64,
    /// Its cost a month.
    pub cost: f64,
    /// The lower and the upper end of the interval of the cost, which comes from the difference to the present
    /// timeout; `None` without an interval.
    pub band: Option<[f64; 2]>,
    /// Whether the timeout may be set.
    pub allowed: bool,
}

/// Draws the picture as the files `cost.svg` and `cost.png`.
///
/// # Errors
/// [`ReportError::Picture`], only for a bug in this crate.
pub fn cost_plot(plot: &CostPlot<'_>) -> Result<[File; 2], ReportError> {
    picture(*plot).files()
}

/// The vertical axis ends at this multiple of the highest cost, or earlier. Longer intervals are clipped, because they would
/// flatten the curve.
const AXIS_LIMIT: f64 = 1.6;

pub(super) fn picture(plot: CostPlot<'_>) -> Picture<'_> {
    Picture {
        name: "cost",
        title: "Cost against idle timeout",
        caption: "The monthly cost of each timeout, without the part that no timeout can save. The dashed lines connect the ends of the 95 % interval of the \
                  difference to the present timeout. The bar at the bottom is where timeouts are as good as the best.",
        draw: Box::new(move |surface| draw(&plot, surface)),
    }
}

fn draw(plot: &CostPlot<'_>, surface: &mut dyn Surface) {
    let CostPlot { subtitle, currency, points, near, marks } = *plot;
    let highest = points.iter().map(|point| point.cost).fold(0.0, f64::max);
    let ends = points.iter().filter_map(|point| point.band).map(|band| band[1]).fold(highest, f64::max);
    let style = Style::nth(0);
    let refused: Vec<&CostPoint> = points.iter().filter(|point| !point.allowed).collect();
    let mut key = vec![Key { label: "cost".into(), sign: Sign::Series(style) }];
    if points.iter().any(|point| point.band.is_some()) {
        key.push(Key { label: "95 % interval".into(), sign: Sign::Line(ink::SKY, Dash::SHORT) });
    }
    if near.is_some() {
        key.push(Key { label: "as good as the best".into(), sign: Sign::Area(ink::GREEN, false) });
    }
    if !refused.is_empty() {
        let sign = Sign::Marker(Marker::Cross, ink::VERMILLION);
        key.push(Key { label: "may not be set".into(), sign });
    }
    let x = Axis::timeouts(&points.iter().map(|point| point.minutes).collect::<Vec<f64>>());
    let frame = Frame {
        heading: Heading { title: "Cost a month".into(), subtitle: subtitle.into() },
        y: Axis::from_zero(format!("cost a month ({currency})"), ends.min(highest * AXIS_LIMIT)),
        marks: on_axis(marks, &x),
        key,
        x,
    }
    .draw(surface);
    if let Some([from, to]) = near {
        let (left, right) = (frame.at(from, 0.0).0, frame.at(to, 0.0).0);
        surface.area((left - 6.0, frame.bottom - 12.0), (right + 6.0, frame.bottom - 2.0), ink::GREEN, false);
    }
    for end in 0..2 {
        let line = points.iter().filter_map(|point| Some(frame.at(point.minutes, point.band?[end])));
        surface.dashed(&line.collect::<Vec<_>>(), Dash::SHORT, ink::SKY, 3.0);
    }
    for point in points {
        if let Some([low, high]) = point.band {
            surface.line(&[frame.at(point.minutes, low), frame.at(point.minutes, high)], ink::SKY, 2.0);
        }
    }
    let costs = points.iter().map(|point| (point.minutes, point.cost)).collect();
    frame.series(surface, &Series { style, points: costs });
    for point in refused {
        surface.marker(Marker::Cross, frame.at(point.minutes, point.cost), 10.0, ink::VERMILLION);
    }
    if points.is_empty() {
        frame.message(surface, "No timeout was tried");
    }
}
