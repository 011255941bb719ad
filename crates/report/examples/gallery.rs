//! Writes every picture for several kinds of rows into a folder, for visual inspection:
//!
//! ```text
//! cargo run -p dormouse-report --example gallery -- FOLDER
//! ```

use std::path::Path;
use std::{env, fs, io};

use dormouse_report::{Mark, Report, Span, State, TableOptions, Timeline, report, table};
use dormouse_rows::{Class, Counts, Labels, Row, Violation};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

fn main() -> io::Result<()> {
    let folder = env::args().nth(1).ok_or_else(|| io::Error::other("usage: gallery FOLDER"))?;
    let half_minutes: Vec<u64> = (1..=60).map(|i| i * MINUTE / 2).collect();
    let log: Vec<u64> = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0].map(|m| (m * MINUTE as f64) as u64).into();
    let cases: [(&str, Vec<Row>); 7] = [
        ("one", vec![row(5 * MINUTE, true)]),
        ("two", vec![row(2 * MINUTE, false), row(5 * MINUTE, false)]),
        ("seven", log.iter().map(|&t| row(t, false)).collect()),
        ("seven_missing", log.iter().map(|&t| row(t, true)).collect()),
        ("sixty", half_minutes.iter().map(|&t| row(t, true)).collect()),
        ("zero", log.iter().map(|&t| Row::new(&labels(), t, &Counts::default())).collect()),
        ("huge", log.iter().map(|&t| huge(t)).collect()),
    ];
    let marks = [mark("current default", 2), mark("phase0 default", 5)];
    let (gaps, day) = (gaps(), day());
    for (name, rows) in cases {
        let all_zero = name == "zero";
        let report = Report {
            command: "sims sweep team-week.csv --timeouts 0.5..30:0.5",
            title: "A week of a team",
            rows: &rows,
            gaps_ms: if all_zero { &[] } else { &gaps },
            timeline: (!all_zero).then_some(&day),
            marks: &marks,
            machine: "two cores",
            notes: &[],
        };
        let target = Path::new(&folder).join(name);
        fs::create_dir_all(&target)?;
        for file in report_files(&report)? {
            fs::write(target.join(file.name), file.bytes)?;
        }
        println!("{name}\n{}", table(&rows, &TableOptions { marks: &marks, ..TableOptions::default() }));
    }
    Ok(())
}

fn report_files(input: &Report<'_>) -> io::Result<Vec<dormouse_report::File>> {
    report(input).map_err(io::Error::other)
}

fn mark(label: &str, minutes: u64) -> Mark {
    Mark { label: label.into(), timeout_ms: minutes * MINUTE }
}

fn labels() -> Labels {
    Labels { trace: "team-week".into(), watcher: "phase0".into(), platform: "fly".into(), seed: 1 }
}

/// Heavy-tailed gaps in closed form: the quantiles of a Pareto distribution, `x = 20 s / u`.
fn gaps() -> Vec<u64> {
    (1..=400).map(|i| 20_000 * 400 / i).collect()
}

fn row(timeout_ms: u64, misses: bool) -> Row {
    let gaps = gaps();
    let horizon_ms: u64 = 7 * 24 * HOUR;
    let slept: u64 = gaps.iter().map(|gap| gap.saturating_sub(timeout_ms + 6_000)).sum();
    let sleeps = gaps.iter().filter(|&&gap| gap > timeout_ms + 6_000).count() as u64;
    let mut counts = Counts {
        instances: 1,
        horizon_ms,
        awake_ms: horizon_ms - slept,
        suspended_ms: slept,
        suspends: sleeps,
        aborted: sleeps / 20,
        wakes: [sleeps * 6 / 10, sleeps / 4, 0, sleeps - sleeps * 6 / 10 - sleeps / 4, 0, 0],
        short_sleeps: sleeps / 9,
        late: sleeps / 30,
        user_arrivals: 1_900,
        oracle_suspended_ms: gaps.iter().map(|gap| gap.saturating_sub(3_000)).sum(),
        ..Counts::default()
    };
    counts.delays.push_zeros(1_900 - sleeps * 6 / 10);
    for i in 0..sleeps * 6 / 10 {
        counts.delays.push(1_830 + i * 17 % 900 + if i % 30 == 0 { 61_000 } else { 0 });
    }
    if misses {
        counts.violations[Class::FrozenWork as usize] = sleeps / 12;
        counts.violations[Class::StrandedInbound as usize] = sleeps / 40;
        counts.violations[Class::MissedCron as usize] = u64::from(timeout_ms < 4 * MINUTE) * 3;
        counts.violations[Class::BlackHole as usize] = sleeps / 60;
        counts.violations[Class::WrongStatus as usize] = 4;
    }
    Row::new(&labels(), timeout_ms, &counts)
}

