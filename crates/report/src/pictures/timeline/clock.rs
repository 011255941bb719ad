//! Ticks at whole hours.

use crate::Timeline;
use crate::numbers::{grouped, short};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// Ticks at whole steps of clock time, labelled as time of day, or as hours since the start without an epoch.
pub(super) fn clock(timeline: &Timeline) -> Vec<(f64, String)> {
    const STEPS: [u64; 13] = [
        60_000,
        5 * 60_000,
        10 * 60_000,
        30 * 60_000,
        HOUR,
        2 * HOUR,
        3 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        7 * DAY,
        28 * DAY,
    ];
    let length = timeline.to_ms.saturating_sub(timeline.from_ms).max(1);
    let step = STEPS.into_iter().find(|step| length / step <= 12).unwrap_or((length / 10).max(1));
    let has_epoch = !timeline.epoch_label.is_empty();
    let shift = if has_epoch { timeline.epoch_ms_of_day % DAY } else { 0 };
    let label = |clock: u64| {
        if !has_epoch {
            short(clock as f64 / HOUR as f64, 2)
        } else if step >= DAY {
            format!("day {}", grouped(clock / DAY + 1))
        } else {
            format!("{:02}:{:02}", clock % DAY / HOUR, clock % HOUR / 60_000)
        }
    };
    let first = timeline.from_ms.saturating_add(shift).div_ceil(step);
    (0..=14)
        .map(|i| first.saturating_add(i).saturating_mul(step))
        .filter(|clock| (timeline.from_ms..=timeline.to_ms).contains(&clock.saturating_sub(shift)))
        .map(|clock| ((clock - shift) as f64, label(clock)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(timeline: &Timeline) -> Vec<String> {
        clock(timeline).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_whole_hours_of_the_day_where_it_is_known() {
        let mut day = Timeline { to_ms: 8 * HOUR, epoch_ms_of_day: 9 * HOUR + 1, ..Timeline::default() };
        assert_eq!(words(&day), ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
        day.epoch_label = "local time".into();
        assert_eq!(words(&day), ["10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00", "17:00"]);
        assert_eq!(clock(&day)[0].0, (HOUR - 1) as f64);
    }

    #[test]
    fn any_length_has_few_ticks() {
        for to_ms in [1, 1000, HOUR, DAY, 400 * DAY, u64::MAX] {
            assert!(clock(&Timeline { to_ms, ..Timeline::default() }).len() <= 15);
        }
    }
}
