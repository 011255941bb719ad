//! Rows shared by the other tests.

use dormouse_report::Mark;
use dormouse_rows::{Class, Counts, Labels, Row};

pub(crate) const MINUTE: u64 = 60_000;

/// The two defaults that are in use.
pub(crate) fn marks() -> [Mark; 2] {
    [
        Mark { label: "current default".into(), timeout_ms: 2 * MINUTE },
        Mark { label: "phase0 default".into(), timeout_ms: 5 * MINUTE },
    ]
}

/// One day of one instance at a timeout of `minutes`. It sleeps `wakes` times, `asleep` minutes in all, and each wake delays
/// one message.
pub(crate) fn row(minutes: u64, asleep: u64, wakes: u64) -> Row {
    row_missing(minutes, asleep, wakes, &[])
}

/// Like [`row`], with missed work.
pub(crate) fn row_missing(minutes: u64, asleep: u64, wakes: u64, missed: &[(Class, u64)]) -> Row {
    let mut counts = Counts {
        instances: 1,
        horizon_ms: 1440 * MINUTE,
        awake_ms: (1440 - asleep) * MINUTE,
        suspended_ms: asleep * MINUTE,
        suspends: wakes,
        wakes: [wakes, 0, 0, 0, 0, 0],
        user_arrivals: 200,
        oracle_suspended_ms: 1200 * MINUTE,
        ..Counts::default()
    };
    counts.delays.push_zeros(200 - wakes);
    (0..wakes).for_each(|i| counts.delays.push(1500 + 10 * i));
    missed.iter().for_each(|&(class, n)| counts.violations[class as usize] = n);
    let labels = Labels { trace: "a-day".into(), watcher: "current".into(), platform: "fly".into(), seed: 1 };
    Row::new(&labels, minutes * MINUTE, &counts)
}

/// A sweep without missed work.
pub(crate) fn clean() -> Vec<Row> {
    vec![row(1, 1100, 40), row(2, 1050, 30), row(5, 900, 12), row(10, 890, 12), row(30, 600, 4)]
}

/// A sweep in which the short timeouts miss work.
pub(crate) fn missing() -> Vec<Row> {
    vec![
        row_missing(1, 1100, 40, &[(Class::FrozenWork, 7), (Class::LostInbound, 1)]),
        row_missing(2, 1050, 30, &[(Class::FrozenWork, 3)]),
        row(5, 900, 12),
        row(30, 600, 4),
    ]
}
