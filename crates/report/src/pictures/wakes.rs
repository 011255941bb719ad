//! Wakes a day by cause, against the timeout.

use dormouse_sim::rows::{Row, WakeCause};

use super::{Picture, curve, highest, on_axis, subtitle, timeouts};
use crate::Mark;
use crate::draw::{Axis, Dash, Frame, Heading, Key, Marker, Series, Sign, Style, ink};

pub(crate) fn picture<'a>(rows: &'a [Row], marks: &'a [Mark]) -> Picture<'a> {
    Picture {
        name: "wakes_per_day",
        title: "Wakes a day against idle timeout",
        caption: "Wakes per instance and day, in total and by cause. Causes that never occur are left out.",
        draw: Box::new(move |surface| {
            let lines = lines(rows);
            let x = Axis::timeouts(&timeouts(rows));
            let plot = Frame {
                heading: Heading { title: "Wakes a day".into(), subtitle: subtitle(rows) },
                y: Axis::from_zero("wakes per instance and day", highest(&lines[0].1.points)),
                marks: on_axis(marks, &x),
                key: lines
                    .iter()
                    .map(|(label, line)| Key { label: label.clone(), sign: Sign::Series(line.style) })
                    .collect(),
                x,
            }
            .draw(surface);
            for (_, line) in &lines {
                plot.series(surface, line);
            }
            if rows.iter().all(|row| row.wakes == 0) {
                plot.message(surface, "The machine never woke at any timeout tried");
            }
        }),
    }
}

/// The total, then each cause that occurs. A single cause equals the total and gets no line of its own.
fn lines(rows: &[Row]) -> Vec<(String, Series)> {
    let occurring: Vec<(usize, WakeCause)> = WakeCause::ALL
        .into_iter()
        .enumerate()
        .filter(|&(_, cause)| rows.iter().any(|r| wakes(r, cause) > 0))
        .collect();
    let total = Style { colour: ink::BLACK, dash: Dash::SOLID, marker: Marker::Ring };
    let label = match occurring.as_slice() {
        [(_, only)] => format!("all ({})", only.name()),
        _ => "all causes".to_owned(),
    };
    let all = (label, Series { style: total, points: curve(rows, |r| r.per_day(r.wakes)) });
    let each = occurring.iter().map(|&(i, cause)| {
        (
            cause.name().to_owned(),
            Series { style: Style::nth(i), points: curve(rows, |r| r.per_day(wakes(r, cause))) },
        )
    });
    std::iter::once(all).chain(each.filter(|_| occurring.len() > 1)).collect()
}

fn wakes(row: &Row, cause: WakeCause) -> u64 {
    match cause {
        WakeCause::Inbound => row.wakes_inbound,
        WakeCause::Cron => row.wakes_cron,
        WakeCause::Api => row.wakes_api,
        WakeCause::Client => row.wakes_client,
        WakeCause::Probe => row.wakes_probe,
        WakeCause::Other => row.wakes_other,
    }
}
