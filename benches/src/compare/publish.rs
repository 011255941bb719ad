//! A comparison as a table, and as a publishable folder.

use std::fmt::Write as _;
#[cfg(feature = "reports")]
use std::path::Path;

#[cfg(feature = "reports")]
use dormouse_benches::published;
#[cfg(feature = "reports")]
use dormouse_report::{File, ratio_plot};

use crate::estimate::{Estimate, Ratio, Row};

/// The verdict on a ratio, given that the machine is shared.
fn verdict(row: &Row) -> &'static str {
    match row.ratio() {
        Some(ratio) if ratio.high < 1.0 => "faster",
        Some(ratio) if ratio.low > 1.0 => "slower",
        Some(_) => "",
        None if row.that.is_none() => "new",
        None => "gone",
    }
}

/// An aligned text table with a line for each benchmark and a header that names the sides. Ends in a newline.
pub(crate) fn table(that: &str, rows: &[Row]) -> String {
    let widest =
        rows.iter().map(|row| row.benchmark.chars().count()).max().unwrap_or(0).max("benchmark".len());
    let mut out = format!("{:widest$}  {:>30}  {:>30}  ratio\n", "benchmark", that, "working tree");
    for row in rows {
        let ratio = row.ratio().map_or_else(|| "-".to_owned(), |ratio| words(&ratio));
        let (that, this) = (time(row.that), time(row.this));
        let line = format!("{:widest$}  {that:>30}  {this:>30}  {ratio}  {}", row.benchmark, verdict(row));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push_str("\nTimes are criterion's medians with their 95 % intervals, of the best round of each side. A ratio below 1 is faster.\n");
    out
}

/// Writes README.md, rows.csv, machine.txt and the chart into `folder`; the chart starts with the slowest ratio.
///
/// # Errors
/// When the folder cannot be written to.
#[cfg(feature = "reports")]
pub(crate) fn folder(folder: &Path, that: &str, rows: &[Row], rounds: u32) -> anyhow::Result<()> {
    let ratio = |row: &Row| {
        let Ratio { low, ratio, high } = row.ratio()?;
        Some(dormouse_report::Ratio { label: row.benchmark.clone(), low, ratio, high })
    };
    let mut ratios: Vec<_> = rows.iter().filter_map(ratio).collect();
    ratios.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
    let subtitle = format!("against {that} · best of {rounds} rounds in turns, 95 % intervals");
    let title = "Working tree against a revision";
    let pictures = ratio_plot(title, &subtitle, "time as a multiple of the revision's", &ratios)?;
    let readme = format!(
        "`{}`\n\n# {title}: {that}\n\n![Ratios]({})\n\n```text\n{}```\n\n[rows.csv](rows.csv) has the numbers, in ns; \
         [machine.txt](machine.txt) describes the machine it ran on. No test makes this report again: its numbers are wall times, which differ \
          from machine to machine and from run to run.\n",
        published::command_line(),
        pictures[0].name,
        table(that, rows)
    );
    let mut files = vec![
        File { name: "README.md".into(), bytes: readme.into_bytes() },
        File { name: "rows.csv".into(), bytes: csv(rows)? },
    ];
    files.extend(pictures);
    published::write(folder, files)
}

#[cfg(feature = "reports")]
fn csv(rows: &[Row]) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let side = |name: &str| ["low_ns", "ns", "high_ns"].map(|what| format!("{name}_{what}"));
    let header: Vec<String> = ["benchmark".to_owned()]
        .into_iter()
        .chain(side("that"))
        .chain(side("this"))
        .chain(["ratio".into()])
        .collect();
    csv.write_record(header)?;
    for row in rows {
        let numbers = |estimate: Option<Estimate>| {
            let of = estimate.map(|it| [it.low_ns, it.ns, it.high_ns].map(|ns| format!("{ns:.3}")));
            of.unwrap_or_default()
        };
        let ratio = row.ratio().map_or_else(String::new, |ratio| format!("{:.4}", ratio.ratio));
        let cells = [row.benchmark.clone()].into_iter().chain(numbers(row.that)).chain(numbers(row.this));
        csv.write_record(cells.chain([ratio]))?;
    }
    Ok(csv.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

fn words(ratio: &Ratio) -> String {
    format!("{:.3} [{:.3}, {:.3}]", ratio.ratio, ratio.low, ratio.high)
}

/// A time with its interval, in a readable unit.
fn time(estimate: Option<Estimate>) -> String {
    let Some(Estimate { low_ns, ns, high_ns }) = estimate else { return "-".into() };
    let (unit, name) = match ns {
        ns if ns >= 1e9 => (1e9, "s"),
        ns if ns >= 1e6 => (1e6, "ms"),
        ns if ns >= 1e3 => (1e3, "µs"),
        _ => (1.0, "ns"),
    };
    format!("{:.2} [{:.2}, {:.2}] {name}", ns / unit, low_ns / unit, high_ns / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(ns: f64) -> Option<Estimate> {
        Some(Estimate { low_ns: 0.99 * ns, ns, high_ns: 1.01 * ns })
    }

    fn rows() -> Vec<Row> {
        let row = |name: &str, that, this| Row { benchmark: name.into(), that, this };
        vec![
            row("replay", around(2000.0), around(1000.0)),
            row("reading, plain", around(1e6), around(2e6)),
            row("tick", around(100.0), around(100.5)),
            row("fleet", None, around(1.0)),
            row("old", around(1.0), None),
        ]
    }

    #[test]
    fn the_table_says_faster_slower_new_and_gone_and_nothing_if_inconclusive() {
        let table = table("HEAD~1 (abc)", &rows());
        let ends: Vec<_> =
            table.lines().skip(1).take(5).map(|line| line.rsplit("  ").next().unwrap()).collect();
        assert_eq!(ends, ["faster", "slower", "1.005 [0.985, 1.025]", "new", "gone"]);
        assert!(table.contains("2.00 [1.98, 2.02] µs") && table.contains("0.500 [0.490, 0.510]"), "{table}");
    }

    #[cfg(feature = "reports")]
    #[test]
    fn rows_are_csv_with_an_empty_cell_where_there_is_nothing() {
        let text = String::from_utf8(csv(&rows()).unwrap()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[0],
            "benchmark,that_low_ns,that_ns,that_high_ns,this_low_ns,this_ns,this_high_ns,ratio"
        );
        assert_eq!(
            lines[2],
            "\"reading, plain\",990000.000,1000000.000,1010000.000,1980000.000,2000000.000,2020000.000,2.0000"
        );
        assert_eq!(lines[5], "old,0.990,1.000,1.010,,,,");
    }
}
