//! Cost against problem size: events and timeouts, over four decades each.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dormouse_benches::inputs::sparse;
use dormouse_benches::paired::{Case, in_turns, median};
use dormouse_benches::path::{requests, setup, sweep, timeouts_ms};
use dormouse_benches::published;
use dormouse_core::Design;
use dormouse_report::{Chart, Curve, File, chart};
use dormouse_sim::rows::Counts;
use dormouse_sim::{Engine, Job, Setup};
use dormouse_trace::Trace;

/// Measure the cost of the replay and the kernel against the number of events and of timeouts, on one thread,
/// and write the rows and the charts.
#[derive(Parser)]
#[command(name = "scaling", version)]
struct Args {
    /// The folder to write.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The largest number of events, at least 1,000. Fewer is quicker.
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    events: u64,
    /// Rounds; the least of them is plotted.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    rounds: u64,
}

/// Replays at more timeouts than this are not measured: their cost is proportional to the number of timeouts.
const MOST_REPLAYS: u64 = 100;
/// Number of timeouts in the curves with many timeouts.
const MANY: u64 = 60;

/// The engines that are measured.
const ENGINES: [&str; 2] = ["kernel", "replay"];

/// A measurement.
struct Row {
    traffic: &'static str,
    engine: &'static str,
    events: usize,
    timeouts: u64,
    least_ns: f64,
    median_ns: f64,
}

fn main() -> ExitCode {
    match scaling(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scaling: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn scaling(args: &Args) -> anyhow::Result<()> {
    // One thread, to show the scaling of the algorithm and not of the machine.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
    let mut rows = Vec::new();
    for events in steps(1_000, args.events) {
        eprintln!("{events} events");
        let trace = requests(events);
        rows.extend(measure("sessions", &trace, &[1, MANY], args.rounds)?);
    }
    let by_events = rows.len();
    let sessions = requests(args.events.min(1_000_000));
    for (traffic, trace, most) in [("sessions", &sessions, 10_000), ("sparse", &sparse(), 1_000)] {
        eprintln!("timeouts, on {traffic}");
        rows.extend(measure(traffic, trace, &steps(1, most), args.rounds)?);
    }
    published::write(&args.out, files(&rows[..by_events], &rows[by_events..], args.rounds)?)
}

/// 1, 3, 10, 30 and so on, from `low` to `high`.
fn steps(low: u64, high: u64) -> Vec<u64> {
    let decades = std::iter::successors(Some(low), |step| step.checked_mul(10));
    decades.flat_map(|step| [step, 3 * step]).take_while(|&step| step <= high).collect()
}

/// Runs both engines in turns on `trace` at each number of timeouts. First checks that they give the same answer.
fn measure(traffic: &'static str, trace: &Trace, counts: &[u64], rounds: u64) -> anyhow::Result<Vec<Row>> {
    let setup = setup(Design::Dormouse);
    let mut rows = Vec::new();
    for &timeouts in counts {
        let timeouts_ms = timeouts_ms(timeouts);
        let mut cases: Vec<Case<'_>> =
            vec![(ENGINES[0], Box::new(|| slept_ms(&sweep(trace, &timeouts_ms, &setup))))];
        if timeouts <= MOST_REPLAYS {
            cases.push((ENGINES[1], Box::new(|| slept_ms(&replays(trace, &timeouts_ms, &setup)))));
        }
        let answers: Vec<u64> = cases.iter_mut().map(|(_, run)| run()).collect();
        anyhow::ensure!(
            answers.iter().all(|&it| it == answers[0]),
            "the engines differ on {traffic}: {answers:?}"
        );
        let measured = in_turns(rounds as usize, &mut cases);
        for (i, engine) in ENGINES.into_iter().take(cases.len()).enumerate() {
            let ns: Vec<f64> = measured.iter().map(|round| round[i]).collect();
            rows.push(Row {
                traffic,
                engine,
                events: trace.events(),
                timeouts,
                least_ns: ns.iter().copied().fold(f64::INFINITY, f64::min),
                median_ns: median(ns),
            });
        }
    }
    Ok(rows)
}

fn replays(trace: &Trace, timeouts_ms: &[u64], setup: &Setup) -> Vec<Counts> {
    Job::new(trace, timeouts_ms, setup).engine(Engine::Replay).totals()
}

fn slept_ms(totals: &[Counts]) -> u64 {
    totals.iter().map(|counts| counts.suspended_ms).sum()
}

// ---- the folder ----

fn files(by_events: &[Row], by_timeouts: &[Row], rounds: u64) -> anyhow::Result<Vec<File>> {
    let subtitle = format!("one thread · least of {rounds} rounds in turns");
    let events =
        curves(by_events, |row| format!("{}, {}", row.engine, said(row.timeouts)), |row| row.events as f64);
    let timeouts =
        curves(by_timeouts, |row| format!("{}, {}", row.engine, row.traffic), |row| row.timeouts as f64);
    let charts = [
        Chart {
            name: "events",
            title: "Cost against the number of events",
            subtitle: &format!("traffic in sessions · {subtitle}"),
            x: "events",
            y: "time (ms)",
            curves: &events,
        },
        Chart {
            name: "timeouts",
            title: "Cost against the number of timeouts",
            subtitle: &subtitle,
            x: "timeouts",
            y: "time (ms)",
            curves: &timeouts,
        },
    ];
    let readme = format!(
        "`{}`\n\n# What an answer costs against how much is asked\n\nTimes are of one thread, on logarithmic axes: \
         where cost is proportional a curve rises a decade a decade. *Sessions* is the preset `million-requests`, cut or drawn out; *sparse* is one message in \
         six hours, where every message ends a sleep. Timeouts lie evenly between half a minute and half an hour; the watcher is \
         `dormouse`. Both engines gave the same answer.\n\n{}\n![{}](events.svg)\n\n{}\n![{}](timeouts.svg)\n\n[rows.csv](rows.csv) has \
         the numbers; [machine.txt](machine.txt) describes the machine it ran on. No test makes this report again: its numbers are wall times, which differ \
          from machine to machine and from run to run.\n",
        published::command_line(),
        growth(&events, "events"),
        charts[0].title,
        growth(&timeouts, "timeouts"),
        charts[1].title,
    );
    let mut files = vec![
        File { name: "README.md".into(), bytes: readme.into_bytes() },
        File { name: "rows.csv".into(), bytes: csv(by_events.iter().chain(by_timeouts))? },
    ];
    for drawn in &charts {
        files.extend(chart(drawn)?);
    }
    Ok(files)
}

fn said(timeouts: u64) -> String {
    if timeouts == 1 { "1 timeout".into() } else { format!("{timeouts} timeouts") }
}

/// A curve for each label, in order of appearance; times in ms.
fn curves(rows: &[Row], label: impl Fn(&Row) -> String, x: impl Fn(&Row) -> f64) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    for row in rows {
        let (label, point) = (label(row), (x(row), row.least_ns / 1e6));
        match curves.iter_mut().find(|curve| curve.label == label) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve { label, points: vec![point] }),
        }
    }
    curves
}

