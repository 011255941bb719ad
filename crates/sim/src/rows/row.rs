//! The published rows: one per idle timeout.

use std::io::{Read, Write};

use dormouse_text::DAY_MS;
use serde::{Deserialize, Serialize};

use crate::rows::{Class, Counts, WakeCause};

/// Version of the columns of [`Row`]. It changes whenever a column is added, renamed or reordered, or changes its meaning, and
/// when the random draws behind the figures change. Version 2: draws are keyed by [event](crate::Occasions), not by sleep.
pub const SCHEMA_VERSION: u32 = 2;

/// The origin of a row: trace, watcher, platform and seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Name of the trace or traces.
    pub trace: String,
    /// Name of the watcher's design.
    pub watcher: String,
    /// Name of the platform.
    pub platform: String,
    /// Seed of the keyed draws.
    pub seed: u64,
}

macro_rules! row {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        /// One idle timeout's result over all instances. The fields are the columns, in this order.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Row {
            $($(#[$doc])* pub $name: $type,)*
        }

        /// The column names of [`Row`], in order.
        pub const COLUMNS: &[&str] = &[$(stringify!($name)),*];
    };
}

row! {
    /// Name of the trace.
    trace: String,
    /// Instances replayed.
    instances: u64,
    /// The watcher's design.
    watcher: String,
    /// The platform.
    platform: String,
    /// Seed of the keyed draws.
    seed: u64,
    /// The idle timeout in minutes.
    idle_timeout_minutes: f64,
    /// Sum of horizons, ms.
    horizon_ms: u64,
    /// Time not frozen, ms.
    awake_ms: u64,
    /// Time frozen, ms; `awake_ms + suspended_ms = horizon_ms`.
    suspended_ms: u64,
    /// `suspended_ms / 60000`.
    suspend_minutes: f64,
    /// Freezes that landed.
    suspends: u64,
    /// Quiesces abandoned.
    aborted: u64,
    /// Resumes, all causes.
    wakes: u64,
    /// Resumes by a poke for an inbound.
    wakes_inbound: u64,
    /// Resumes by a cron fire.
    wakes_cron: u64,
    /// Resumes by an API call.
    wakes_api: u64,
    /// Resumes by a client.
    wakes_client: u64,
    /// Resumes by a probe.
    wakes_probe: u64,
    /// Resumes by anything else.
    wakes_other: u64,
    /// Sleeps under 60 s that ended in a wake.
    short_sleeps: u64,
    /// User-visible arrivals.
    user_arrivals: u64,
    /// Those that waited at all.
    delayed: u64,
    /// Median delay, ms, zeros included (nearest rank; 0 without arrivals).
    delay_ms_p50: u64,
    /// 95th percentile, ms.
    delay_ms_p95: u64,
    /// 99th percentile, ms.
    delay_ms_p99: u64,
    /// Longest delay, ms.
    delay_ms_max: u64,
    /// User-visible arrivals later than the lateness bound.
    late: u64,
    /// Freezes with real work in flight.
    frozen_work: u64,
    /// Time for which that work was frozen, ms.
    frozen_work_ms: u64,
    /// User-visible arrivals lost.
    lost_inbound: u64,
    /// Arrivals stranded in the buffer.
    stranded_inbound: u64,
    /// Cron fires that never ran.
    missed_cron: u64,
    /// Cron fires that started late.
    late_cron: u64,
    /// Arrivals handled twice.
    duplicate: u64,
    /// Freezes that no arrival could have ended.
    black_hole: u64,
    /// Idle stretches that lasted too long without a sleep.
    never_sleeps: u64,
    /// Batches of too many cycles in an hour.
    flapping: u64,
    /// Stretches with a wrong published status.
    wrong_status: u64,
    /// Sum of the ten classes.
    violations: u64,
    /// What a clairvoyant could have slept, ms.
    oracle_suspended_ms: u64,
}

impl Row {
    /// The row for `counts` at `idle_timeout_ms`. The delays need not be sorted.
    #[must_use]
    pub fn new(labels: &Labels, idle_timeout_ms: u64, counts: &Counts) -> Self {
        let mut delays = counts.delays.clone();
        delays.sort();
        let wakes = |cause: WakeCause| counts.wakes[cause as usize];
        let class = |class: Class| counts.violations[class as usize];
        Self {
            trace: labels.trace.clone(),
            instances: counts.instances,
            watcher: labels.watcher.clone(),
            platform: labels.platform.clone(),
            seed: labels.seed,
            idle_timeout_minutes: idle_timeout_ms as f64 / 60_000.0,
            horizon_ms: counts.horizon_ms,
            awake_ms: counts.awake_ms,
            suspended_ms: counts.suspended_ms,
            suspend_minutes: counts.suspended_ms as f64 / 60_000.0,
            suspends: counts.suspends,
            aborted: counts.aborted,
            wakes: counts.wakes.iter().sum(),
            wakes_inbound: wakes(WakeCause::Inbound),
            wakes_cron: wakes(WakeCause::Cron),
            wakes_api: wakes(WakeCause::Api),
            wakes_client: wakes(WakeCause::Client),
            wakes_probe: wakes(WakeCause::Probe),
            wakes_other: wakes(WakeCause::Other),
            short_sleeps: counts.short_sleeps,
            user_arrivals: counts.user_arrivals,
            delayed: delays.delayed(),
            delay_ms_p50: delays.quantile(500),
            delay_ms_p95: delays.quantile(950),
            delay_ms_p99: delays.quantile(990),
            delay_ms_max: delays.quantile(1000),
            late: counts.late,
            frozen_work: class(Class::FrozenWork),
            frozen_work_ms: counts.frozen_work_ms,
            lost_inbound: class(Class::LostInbound),
            stranded_inbound: class(Class::StrandedInbound),
            missed_cron: class(Class::MissedCron),
            late_cron: class(Class::LateCron),
            duplicate: class(Class::Duplicate),
            black_hole: class(Class::BlackHole),
            never_sleeps: class(Class::NeverSleeps),
            flapping: class(Class::Flapping),
            wrong_status: class(Class::WrongStatus),
            violations: counts.violations_total(),
            oracle_suspended_ms: counts.oracle_suspended_ms,
        }
    }

