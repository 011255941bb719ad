//! Ticks at whole hours, minutes or seconds.

use dormouse_text::DAY_MS as DAY;

use crate::Timeline;
use crate::numbers::{grouped, short};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Returns the title of the time axis, and ticks at whole steps of clock time. With an epoch label the ticks show the time of
/// day. Without one they show hours, minutes or seconds since the start, depending on the length of the window.
pub(super) fn clock(timeline: &Timeline) -> (&str, Vec<(f64, String)>) {
    const STEPS: [u64; 18] = [
        SECOND,
        5 * SECOND,
        10 * SECOND,
        15 * SECOND,
        30 * SECOND,
        MINUTE,
        5 * MINUTE,
        10 * MINUTE,
        30 * MINUTE,
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
    let (title, unit) = match length {
        _ if has_epoch => (timeline.epoch_label.as_str(), HOUR),
        ms if ms <= 2 * MINUTE => ("time since the start (s)", SECOND),
        ms if ms <= 2 * HOUR => ("time since the start (min)", MINUTE),
        _ => ("time since the start (h)", HOUR),
    };
    let shift = if has_epoch { timeline.epoch_ms_of_day % DAY } else { 0 };
    let label = |clock: u64| {
        if !has_epoch {
            short(clock as f64 / unit as f64, 2)
        } else if step >= DAY {
            format!("day {}", grouped(clock / DAY + 1))
        } else if step >= MINUTE {
            format!("{:02}:{:02}", clock % DAY / HOUR, clock % HOUR / MINUTE)
        } else {
            format!("{:02}:{:02}:{:02}", clock % DAY / HOUR, clock % HOUR / MINUTE, clock % MINUTE / SECOND)
        }
    };
    let first = timeline.from_ms.saturating_add(shift).div_ceil(step);
    let ticks = (0..=14)
        .map(|i| first.saturating_add(i).saturating_mul(step))
        .filter(|clock| (timeline.from_ms..=timeline.to_ms).contains(&clock.saturating_sub(shift)))
        .map(|clock| ((clock - shift) as f64, label(clock)))
        .collect();
    (title, ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(timeline: &Timeline) -> Vec<String> {
        clock(timeline).1.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_whole_hours_of_the_day_if_it_is_known() {
        let mut day = Timeline { to_ms: 8 * HOUR, epoch_ms_of_day: 9 * HOUR + 1, ..Timeline::default() };
        assert_eq!(labels(&day), ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
        day.epoch_label = "local time".into();
        assert_eq!(labels(&day), ["10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00", "17:00"]);
        assert_eq!(clock(&day).1[0].0, (HOUR - 1) as f64);
    }

    #[test]
    fn any_length_has_few_ticks() {
        for to_ms in [1, 1000, HOUR, DAY, 400 * DAY, u64::MAX] {
            assert!(clock(&Timeline { to_ms, ..Timeline::default() }).1.len() <= 15);
        }
    }

    #[test]
    fn the_unit_depends_on_the_length_of_the_window() {
        for (to_ms, title, ticks) in [
            (5 * SECOND, "time since the start (s)", &["0", "1", "2", "3", "4", "5"][..]),
            (
                4 * MINUTE,
                "time since the start (min)",
                &["0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4"],
            ),
            (20 * MINUTE, "time since the start (min)", &["0", "5", "10", "15", "20"]),
            (3 * HOUR, "time since the start (h)", &["0", "0.5", "1", "1.5", "2", "2.5", "3"]),
        ] {
            let window = Timeline { to_ms, ..Timeline::default() };
            assert_eq!(
                (clock(&window).0, labels(&window)),
                (title, ticks.iter().map(ToString::to_string).collect())
            );
        }
    }
}