/// The growth of the cost per decade, as a Markdown table.
fn growth(curves: &[Curve], of: &str) -> String {
    let mut out = format!(
        "| ten times the {of} cost, times as much | first decade | last decade | ms at most |\n|---|---|---|---|\n"
    );
    for Curve { label, points } in curves {
        // A decade is two steps.
        let growths: Vec<f64> = points.windows(3).step_by(2).map(|three| three[2].1 / three[0].1).collect();
        if let (Some(first), Some(last), Some(most)) = (growths.first(), growths.last(), points.last()) {
            out += &format!("| {label} | {first:.1} | {last:.1} | {:.1} |\n", most.1);
        }
    }
    out
}

fn csv<'a>(rows: impl Iterator<Item = &'a Row>) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["traffic", "engine", "events", "timeouts", "least_ns", "median_ns"])?;
    for row in rows {
        csv.write_record([
            row.traffic,
            row.engine,
            &row.events.to_string(),
            &row.timeouts.to_string(),
            &format!("{:.0}", row.least_ns),
            &format!("{:.0}", row.median_ns),
        ])?;
    }
    Ok(csv.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_two_a_decade_and_end_in_time() {
        assert_eq!(steps(1_000, 100_000), [1_000, 3_000, 10_000, 30_000, 100_000]);
        assert_eq!(steps(1, 2), [1]);
    }

    #[test]
    fn growth_is_the_cost_of_a_decade_more() {
        let points = vec![(1.0, 5.0), (3.0, 6.0), (10.0, 10.0), (30.0, 30.0), (100.0, 95.0), (300.0, 200.0)];
        let table = growth(&[Curve { label: "kernel".into(), points }], "events");
        assert!(table.ends_with("| kernel | 2.0 | 9.5 | 200.0 |\n"), "{table}");
    }

    #[test]
    fn both_engines_are_measured_and_the_replay_only_as_far_as_it_is_bearable() {
        let trace = requests(1_000);
        let rows = measure("sessions", &trace, &[1, MOST_REPLAYS + 1], 1).unwrap();
        let engines: Vec<_> = rows.iter().map(|row| (row.engine, row.timeouts)).collect();
        assert_eq!(engines, [("kernel", 1), ("replay", 1), ("kernel", MOST_REPLAYS + 1)]);
        let names: Vec<String> = files(&rows, &rows, 1).unwrap().into_iter().map(|file| file.name).collect();
        assert_eq!(
            names,
            ["README.md", "rows.csv", "events.svg", "events.png", "timeouts.svg", "timeouts.png"]
        );
    }
}
