//! Suspend minutes against the timeout, between always-on and the clairvoyant.

use dormouse_sim::rows::Row;

use super::{Picture, curve, highest, on_axis, subtitle, timeouts};
use crate::Mark;
use crate::draw::{Axis, Dash, Frame, Heading, Key, Series, Sign, Style, ink};

pub(crate) fn picture<'a>(rows: &'a [Row], marks: &'a [Mark]) -> Picture<'a> {
    Picture {
        name: "suspend_minutes",
        title: "Suspend minutes against idle timeout",
        caption: "Minutes the machine was frozen. The upper line is what a clairvoyant could have slept with the same latencies; \
                  the lower line is a machine that is always on.",
        draw: Box::new(move |surface| {
            let slept = Series { style: Style::nth(0), points: curve(rows, |r| r.suspend_minutes) };
            let oracle = curve(rows, |r| r.oracle_suspended_ms as f64 / 60_000.0);
            let x = Axis::timeouts(&timeouts(rows));
            let plot = Frame {
                heading: Heading { title: "Suspend minutes".into(), subtitle: subtitle(rows) },
                y: Axis::from_zero("suspended (min)", highest(&oracle).max(highest(&slept.points))),
                marks: on_axis(marks, &x),
                key: vec![
                    Key { label: "oracle (ceiling)".into(), sign: Sign::Line(ink::BLACK, Dash::LONG) },
                    Key { label: "suspended".into(), sign: Sign::Series(slept.style) },
                    Key { label: "always on (floor)".into(), sign: Sign::Line(ink::VERMILLION, Dash::SHORT) },
                ],
                x,
            }
            .draw(surface);
            let level =
                |from: f64, to: f64| [(plot.left, plot.at(1.0, from).1), (plot.right, plot.at(1.0, to).1)];
            surface.line(&level(0.0, 0.0), ink::PAPER, 6.0);
            surface.dashed(&level(0.0, 0.0), Dash::SHORT, ink::VERMILLION, 5.0);
            // The clairvoyant has no timeout, so its line reaches both edges.
            let mut ceiling: Vec<_> = oracle.iter().map(|&(x, y)| plot.at(x, y)).collect();
            if let (Some(&(_, first)), Some(&(_, last))) = (oracle.first(), oracle.last()) {
                let [from, to] = level(first, last);
                ceiling.insert(0, from);
                ceiling.push(to);
            }
            surface.dashed(&ceiling, Dash::LONG, ink::BLACK, 3.0);
            plot.series(surface, &slept);
            if highest(&slept.points) <= 0.0 {
                plot.message(surface, "never asleep at any timeout tried");
            }
        }),
    }
}
