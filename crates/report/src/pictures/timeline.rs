//! A day of one instance: traffic, work, what the machine did, what went wrong.

mod clock;
mod lanes;

use std::collections::BTreeSet;

use clock::clock;
use lanes::{What, lanes};

use super::Picture;
use crate::draw::{Axis, Colour, Frame, Key, Marker, Plot, Sign, Surface, Words, ink};
use crate::numbers::counted;
use crate::{File, ReportError};
use crate::{State, Timeline};

/// A timeline by itself, as an SVG and a PNG file named `timeline`; `title` stands over it.
///
/// # Errors
/// When the timeline has no length; else only for a defect of the drawing itself.
pub fn timeline_plot(title: &str, timeline: &Timeline) -> Result<[File; 2], ReportError> {
    let Timeline { from_ms, to_ms, .. } = *timeline;
    if from_ms >= to_ms {
        return Err(ReportError::BadTimeline { from_ms, to_ms });
    }
    Picture { draw: Box::new(move |surface| draw(title, timeline, surface)), ..picture(timeline) }.files()
}

/// What stands over the day of a report.
const A_DAY: &str = "A day on the machine";

pub(crate) fn picture(timeline: &Timeline) -> Picture<'_> {
    Picture {
        name: "timeline",
        title: A_DAY,
        caption: "Arrivals are ticks and work in flight is a bar, a lane for each kind; below is what the machine did, and \
                  below that the missed work, a lane for each class that occurs.",
        draw: Box::new(move |surface| draw(A_DAY, timeline, surface)),
    }
}

fn draw(heading: &str, timeline: &Timeline, surface: &mut dyn Surface) {
    let lanes = lanes(timeline);
    let (title, ticks) = clock(timeline);
    let missed = timeline.violations.iter().filter(|v| window(timeline, v.at_ms)).count() as u64;
    let plot = Frame {
        words: Words {
            title: heading.into(),
            subtitle: format!("{} · {} of missed work", timeline.title, counted(missed, "case", "cases")),
        },
        x: Axis::clock(title, timeline.from_ms as f64, timeline.to_ms as f64, ticks),
        y: Axis::clock(
            "",
            0.0,
            1.0,
            lanes.iter().map(|lane| (lane.middle(), lane.what.name().to_owned())).collect(),
        ),
        marks: Vec::new(),
        key: [
            Key { label: "arrival".into(), sign: Sign::Bar(ink::BLACK) },
            Key { label: "work".into(), sign: Sign::Area(ink::GREEN, false) },
        ]
        .into_iter()
        .chain(
            State::ALL
                .map(|state| Key { label: state.name().into(), sign: Sign::Area(look(state).0, false) }),
        )
        .chain([Key { label: "missed work".into(), sign: Sign::Marker(Marker::Cross, ink::VERMILLION) }])
        .collect(),
    }
    .draw(surface);

    for lane in &lanes {
        let pixel = |y: f64| plot.at(0.0, y).1;
        let (top, bottom) = (pixel(lane.top - 0.14 * lane.height), pixel(lane.top - 0.86 * lane.height));
        match lane.what {
            What::Kind(kind) => traffic(surface, &plot, timeline, kind, (top, bottom)),
            What::Machine => machine(surface, &plot, timeline, (top, bottom)),
            What::Missed(class) => {
                let missed = timeline.violations.iter().filter(|v| v.class == class).map(|v| v.at_ms);
                for x in moments(&plot, timeline, missed) {
                    surface.marker(Marker::Cross, (x, pixel(lane.middle())), 9.0, ink::VERMILLION);
                }
            }
        }
    }
}

fn traffic(
    surface: &mut dyn Surface,
    plot: &Plot,
    timeline: &Timeline,
    kind: &str,
    (top, bottom): (f64, f64),
) {
    let middle = f64::midpoint(top, bottom);
    let bars = timeline.work.iter().filter(|w| w.2 == kind).filter_map(|w| clipped(plot, timeline, w.0, w.1));
    for (left, right) in apart(bars) {
        surface.rectangle((left, middle), (right, bottom), ink::GREEN);
    }
    let arrivals = timeline.arrivals.iter().filter(|a| a.1 == kind).map(|a| a.0);
    for x in moments(plot, timeline, arrivals) {
        surface.line(&[(x, top), (x, middle)], ink::BLACK, 2.0);
    }
}

fn machine(surface: &mut dyn Surface, plot: &Plot, timeline: &Timeline, (top, bottom): (f64, f64)) {
    for state in State::ALL {
        let spans = timeline.states.iter().filter(|span| span.state == state);
        for (left, right) in apart(spans.filter_map(|span| clipped(plot, timeline, span.from_ms, span.to_ms)))
        {
            // The deeper the sleep the lower the band, so that it reads without colour.
            let (colour, share) = look(state);
            surface.rectangle((left, bottom - share * (bottom - top)), (right, bottom), colour);
        }
    }
}

/// Where the times that lie in the window are, a pixel apart at least.
fn moments(plot: &Plot, timeline: &Timeline, at_ms: impl Iterator<Item = u64>) -> Vec<f64> {
    let inside = at_ms.filter(|&at| window(timeline, at)).map(|at| plot.at(at as f64, 0.0).0);
    apart(inside.map(|x| (x, x))).into_iter().map(|(x, _)| x).collect()
}

/// Stretches that differ by a pixel at least, so that a busy day costs no more than the picture is wide.
fn apart(stretches: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut drawn = BTreeSet::new();
    stretches.filter(|&(left, right)| drawn.insert((left.round() as i64, right.round() as i64))).collect()
}

fn look(state: State) -> (Colour, f64) {
    match state {
        State::Awake => (ink::ORANGE, 1.0),
        State::Quiescing => (ink::BLACK, 0.75),
        State::Asleep => (ink::BLUE, 0.35),
        State::Waking => (ink::PURPLE, 0.75),
    }
}

/// Left and right pixel of a stretch, at least two apart, or `None` outside the window.
fn clipped(plot: &Plot, timeline: &Timeline, from: u64, to: u64) -> Option<(f64, f64)> {
    let (from, to) = (from.max(timeline.from_ms), to.min(timeline.to_ms));
    let (left, right) = (plot.at(from as f64, 0.0).0, plot.at(to as f64, 0.0).0);
    (from <= to && from < timeline.to_ms).then_some((left, right.max(left + 2.0).min(plot.right)))
}

fn window(timeline: &Timeline, at_ms: u64) -> bool {
    (timeline.from_ms..timeline.to_ms).contains(&at_ms)
}
