//! Descriptive statistics of a trace.

use dormouse_text::quantile;

use crate::{GapEnd, IdleGap, Kind, Trace};

/// The percentiles that [`Quantiles`] holds.
pub const PERCENTS: [u8; 6] = [10, 25, 50, 75, 90, 99];

/// Quantiles of a sample in ms, by [nearest rank](dormouse_text::nearest_rank): each is a value of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantiles {
    /// Number of values.
    pub count: usize,
    /// The quantiles at [`PERCENTS`], in ms.
    pub at_percent_ms: [u64; 6],
    /// The largest, in ms.
    pub max_ms: u64,
}

impl Quantiles {
    /// The quantiles of a sorted sample; `None` if it is empty.
    pub fn of_sorted(sorted_ms: &[u64]) -> Option<Quantiles> {
        let &max_ms = sorted_ms.last()?;
        let at_percent_ms =
            PERCENTS.map(|percent| quantile(sorted_ms, 10 * u64::from(percent)).unwrap_or(max_ms));
        Some(Quantiles { count: sorted_ms.len(), at_percent_ms, max_ms })
    }

    /// The median, in ms.
    pub fn median_ms(&self) -> u64 {
        self.at_percent_ms[2]
    }

    /// The 90th percentile, in ms.
    pub fn p90_ms(&self) -> u64 {
        self.at_percent_ms[4]
    }
}

/// Descriptive statistics of a trace.
///
/// ```
/// use dormouse_trace::{ReadOptions, info::Info, read};
///
/// let csv = "instance,arrival_s,duration_s\nweb,0,30\nweb,90,10\nweb,95,\nweb,400,\n";
/// let info = Info::of(&read(csv.as_bytes(), "web.csv", &ReadOptions::default())?.trace);
/// // Idle from 30 to 90 and from 100 to 400 s; the third arrival came during work, so it ends no idle gap.
/// let gaps = info.idle_gap.unwrap();
/// assert_eq!((gaps.count, gaps.median_ms(), gaps.max_ms), (2, 60_000, 300_000));
/// assert_eq!(info.share_of_gaps_from_1_to_60_min, Some(1.0));
/// # Ok::<(), dormouse_trace::TraceError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// Events.
    pub rows: usize,
    /// Instances.
    pub instances: usize,
    /// From the first arrival to the latest end of work over all instances, in ms.
    pub span_ms: u64,
    /// Events of each kind, by `Kind as usize`.
    pub by_kind: [usize; Kind::ALL.len()],
    /// Time from one arrival to the next within an instance, without `internal` events; zeros count.
    pub inter_arrival: Option<Quantiles>,
    /// Quantiles of [`idle_gaps_ms`].
    pub idle_gap: Option<Quantiles>,
    /// Share of the idle gaps that last from 1 to 60 min, inclusive: the timeout matters most for these.
    pub share_of_gaps_from_1_to_60_min: Option<f64>,
    /// Time with work in flight in ms, summed over instances. Overlapping work counts once; clients do not count.
    pub busy_ms: u64,
    /// `busy_ms` divided by the total of the instances' spans, each from its first arrival to its last end of
    /// work; `None` if that total is zero.
    pub busy_share: Option<f64>,
}

impl Info {
    /// Computes all statistics. While sorting, it needs memory for two times per event.
    pub fn of(trace: &Trace) -> Info {
        let mut by_kind = [0; Kind::ALL.len()];
        let mut between = Vec::with_capacity(trace.events());
        let (mut busy_ms, mut spans_ms) = (0, 0);
        for instance in &trace.instances {
            let events = &instance.events;
            let (mut arrived, mut worked_until) = (None, 0);
            for event in events.iter() {
                by_kind[event.kind as usize] += 1;
                if event.kind != Kind::Internal {
                    between.extend(arrived.map(|previous| event.at_ms - previous));
                    arrived = Some(event.at_ms);
                }
                if event.kind.is_work() {
                    busy_ms += event.end_ms().saturating_sub(event.at_ms.max(worked_until));
                    worked_until = worked_until.max(event.end_ms());
                }
            }
            spans_ms += events.end_of_work_ms() - events.first_at_ms().unwrap_or(0);
        }
        between.sort_unstable();
        let gaps = idle_gaps_ms(trace);
        let within = gaps.partition_point(|&ms| ms <= 3_600_000) - gaps.partition_point(|&ms| ms < 60_000);
        Info {
            rows: trace.events(),
            instances: trace.instances.len(),
            span_ms: trace.end_of_work_ms() - trace.first_at_ms().unwrap_or(0),
            by_kind,
            inter_arrival: Quantiles::of_sorted(&between),
            idle_gap: Quantiles::of_sorted(&gaps),
            share_of_gaps_from_1_to_60_min: share(within as u64, gaps.len() as u64),
            busy_ms,
            busy_share: share(busy_ms, spans_ms),
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The [idle gaps](crate::Events::idle_gaps) of all instances in ms, sorted. A trace contains only arrivals, so
/// each one ends a gap, except `internal` ones, and the silence after the last event is not a gap.
pub fn idle_gaps_ms(trace: &Trace) -> Vec<u64> {
    let gaps = trace.instances.iter().flat_map(|instance| instance.events.idle_gaps(GapEnd::Any));
    let mut gaps: Vec<u64> = gaps.map(IdleGap::ms).collect();
    gaps.sort_unstable();
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, Instance};

    /// One instance from a list of `at kind work`, in seconds.
    fn of(events: &str) -> Trace {
        let event = |text: &str| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let ms = |word: &str| word.parse::<u64>().unwrap() * 1000;
            Event { at_ms: ms(words[0]), kind: words[1].parse().unwrap(), work_ms: ms(words[2]) }
        };
        let events = events.split('|').map(event).collect();
        Trace { instances: vec![Instance::new("x", events)], ..Trace::default() }
    }

    #[test]
    fn a_gap_begins_at_the_latest_end_of_work() {
        // The background job outlives the two turns after it.
        assert_eq!(idle_gaps_ms(&of("0 background 100 | 10 inbound 5 | 50 inbound 5 | 130 api 0")), [30_000]);
        // An arrival at the very end of work ends no gap.
        assert_eq!(idle_gaps_ms(&of("0 inbound 10 | 10 inbound 10 | 21 inbound 0")), [1_000]);
    }

    #[test]
    fn clients_prevent_idleness_internal_events_do_not_and_probes_end_gaps() {
        assert_eq!(
            idle_gaps_ms(&of("0 client 60 | 70 internal 500 | 100 probe 500 | 110 probe 0")),
            [10_000, 40_000]
        );
    }

    #[test]
    fn overlapping_work_is_busy_once_and_clients_are_not_busy() {
        let info = Info::of(&of("0 inbound 30 | 20 cron 20 | 50 client 50 | 60 direct 10"));
        assert_eq!((info.busy_ms, info.span_ms, info.busy_share), (50_000, 100_000, Some(0.5)));
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let quantiles = Quantiles::of_sorted(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).unwrap();
        assert_eq!((quantiles.at_percent_ms, quantiles.max_ms), ([1, 3, 5, 8, 9, 10], 10));
        assert_eq!(Quantiles::of_sorted(&[7]).unwrap().at_percent_ms, [7; 6]);
        assert_eq!(Quantiles::of_sorted(&[]), None);
    }
}
