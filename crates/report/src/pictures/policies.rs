//! Policies: time asleep against delayed messages.

use super::Picture;
use crate::draw::{
    Area, Axis, Colour, Dash, Frame, Heading, Key, LabelSpace, Lettering, Marker, Sign, Surface, ink,
};
use crate::{File, ReportError};

const LABEL: Lettering = Lettering::new(20.0, ink::TEXT);

/// A policy in the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyPoint {
    /// The name of the policy.
    pub label: String,
    /// Delayed messages per instance and day.
    pub delayed: f64,
    /// The share of time asleep, from 0 to 1.
    pub asleep: f64,
    /// Whether it missed work.
    pub misses_work: bool,
    /// Whether it knows the future: then it is a yardstick, not a policy to use.
    pub is_ruler: bool,
}

impl PolicyPoint {
    fn look(&self) -> (Marker, Colour, &'static str) {
        match (self.misses_work, self.is_ruler) {
            (true, _) => (Marker::Cross, ink::VERMILLION, "misses work"),
            (false, true) => (Marker::Ring, ink::BLACK, "knows the future"),
            (false, false) => (Marker::Disc, ink::BLUE, "misses no work"),
        }
    }
}

/// Draws the share of time asleep against delayed messages as the files `policies.svg` and `policies.png`, with one point for
/// each policy. `ceiling` is the share of time that the clairvoyant could sleep.
///
/// Labels that do not fit are left out; earlier points are labelled first. Policies that never sleep are left out too, because
/// they would squeeze all others into a line.
///
/// # Errors
/// [`ReportError::Picture`], only for a bug in this crate.
pub fn policy_plot(subtitle: &str, points: &[PolicyPoint], ceiling: f64) -> Result<[File; 2], ReportError> {
    picture(subtitle, points, ceiling).files()
}

pub(super) fn picture<'a>(subtitle: &'a str, points: &'a [PolicyPoint], ceiling: f64) -> Picture<'a> {
    let title = "Policies: sleep against delayed messages";
    let points: Vec<&PolicyPoint> = points.iter().filter(|point| point.asleep > 0.0).collect();
    let draw = move |surface: &mut dyn Surface| {
        let delayed: Vec<f64> = points.iter().map(|point| point.delayed).collect();
        let asleep = || points.iter().map(|point| 100.0 * point.asleep);
        let most = asleep().fold(100.0 * ceiling, f64::max);
        let least = asleep().fold(100.0 * ceiling, f64::min);
        let mut key =
            vec![Key { label: "oracle (ceiling)".into(), sign: Sign::Line(ink::BLACK, Dash::LONG) }];
        for (marker, colour, label) in points.iter().map(|point| point.look()) {
            if key.iter().all(|key| key.label != label) {
                key.push(Key { label: label.into(), sign: Sign::Marker(marker, colour) });
            }
        }
        let plot = Frame {
            heading: Heading { title: title.into(), subtitle: subtitle.into() },
            x: Axis::zero_and_log("delayed messages per instance and day", &delayed),
            y: Axis::from_zero_or_near("asleep (% of the time)", least, most),
            marks: Vec::new(),
            key,
        }
        .draw(surface);
        let line = plot.at(0.0, 100.0 * ceiling).1;
        surface.dashed(&[(plot.left, line), (plot.right, line)], Dash::LONG, ink::BLACK, 3.0);
        let mut space = LabelSpace::new(Area((plot.left, plot.top), (plot.right, plot.bottom)));
        space.occupy(Area((plot.left, line - 3.0), (plot.right, line + 3.0)));
        let places: Vec<_> =
            points.iter().map(|point| plot.at(point.delayed, 100.0 * point.asleep)).collect();
        for (point, &(x, y)) in points.iter().zip(&places) {
            let (marker, colour, _) = point.look();
            surface.marker(marker, (x, y), 7.0, colour);
            space.occupy(Area((x - 9.0, y - 9.0), (x + 9.0, y + 9.0)));
        }
        for (point, &place) in points.iter().zip(&places) {
            space.label(surface, &point.label, place, LABEL);
        }
        if points.is_empty() {
            plot.message(surface, "No policy slept");
        }
    };
    Picture { name: "policies", title, caption: "", draw: Box::new(draw) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(label: &str, delayed: f64, asleep: f64, misses_work: bool) -> PolicyPoint {
        PolicyPoint { label: label.into(), delayed, asleep, misses_work, is_ruler: label == "oracle" }
    }

    #[test]
    fn policies_are_labelled_and_the_key_says_which_miss_work() {
        let points = [
            point("oracle", 3.0, 0.98, false),
            point("break-even", 30.0, 0.7, false),
            point("reckless", 300.0, 0.4, true),
        ];
        let [svg, png] = policy_plot("a week", &points, 0.99).unwrap();
        let text = String::from_utf8(svg.bytes).unwrap();
        let words = ["oracle", "break-even", "reckless", "misses work", "knows the future", "a week"];
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert_eq!((svg.name.as_str(), png.name.as_str()), ("policies.svg", "policies.png"));
        let [none, _] = policy_plot("a week", &[point("always-on", 0.0, 0.0, true)], 0.0).unwrap();
        let none = String::from_utf8(none.bytes).unwrap();
        assert!(none.contains("No policy slept") && !none.contains("misses work"));
    }
}
