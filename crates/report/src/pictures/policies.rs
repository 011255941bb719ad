//! Policies by what they buy and what people pay for it.

use super::Picture;
use crate::draw::{Area, Axis, Colour, Dash, Frame, Key, Lettering, Marker, Room, Sign, Surface, Words, ink};
use crate::{File, ReportError};

const LABEL: Lettering = Lettering::new(20.0, ink::TEXT);

/// A policy's place in the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyPoint {
    /// Its name.
    pub label: String,
    /// Delayed messages per instance and day.
    pub delayed: f64,
    /// The share of time asleep, 0..=1.
    pub asleep: f64,
    /// Did it miss work?
    pub misses_work: bool,
    /// Does it know the future, so that it is a ruler?
    pub is_ruler: bool,
}

impl PolicyPoint {
    fn look(&self) -> (Marker, Colour, &'static str) {
        match (self.misses_work, self.is_ruler) {
            (true, _) => (Marker::Cross, ink::VERMILLION, "misses work"),
            (false, true) => (Marker::Ring, ink::BLACK, "knows the future"),
            (false, false) => (Marker::Disc, ink::BLUE, "misses nothing"),
        }
    }
}

/// Share of time asleep against delayed messages, a point a policy; files `policies.svg` and `policies.png`. Labels that find no
/// room are left out, the first points having the first choice; and so are policies that never sleep, which would press all others
/// into a line. `ceiling`: the share that a clairvoyant machine could sleep.
///
/// # Errors
/// Only for a defect of the drawing itself.
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
            words: Words { title: title.into(), subtitle: subtitle.into() },
            x: Axis::zero_and_log("delayed messages per instance and day", &delayed),
            y: Axis::from_zero_or_near("asleep (% of the time)", least, most),
            marks: Vec::new(),
            key,
        }
        .draw(surface);
        let line = plot.at(0.0, 100.0 * ceiling).1;
        surface.dashed(&[(plot.left, line), (plot.right, line)], Dash::LONG, ink::BLACK, 3.0);
        let mut room = Room::new(Area((plot.left, plot.top), (plot.right, plot.bottom)));
        room.take(Area((plot.left, line - 3.0), (plot.right, line + 3.0)));
        let places: Vec<_> =
            points.iter().map(|point| plot.at(point.delayed, 100.0 * point.asleep)).collect();
        for (point, &(x, y)) in points.iter().zip(&places) {
            let (marker, colour, _) = point.look();
            surface.marker(marker, (x, y), 7.0, colour);
            room.take(Area((x - 9.0, y - 9.0), (x + 9.0, y + 9.0)));
        }
        for (point, &place) in points.iter().zip(&places) {
            room.label(surface, &point.label, place, LABEL);
        }
        if points.is_empty() {
            plot.say(surface, "none: no policy slept");
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
    fn every_policy_has_its_place_and_the_key_says_which_miss_work() {
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
        assert!(none.contains("no policy slept") && !none.contains("misses work"));
    }
}