fn huge(timeout_ms: u64) -> Row {
    let mut counts = Counts {
        instances: 100_000,
        horizon_ms: u64::MAX / 4,
        awake_ms: u64::MAX / 8,
        suspended_ms: u64::MAX / 8 - timeout_ms * 100_000_000,
        suspends: 123_456_789_012,
        wakes: [123_456_789_012, 0, 0, 0, 0, 0],
        user_arrivals: 9_876_543_210_987,
        oracle_suspended_ms: u64::MAX / 6,
        ..Counts::default()
    };
    for class in Class::ALL {
        counts.violations[class as usize] = 1_000_000_007 * (class as u64 + 1);
    }
    counts.delays.push(86_400_000_000);
    Row::new(&labels(), timeout_ms, &counts)
}

/// One made-up day: sleep at night, bursts by day, a cron job every hour.
fn day() -> Timeline {
    let mut day = Timeline {
        title: "team-week · instance gateway-1 · timeout 5 min".into(),
        from_ms: 24 * HOUR,
        to_ms: 48 * HOUR,
        epoch_label: "local time, Tuesday 3 March 2026".into(),
        ..Timeline::default()
    };
    let mut asleep_since = day.from_ms;
    for i in 0..40 {
        let at = 24 * HOUR + 8 * HOUR + i * 17 * MINUTE + (i * i * 37 % 11) * MINUTE;
        let turn = (2 + i * 7 % 9) * MINUTE;
        day.arrivals.push((at, "inbound"));
        day.work.push((at + 2_000, at + turn, "inbound"));
        if i % 5 == 0 {
            day.arrivals.push((at + 30_000, "client"));
            day.work.push((at + turn, at + turn + 14 * MINUTE, "background"));
        }
        if at > asleep_since {
            day.states.push(Span { from_ms: asleep_since, to_ms: at, state: State::Asleep });
            day.states.push(Span { from_ms: at, to_ms: at + 2_000, state: State::Waking });
        }
        let begin = day.states.last().map_or(at, |span| span.to_ms);
        let end = at + turn + 5 * MINUTE;
        if end > begin && i % 3 != 1 {
            day.states.push(Span { from_ms: begin, to_ms: end, state: State::Awake });
            day.states.push(Span { from_ms: end, to_ms: end + 4_000, state: State::Quiescing });
            asleep_since = end + 4_000;
        } else {
            let end = end + 12 * MINUTE;
            day.states.push(Span { from_ms: begin, to_ms: end, state: State::Awake });
            asleep_since = end;
        }
    }
    day.states.push(Span { from_ms: asleep_since, to_ms: day.to_ms, state: State::Asleep });
    for hour in 24..48 {
        day.arrivals.push((hour * HOUR, "cron"));
        day.work.push((hour * HOUR, hour * HOUR + 90_000, "cron"));
    }
    let violation = |at_ms, class| Violation { at_ms, class, held_ms: 0, cause: "made up" };
    day.violations = vec![
        violation(33 * HOUR, Class::FrozenWork),
        violation(34 * HOUR + 9 * MINUTE, Class::FrozenWork),
        violation(40 * HOUR, Class::StrandedInbound),
        violation(46 * HOUR, Class::LateCron),
    ];
    day
}
