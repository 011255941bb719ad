//! The pictures. Each module turns rows, gaps or a timeline into axes and shapes.

mod chart;
mod cost;
mod delays;
mod missed;
mod policies;
mod ratios;
mod survival;
mod suspend;
mod timeline;
mod trade;
mod wakes;

pub use chart::{Chart, Curve, chart};
pub use cost::{CostPlot, CostPoint, cost_plot};
pub use policies::{PolicyPoint, policy_plot};
pub use ratios::{Ratio, ratio_plot};
pub use survival::survival_plot;
pub use timeline::timeline_plot;

use dormouse_sim::rows::Row;

use crate::draw::{self, Axis, Surface};
use crate::numbers::{counted, minutes};
use crate::{File, Mark, Report, ReportError};

/// One picture of a report.
pub(crate) struct Picture<'a> {
    /// The name of its files, without extension.
    pub(crate) name: &'static str,
    /// The heading on the page.
    pub(crate) title: &'static str,
    /// How to read the picture, in a sentence or two.
    pub(crate) caption: &'static str,
    draw: Draw<'a>,
}

type Draw<'a> = Box<dyn Fn(&mut dyn Surface) + 'a>;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::Recorder;

impl Picture<'_> {
    /// Draws the picture as an SVG and a PNG file.
    pub(crate) fn files(&self) -> Result<[File; 2], ReportError> {
        let file = |extension: &str, bytes: Result<Vec<u8>, String>| match bytes {
            Ok(bytes) => Ok(File { name: format!("{}.{extension}", self.name), bytes }),
            Err(reason) => Err(ReportError::Picture { picture: self.name, reason }),
        };
        Ok([file("svg", draw::svg(&self.draw))?, file("png", draw::png(&self.draw))?])
    }
}

/// The pictures of a report, in the order of its page. The rows must be sorted by timeout and not empty.
pub(crate) fn all<'a>(report: &Report<'a>) -> Vec<Picture<'a>> {
    let (rows, marks) = (report.rows, report.marks);
    let mut pictures = vec![
        suspend::picture(rows, marks),
        trade::picture(rows, marks),
        wakes::picture(rows, marks),
        delays::picture(rows, marks),
        missed::picture(rows, marks),
        survival::picture(subtitle(rows), report.gaps_ms, marks, timeouts(rows)),
    ];
    pictures.extend(report.timeline.map(timeline::picture));
    pictures
}

/// The subtitle of a picture: what the rows are of.
fn subtitle(rows: &[Row]) -> String {
    let Some(row) = rows.first() else { return String::new() };
    let days = row.horizon_ms as f64 / dormouse_text::DAY_MS as f64;
    let span = if days >= 1.0 {
        format!("{} days", crate::numbers::plain(days))
    } else {
        format!("{} hours", crate::numbers::plain(days * 24.0))
    };
    let instances = if row.instances == 1 {
        span
    } else {
        format!("{}, {span} in total", counted(row.instances, "instance", "instances"))
    };
    format!("{} · watcher {} · {} · {instances}", row.trace, row.watcher, row.platform)
}

fn timeouts(rows: &[Row]) -> Vec<f64> {
    rows.iter().map(|row| row.idle_timeout_minutes).collect()
}

/// The marks within the range of a timeout axis, with their labels, ascending.
fn on_axis(marks: &[Mark], axis: &Axis) -> Vec<(f64, String)> {
    let mut shown: Vec<(f64, String)> = marks
        .iter()
        .filter(|mark| axis.contains(mark.minutes()))
        .map(|mark| (mark.minutes(), format!("{}, {} min", mark.label, minutes(mark.minutes()))))
        .collect();
    shown.sort_by(|a, b| a.0.total_cmp(&b.0));
    shown
}

/// The points of a curve over the timeout.
fn curve(rows: &[Row], value: impl Fn(&Row) -> f64) -> Vec<(f64, f64)> {
    rows.iter().map(|row| (row.idle_timeout_minutes, value(row))).collect()
}

fn highest(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|p| p.1).fold(0.0, f64::max)
}