    /// The number of violations of one class.
    #[must_use]
    pub fn class(&self, class: Class) -> u64 {
        match class {
            Class::FrozenWork => self.frozen_work,
            Class::LostInbound => self.lost_inbound,
            Class::StrandedInbound => self.stranded_inbound,
            Class::MissedCron => self.missed_cron,
            Class::LateCron => self.late_cron,
            Class::Duplicate => self.duplicate,
            Class::BlackHole => self.black_hole,
            Class::NeverSleeps => self.never_sleeps,
            Class::Flapping => self.flapping,
            Class::WrongStatus => self.wrong_status,
        }
    }

    /// The suspended share of the horizon, 0..=1; 0 for an empty horizon.
    #[must_use]
    pub fn suspended_share(&self) -> f64 {
        share(self.suspended_ms, self.horizon_ms)
    }

    /// The clairvoyant's suspended share of the horizon, 0..=1; 0 for an empty horizon.
    #[must_use]
    pub fn oracle_share(&self) -> f64 {
        share(self.oracle_suspended_ms, self.horizon_ms)
    }

    /// `count` per instance and day of horizon; 0 for an empty horizon.
    #[must_use]
    pub fn per_day(&self, count: u64) -> f64 {
        if self.horizon_ms == 0 { 0.0 } else { count as f64 * DAY_MS as f64 / self.horizon_ms as f64 }
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Rows could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The CSV is malformed, or writing failed.
    #[error("rows: {0}")]
    Csv(#[from] csv::Error),
    /// The JSON could not be written.
    #[error("rows: {0}")]
    Json(#[from] serde_json::Error),
    /// Writing failed.
    #[error("rows: {0}")]
    Io(#[from] std::io::Error),
}

/// Writes `rows` as CSV with a header. Lines end with `\n`.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_csv(rows: &[Row], out: impl Write) -> Result<(), RowsError> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.serialize(row)?;
    }
    writer.flush()?;
    Ok(())
}

/// Writes `rows` as a JSON array of objects, one per line, with the column names of the CSV.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_json(rows: &[Row], mut out: impl Write) -> Result<(), RowsError> {
    out.write_all(b"[")?;
    for (i, row) in rows.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut out, row)?;
    }
    out.write_all(b"\n]\n")?;
    Ok(())
}

/// Reads rows that [`write_csv`] wrote.
///
/// # Errors
/// When a line is malformed or a column is missing or unknown.
pub fn read_csv(input: impl Read) -> Result<Vec<Row>, RowsError> {
    Ok(csv::Reader::from_reader(input).deserialize().collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = "trace,instances,watcher,platform,seed,idle_timeout_minutes,horizon_ms,awake_ms,suspended_ms,\
        suspend_minutes,suspends,aborted,wakes,wakes_inbound,wakes_cron,wakes_api,wakes_client,wakes_probe,wakes_other,\
        short_sleeps,user_arrivals,delayed,delay_ms_p50,delay_ms_p95,delay_ms_p99,delay_ms_max,late,frozen_work,\
        frozen_work_ms,lost_inbound,stranded_inbound,missed_cron,late_cron,duplicate,black_hole,never_sleeps,flapping,\
        wrong_status,violations,oracle_suspended_ms";

    fn example() -> Row {
        let labels =
            Labels { trace: "a, \"b\"".into(), watcher: "current".into(), platform: "fly".into(), seed: 7 };
        let mut counts =
            Counts { instances: 2, horizon_ms: 10, awake_ms: 4, suspended_ms: 6, ..Counts::default() };
        counts.wakes = [1, 2, 3, 4, 5, 6];
        for (i, class) in Class::ALL.into_iter().enumerate() {
            counts.violations[class as usize] = 10 + i as u64;
        }
        Row::new(&labels, 30_000, &counts)
    }

    #[test]
    fn columns_are_the_published_ones_in_order() {
        assert_eq!(COLUMNS.join(","), PUBLISHED);
    }

    #[test]
    fn csv_round_trips() {
        let mut bytes = Vec::new();
        write_csv(&[example()], &mut bytes).unwrap();
        assert!(bytes.starts_with(PUBLISHED.as_bytes()));
        assert_eq!(read_csv(bytes.as_slice()).unwrap(), [example()]);
    }

    #[test]
    fn json_has_the_same_names_and_values() {
        let mut bytes = Vec::new();
        write_json(&[example(), example()], &mut bytes).unwrap();
        let back: Vec<Row> = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(back, [example(), example()]);
    }

    #[test]
    fn every_class_lands_in_its_own_column() {
        let row = example();
        for (i, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(row.class(class), 10 + i as u64, "{}", class.name());
        }
        assert_eq!(row.violations, (10..20).sum::<u64>());
        assert_eq!(row.wakes, 21);
    }
}
