//! A day of one instance: traffic, work, the states of the machine, missed work.

mod clock;
mod lanes;

use std::collections::BTreeSet;

use clock::clock;
use lanes::{Content, lanes};

use super::Picture;
use crate::draw::{Axis, Colour, Frame, Heading, Key, Marker, Plot, Sign, Surface, ink};
use crate::numbers::counted;
use crate::{File, ReportError};
use crate::{Timeline, TimelineState};

/// Draws one timeline as the files `timeline.svg` and `timeline.png`, with `title` as heading.
///
/// # Errors
/// [`ReportError::BadTimeline`] if the timeline does not end after it begins, and [`ReportError::Picture`] only for a bug in
/// this crate.
pub fn timeline_plot(title: &str, timeline: &Timeline) -> Result<[File; 2], ReportError> {
    let Timeline { from_ms, to_ms, .. } = *timeline;
    if from_ms >= to_ms {
        return Err(ReportError::BadTimeline { from_ms, to_ms });
    }
    Picture { draw: Box::new(move |surface| draw(title, timeline, surface)), ..picture(timeline) }.files()
}

/// The heading of the timeline in a report.
const A_DAY: &str = "A day on the machine";

pub(crate) fn picture(timeline: &Timeline) -> Picture<'_> {
    Picture {
        name: "timeline",
        title: A_DAY,
        caption: "Each kind of traffic has a lane: ticks are arrivals, bars are work in flight. Below are the states of the machine, and \
                  below these the missed work, with a lane for each class that occurs.",
        draw: Box::new(move |surface| draw(A_DAY, timeline, surface)),
    }
}

fn draw(heading: &str, timeline: &Timeline, surface: &mut dyn Surface) {
    let lanes = lanes(timeline);
    let (title, ticks) = clock(timeline);
    let missed = timeline.violations.iter().filter(|v| in_window(timeline, v.at_ms)).count() as u64;
    let plot = Frame {
        heading: Heading {
            title: heading.into(),
            subtitle: format!("{} · {} of missed work", timeline.title, counted(missed, "case", "cases")),
        },
        x: Axis::clock(title, timeline.from_ms as f64, timeline.to_ms as f64, ticks),
        y: Axis::clock(
            "",
            0.0,
            1.0,
            lanes.iter().map(|lane| (lane.middle(), lane.content.name().to_owned())).collect(),
        ),
        marks: Vec::new(),
        key: [
            Key { label: "arrival".into(), sign: Sign::Bar(ink::BLACK) },
            Key { label: "work".into(), sign: Sign::Area(ink::GREEN, false) },
        ]
        .into_iter()
        .chain(
            TimelineState::ALL
                .map(|state| Key { label: state.name().into(), sign: Sign::Area(look(state).0, false) }),
        )
        .chain([Key { label: "missed work".into(), sign: Sign::Marker(Marker::Cross, ink::VERMILLION) }])
        .collect(),
    }
    .draw(surface);

    for lane in &lanes {
        let pixel = |y: f64| plot.at(0.0, y).1;
        let (top, bottom) = (pixel(lane.top - 0.14 * lane.height), pixel(lane.top - 0.86 * lane.height));
        match lane.content {
            Content::Kind(kind) => traffic(surface, &plot, timeline, kind, (top, bottom)),
            Content::Machine => machine(surface, &plot, timeline, (top, bottom)),
            Content::Missed(class) => {
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
    for (left, right) in distinct(bars) {
        surface.rectangle((left, middle), (right, bottom), ink::GREEN);
    }
    let arrivals = timeline.arrivals.iter().filter(|a| a.1 == kind).map(|a| a.0);
    for x in moments(plot, timeline, arrivals) {
        surface.line(&[(x, top), (x, middle)], ink::BLACK, 2.0);
    }
}

fn machine(surface: &mut dyn Surface, plot: &Plot, timeline: &Timeline, (top, bottom): (f64, f64)) {
    for state in TimelineState::ALL {
        let spans = timeline.states.iter().filter(|span| span.state == state);
        for (left, right) in
            distinct(spans.filter_map(|span| clipped(plot, timeline, span.from_ms, span.to_ms)))
        {
            // The deeper the sleep, the lower the bar, so that states can be told apart without colour.
            let (colour, share) = look(state);
            surface.rectangle((left, bottom - share * (bottom - top)), (right, bottom), colour);
        }
    }
}

/// The positions of the times inside the window, without duplicates of a pixel.
fn moments(plot: &Plot, timeline: &Timeline, at_ms: impl Iterator<Item = u64>) -> Vec<f64> {
    let inside = at_ms.filter(|&at| in_window(timeline, at)).map(|at| plot.at(at as f64, 0.0).0);
    distinct(inside.map(|x| (x, x))).into_iter().map(|(x, _)| x).collect()
}

/// Removes spans that cover the same pixels as an earlier one, so that a busy day does not make the file larger.
fn distinct(spans: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut drawn = BTreeSet::new();
    spans.filter(|&(left, right)| drawn.insert((left.round() as i64, right.round() as i64))).collect()
}

fn look(state: TimelineState) -> (Colour, f64) {
    match state {
        TimelineState::Awake => (ink::ORANGE, 1.0),
        TimelineState::Quiescing => (ink::BLACK, 0.75),
        TimelineState::Asleep => (ink::BLUE, 0.35),
        TimelineState::Waking => (ink::PURPLE, 0.75),
    }
}

/// The left and right pixel of the part inside the window, at least two apart except at the right edge; `None` if there is
/// none.
fn clipped(plot: &Plot, timeline: &Timeline, from: u64, to: u64) -> Option<(f64, f64)> {
    let (from, to) = (from.max(timeline.from_ms), to.min(timeline.to_ms));
    let (left, right) = (plot.at(from as f64, 0.0).0, plot.at(to as f64, 0.0).0);
    (from <= to && from < timeline.to_ms).then_some((left, right.max(left + 2.0).min(plot.right)))
}

fn in_window(timeline: &Timeline, at_ms: u64) -> bool {
    (timeline.from_ms..timeline.to_ms).contains(&at_ms)
}
