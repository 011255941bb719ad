//! A report as a set of files.

use dormouse_rows::{Row, write_csv, write_json};

use crate::{Mark, ReportError, Timeline, page, pictures};

/// A file to write: this crate never opens one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// Everything a report is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report<'a> {
    /// The command that made it, as typed.
    pub command: &'a str,
    /// Its title, a line.
    pub title: &'a str,
    /// One sweep: one row per idle timeout, all of one trace, watcher, platform and seed. Any order.
    pub rows: &'a [Row],
    /// Idle times, from the end of work to the next arrival, in milliseconds. Any order.
    pub gaps_ms: &'a [u64],
    /// A window of the replay to draw, if any.
    pub timeline: Option<&'a Timeline>,
    /// Timeouts to point out.
    pub marks: &'a [Mark],
    /// What the replay ran on, for `machine.txt`.
    pub machine: &'a str,
    /// What a reader should know besides; a list item each.
    pub notes: &'a [String],
}

/// The report's files: `README.md`, `rows.csv`, `rows.json`, `machine.txt`, then each picture as SVG and PNG. Rows are
/// written in order of their timeouts.
///
/// # Errors
/// When there are no rows, when they are not one sweep, when a timeout is below 1 ms, beyond 2^64 ms or there twice, or
/// when the timeline has no length.
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

/// `rows` in order of their timeouts, when they can share one curve.
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
