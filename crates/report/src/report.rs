//! A report as a set of files.

use dormouse_sim::rows::{Row, write_csv, write_json};

use crate::{Mark, ReportError, Timeline, page, pictures};

/// A file for the caller to write. This crate opens no files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The name, without a folder.
    pub name: String,
    /// The contents.
    pub bytes: Vec<u8>,
}

/// The input of [`report()`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Report<'a> {
    /// The command that made the report, as typed.
    pub command: &'a str,
    /// The title of the page, on one line.
    pub title: &'a str,
    /// The rows of one sweep, in any order: one row per idle timeout, all of the same trace, watcher, platform and seed.
    pub rows: &'a [Row],
    /// Lengths of the idle gaps (end of work to next arrival) in milliseconds, in any order.
    pub gaps_ms: &'a [u64],
    /// A window of the replay to draw, if any.
    pub timeline: Option<&'a Timeline>,
    /// Timeouts to highlight.
    pub marks: &'a [Mark],
    /// A description of the machine that ran the replay, for `machine.txt`.
    pub machine: &'a str,
    /// Further notes for the reader. Each becomes a list item.
    pub notes: &'a [String],
}

/// Returns the files of a report: `README.md`, `rows.csv`, `rows.json`, `machine.txt`, then each picture as SVG and PNG.
/// The rows are written in order of their timeouts.
///
/// # Errors
/// If there are no rows, if the rows come from different sweeps, if a timeout is below 1 ms, is 2^64 ms or more, or occurs
/// twice, or if the timeline does not end after it begins.
pub fn report(report: &Report<'_>) -> Result<Vec<File>, ReportError> {
    let rows = one_sweep(report.rows)?;
    if let Some(Timeline { from_ms, to_ms, .. }) = report.timeline
        && from_ms >= to_ms
    {
        return Err(ReportError::BadTimeline { from_ms: *from_ms, to_ms: *to_ms });
    }
    let report = Report { rows: &rows, ..*report };
    let pictures = pictures::all(&report);

    let (mut csv, mut json) = (Vec::new(), Vec::new());
    write_csv(&rows, &mut csv)?;
    write_json(&rows, &mut json)?;
    let mut machine = report.machine.trim_end().to_owned();
    machine.push('\n');

    let file = |name: &str, bytes| File { name: name.into(), bytes };
    let mut files = vec![
        file("README.md", page::page(&report, &pictures).into_bytes()),
        file("rows.csv", csv),
        file("rows.json", json),
        file("machine.txt", machine.into_bytes()),
    ];
    for picture in &pictures {
        files.extend(picture.files()?);
    }
    Ok(files)
}

/// Checks that `rows` are one sweep, and sorts them by timeout.
pub(crate) fn one_sweep(rows: &[Row]) -> Result<Vec<Row>, ReportError> {
    let first = rows.first().ok_or(ReportError::NoRows)?;
    for (i, row) in rows.iter().enumerate() {
        if source(row) != source(first) {
            return Err(ReportError::MixedRows { row: i + 1, found: source(row), first: source(first) });
        }
        let minutes = row.idle_timeout_minutes;
        let seen = rows[..i].iter().any(|before| before.idle_timeout_minutes == minutes);
        let is_time = (1.0..u64::MAX as f64).contains(&(minutes * 60_000.0));
        if seen || !is_time {
            return Err(ReportError::BadTimeout { row: i + 1, minutes });
        }
    }
    let mut sorted = rows.to_vec();
    sorted.sort_by(|a, b| a.idle_timeout_minutes.total_cmp(&b.idle_timeout_minutes));
    Ok(sorted)
}

fn source(row: &Row) -> String {
    format!("{} under {} on {}, seed {}", row.trace, row.watcher, row.platform, row.seed)
}
