//! Delay percentiles against the timeout.

use dormouse_sim::rows::Row;

use super::{Picture, curve, on_axis, subtitle, timeouts};
use crate::Mark;
use crate::draw::{Axis, Frame, Heading, Key, Series, Sign, Style};

/// A column of delays in milliseconds.
type Percentile = fn(&Row) -> u64;

pub(crate) fn picture<'a>(rows: &'a [Row], marks: &'a [Mark]) -> Picture<'a> {
    Picture {
        name: "delays",
        title: "Message delay against idle timeout",
        caption: "How long a message that a person waits for is held up: median, 95th and 99th percentile and maximum over \
                  all such messages, including those that found the machine awake.",
        draw: Box::new(move |surface| {
            let percentiles: [(&str, Percentile); 4] = [
                ("longest", |r| r.delay_ms_max),
                ("99th percentile", |r| r.delay_ms_p99),
                ("95th percentile", |r| r.delay_ms_p95),
                ("median", |r| r.delay_ms_p50),
            ];
            let lines: Vec<(&str, Series)> = percentiles
                .iter()
                .enumerate()
                .map(|(i, &(label, ms))| {
                    (label, Series { style: Style::nth(i), points: curve(rows, |r| ms(r) as f64 / 1000.0) })
                })
                .collect();
            let values: Vec<f64> =
                lines.iter().flat_map(|(_, line)| line.points.iter().map(|p| p.1)).collect();
            let x = Axis::timeouts(&timeouts(rows));
            let plot = Frame {
                heading: Heading { title: "Message delay".into(), subtitle: subtitle(rows) },
                y: Axis::zero_and_log("delay (s)", &values),
                marks: on_axis(marks, &x),
                key: lines
                    .iter()
                    .map(|&(label, ref line)| Key { label: label.into(), sign: Sign::Series(line.style) })
                    .collect(),
                x,
            }
            .draw(surface);
            for (_, line) in &lines {
                plot.series(surface, line);
            }
            if rows.iter().all(|row| row.user_arrivals == 0) {
                plot.message(surface, "no message that a person waits for");
            } else if values.iter().all(|&v| v <= 0.0) {
                plot.message(surface, "No message was delayed at any timeout tried");
            }
        }),
    }
}
