//! The lengths of idle gaps, as a survival function.

use super::Picture;
use crate::draw::{Axis, Dash, Frame, Heading, Surface, ink};
use crate::numbers::{counted, fixed};
use crate::{File, Mark, ReportError};

/// Draws the share of idle gaps that are longer than a given time, on logarithmic axes, as the files `gap_survival.svg` and
/// `gap_survival.png`. The `marks` are vertical lines.
///
/// A gap is the time from the end of work to the next arrival. `gaps_ms` may be in any order. If it is empty, the picture says
/// so.
///
/// # Errors
/// [`ReportError::Picture`], only for a bug in this crate.
pub fn survival_plot(title: &str, gaps_ms: &[u64], marks: &[Mark]) -> Result<[File; 2], ReportError> {
    picture(title.to_owned(), gaps_ms, marks, Vec::new()).files()
}

/// As [`survival_plot`], with the sweep's timeouts in minutes as short ticks on the time axis.
pub(crate) fn picture<'a>(
    subtitle: String,
    gaps_ms: &'a [u64],
    marks: &'a [Mark],
    timeouts: Vec<f64>,
) -> Picture<'a> {
    let mut sorted = gaps_ms.to_vec();
    sorted.sort_unstable();
    Picture {
        name: "gap_survival",
        title: "Idle gaps and timeouts",
        caption: "Share of idle gaps, from the end of work to the next arrival, that are longer than a given time. A \
                  timeout sleeps through the part of each gap to its right. Short ticks are the timeouts tried.",
        draw: Box::new(move |surface| draw(&subtitle, &sorted, marks, &timeouts, surface)),
    }
}

fn draw(subtitle: &str, sorted: &[u64], marks: &[Mark], timeouts: &[f64], surface: &mut dyn Surface) {
    let longest = sorted.last().copied().unwrap_or(0) as f64;
    let shortest = sorted.iter().find(|&&gap| gap > 0).copied().unwrap_or(1000) as f64;
    let low = if longest >= 10_000.0 { shortest.clamp(1000.0, 60_000.0) } else { shortest };
    let high = if sorted.is_empty() { dormouse_text::DAY_MS as f64 } else { longest * 1.1 };
    let survival = |ms: f64| {
        let longer = sorted.len() - sorted.partition_point(|&gap| gap as f64 <= ms);
        longer as f64 / sorted.len().max(1) as f64
    };
    let count = counted(sorted.len() as u64, "idle gap", "idle gaps");
    let title = if timeouts.is_empty() {
        "length of the gap"
    } else {
        "length of the gap (short ticks: timeouts tried)"
    };
    let x = Axis::durations(title, low, high);
    let mut shown: Vec<(f64, String)> = marks
        .iter()
        .map(|mark| (mark.timeout_ms as f64, mark))
        .filter(|(ms, _)| x.contains(*ms))
        .map(|(ms, mark)| {
            let share = fixed(100.0 * survival(ms), 1);
            let longer = if sorted.is_empty() { String::new() } else { format!(": {share} % longer") };
            (ms, format!("{}, {} min{longer}", mark.label, crate::numbers::minutes(mark.minutes())))
        })
        .collect();
    shown.sort_by(|a, b| a.0.total_cmp(&b.0));
    let plot = Frame {
        heading: Heading {
            title: "Idle gaps longer than a given time".into(),
            subtitle: if subtitle.is_empty() { count } else { format!("{subtitle} · {count}") },
        },
        y: Axis::shares("share of gaps", 1.0 / sorted.len().max(1) as f64),
        marks: shown,
        key: Vec::new(),
        x: x.clone(),
    }
    .draw(surface);

    for minutes in timeouts {
        let ms = minutes * 60_000.0;
        if x.contains(ms) {
            let at = plot.at(ms, 0.0).0;
            surface.line(&[(at, plot.bottom - 14.0), (at, plot.bottom - 1.0)], ink::VERMILLION, 2.0);
        }
    }
    if sorted.is_empty() {
        plot.message(surface, "This trace has no idle gap");
        return;
    }
    // One sample per pixel column, so that the curve does not grow with the trace.
    let columns = (plot.right - plot.left) as u32;
    let mut steps = Vec::new();
    let mut last = f64::NAN;
    for column in 0..=columns {
        let place = f64::from(column) / f64::from(columns);
        let ms = low * libm::pow(high.max(low * 10.0) / low, place);
        let (px, py) = plot.at(ms, survival(ms));
        if py != last {
            if !last.is_nan() {
                steps.push((px, last));
            }
            steps.push((px, py));
            last = py;
        }
    }
    steps.push((plot.right, last));
    surface.dashed(&steps, Dash::SOLID, ink::BLUE, 4.0);
}
