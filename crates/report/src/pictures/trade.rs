//! The trade-off: time asleep against delayed messages.

use dormouse_sim::rows::Row;

use super::{Picture, subtitle};
use crate::draw::{
    Area, Axis, Colour, Dash, Frame, Heading, Key, LabelSpace, Lettering, Marker, Sign, Surface, ink,
};
use crate::numbers::minutes;
use crate::{Mark, findings, pareto};

const LABEL: Lettering = Lettering::new(20.0, ink::TEXT);
const RECOMMENDED: &str = "recommended";
/// The greatest number of labelled points.
const MOST_NAMES: usize = 10;
/// Round timeouts in minutes, which are labelled first.
const ROUND: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0];

pub(crate) fn picture<'a>(rows: &'a [Row], marks: &'a [Mark]) -> Picture<'a> {
    Picture {
        name: "pareto",
        title: "Sleep against delayed messages",
        caption: "Each point is an idle timeout; up and to the left is better. For a timeout on the front, no other sleeps as much \
                  with as few delays and as little missed work.",
        draw: Box::new(move |surface| draw(rows, marks, surface)),
    }
}

/// An idle timeout in the picture.
struct Point<'a> {
    row: &'a Row,
    efficient: bool,
    delayed: f64,
    asleep: f64,
}

impl Point<'_> {
    /// Its marker, its colour, and its label in the key.
    fn look(&self) -> (Marker, Colour, &'static str) {
        match (self.efficient, self.row.violations) {
            (true, 0) => (Marker::Disc, ink::BLUE, "efficient"),
            (true, _) => (Marker::Triangle, ink::VERMILLION, "efficient, misses work"),
            (false, 0) => (Marker::Ring, ink::QUIET, "not efficient"),
            (false, _) => (Marker::Cross, ink::QUIET, "not efficient, misses work"),
        }
    }
}

fn draw(rows: &[Row], marks: &[Mark], surface: &mut dyn Surface) {
    let points: Vec<Point<'_>> = rows
        .iter()
        .zip(pareto(rows))
        .map(|(row, efficient)| Point {
            row,
            efficient,
            delayed: row.per_day(row.delayed),
            asleep: 100.0 * row.suspended_share(),
        })
        .collect();
    let oracle = rows.iter().map(|row| 100.0 * row.oracle_share()).fold(0.0, f64::max);
    let delayed: Vec<f64> = points.iter().map(|point| point.delayed).collect();
    let asleep = || points.iter().map(|point| point.asleep);
    let (least, most) = (asleep().fold(oracle, f64::min), asleep().fold(oracle, f64::max));
    let plot = Frame {
        heading: Heading { title: "Sleep against delayed messages".into(), subtitle: subtitle(rows) },
        x: Axis::zero_and_log("delayed messages per instance and day", &delayed),
        y: Axis::from_zero_or_near("asleep (% of the time)", least, most),
        marks: Vec::new(),
        key: key(&points),
    }
    .draw(surface);

    let ceiling = plot.at(0.0, oracle).1;
    surface.dashed(&[(plot.left, ceiling), (plot.right, ceiling)], Dash::LONG, ink::BLACK, 3.0);
    let line: Vec<_> = front(&points).into_iter().map(|(x, y)| plot.at(x, y)).collect();
    surface.dashed(&line, Dash::SOLID, ink::BLUE, 3.0);
    // Draw efficient points last, so that they are on top.
    for (efficient, radius) in [(false, 5.0), (true, 7.0)] {
        for point in points.iter().filter(|point| point.efficient == efficient) {
            let (marker, colour, _) = point.look();
            surface.marker(marker, plot.at(point.delayed, point.asleep), radius, colour);
        }
    }

    let mut space = LabelSpace::new(Area((plot.left, plot.top), (plot.right, plot.bottom)));
    space.occupy(Area((plot.left, ceiling - 3.0), (plot.right, ceiling + 3.0)));
    for point in &points {
        let (x, y) = plot.at(point.delayed, point.asleep);
        space.occupy(Area((x - 9.0, y - 9.0), (x + 9.0, y + 9.0)));
    }
    for (i, name) in names(rows, &points, marks) {
        let recommended = name.ends_with(RECOMMENDED);
        let lettering = if recommended { LABEL.bold() } else { LABEL };
        space.label(surface, &name, plot.at(points[i].delayed, points[i].asleep), lettering);
    }
}

/// The entries of the key: the lines, and the kinds of points that occur.
fn key(points: &[Point<'_>]) -> Vec<Key> {
    let mut key = vec![
        Key { label: "oracle (ceiling)".into(), sign: Sign::Line(ink::BLACK, Dash::LONG) },
        Key { label: "front".into(), sign: Sign::Line(ink::BLUE, Dash::SOLID) },
    ];
    for (marker, colour, label) in points.iter().map(Point::look) {
        if key.iter().all(|key| key.label != label) {
            key.push(Key { label: label.into(), sign: Sign::Marker(marker, colour) });
        }
    }
    key
}

/// The upper envelope of the points, from few delays to many. A row that is efficient only because it misses less work is below
/// it.
fn front(points: &[Point<'_>]) -> Vec<(f64, f64)> {
    let mut front: Vec<(f64, f64)> = points.iter().map(|point| (point.delayed, point.asleep)).collect();
    front.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut best = f64::NEG_INFINITY;
    front.retain(|&(_, asleep)| {
        let is_better = asleep > best;
        best = best.max(asleep);
        is_better
    });
    front
}

/// The points to label, and their labels: the recommended timeout, the marks, the shortest and the longest, then other efficient
/// ones, round ones first.
fn names(rows: &[Row], points: &[Point<'_>], marks: &[Mark]) -> Vec<(usize, String)> {
    let recommended = findings(rows, marks).recommended;
    let labels =
        |i: usize| marks.iter().filter(move |mark| mark.is_at(&rows[i])).map(|mark| mark.label.as_str());
    let importance = |i: usize| match i {
        _ if recommended == Some(i) => 0,
        _ if labels(i).next().is_some() => 1,
        _ if i == 0 || i + 1 == rows.len() => 2,
        _ if ROUND.contains(&rows[i].idle_timeout_minutes) => 3,
        _ => 4,
    };
    let mut order: Vec<usize> =
        (0..rows.len()).filter(|&i| points[i].efficient || importance(i) < 3).collect();
    order.sort_by_key(|&i| importance(i));
    order.truncate(MOST_NAMES);
    let name = |i: usize| {
        let timeout = format!("{} min", minutes(rows[i].idle_timeout_minutes));
        let advice = (recommended == Some(i)).then_some(RECOMMENDED);
        labels(i).chain(advice).fold(timeout, |name, part| name + ", " + part)
    };
    order.into_iter().map(|i| (i, name(i))).collect()
}
