//! Ratios with their intervals, one per line.

use super::Picture;
use crate::draw::{Axis, Frame, Heading, Marker, Surface, fitted, ink};
use crate::{File, ReportError};

/// The ratio of two measurements, with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratio {
    /// What was measured.
    pub label: String,
    /// Lower end of the interval.
    pub low: f64,
    /// The ratio.
    pub ratio: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Ratio {
    /// Whether the whole interval is below one.
    #[must_use]
    pub fn is_less(&self) -> bool {
        self.high < 1.0
    }

    /// Whether the whole interval is above one.
    #[must_use]
    pub fn is_more(&self) -> bool {
        self.low > 1.0
    }
}

/// The number of lines that fit into a picture.
const LINES: usize = 26;
/// The greatest width of a label, in pixels.
const WIDEST: f64 = 560.0;

/// Draws the first 26 ratios, from the top in the order given, as the files `ratios.svg` and `ratios.png`. `x` says what the
/// ratio is of.
///
/// A ratio is green if its whole interval is below one, red if it is above one, and grey otherwise.
///
/// # Errors
/// [`ReportError::Picture`], only for a bug in this crate.
pub fn ratio_plot(
    title: &'static str,
    subtitle: &str,
    x: &str,
    ratios: &[Ratio],
) -> Result<[File; 2], ReportError> {
    picture(title, subtitle, x, ratios).files()
}

pub(super) fn picture<'a>(
    title: &'static str,
    subtitle: &str,
    x: &'a str,
    ratios: &'a [Ratio],
) -> Picture<'a> {
    let shown = &ratios[..ratios.len().min(LINES)];
    let subtitle = if shown.len() < ratios.len() {
        format!("{subtitle} · the first {LINES} of {}", ratios.len())
    } else {
        subtitle.to_owned()
    };
    let draw = move |surface: &mut dyn Surface| {
        let low = shown.iter().map(|ratio| ratio.low).fold(1.0, f64::min);
        let high = shown.iter().map(|ratio| ratio.high).fold(1.0, f64::max);
        let plot = Frame {
            heading: Heading { title: title.into(), subtitle: subtitle.clone() },
            x: Axis::from_zero_or_near(x, low, high),
            y: Axis::names(shown.iter().map(|ratio| fitted(&ratio.label, 21.0, false, WIDEST))),
            marks: vec![(1.0, "no difference".into())],
            key: Vec::new(),
        }
        .draw(surface);
        for (i, ratio) in shown.iter().enumerate() {
            let colour = match ratio {
                less if less.is_less() => ink::GREEN,
                more if more.is_more() => ink::VERMILLION,
                _ => ink::QUIET,
            };
            let y = -(i as f64);
            surface.line(&[plot.at(ratio.low, y), plot.at(ratio.high, y)], colour, 4.0);
            surface.marker(Marker::Disc, plot.at(ratio.ratio, y), 7.0, colour);
        }
        if shown.is_empty() {
            plot.message(surface, "Nothing was compared");
        }
    };
    Picture { name: "ratios", title, caption: "", draw: Box::new(draw) }
}
