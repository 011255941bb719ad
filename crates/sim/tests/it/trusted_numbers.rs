//! Numbers that were measured elsewhere and must come out here.

use dormouse_core::{Design, Settings};
use dormouse_sim::{Setup, Span, Ticks, run};
use dormouse_trace::{Event, Events, Instance, Kind};

/// At a timeout of 2 min, a tick of 30 s and a freeze lag of about 3.6 s the mean awake tail behind the last message is about
/// 139 s: 120 s, half a tick, 0.21 s of quiescing, and the lag.
#[test]
fn the_mean_awake_tail_at_two_minutes_is_about_139_seconds() {
    let setup = Setup { settings: Settings { idle_timeout_ms: 120_000, ..Settings::current() }, ..Setup::new(Design::Current) };
    // 2,000 messages, an hour apart give or take a minute (a low-discrepancy sequence), each without work.
    let n = 2000_u64;
    let events: Events = (1..=n)
        .map(|i| Event { at_ms: i * 3_600_000 + i * 37_633 % 60_000, kind: Kind::Inbound, work_ms: 0 })
        .collect();
    let span = Span { start_ms: 0, end_ms: (n + 1) * 3_600_000 };
    let counts = run(&Instance::new("tail", events), span, &setup, Ticks::ThatMatter, &mut ());
    assert_eq!(counts.wakes[0], n);
    // Awake per wake: resume (0.38 s), dial and the rest of a fence slice (0.42 s and 0 to 0.25 s), then the tail.
    let awake_s = counts.awake_ms as f64 / 1000.0 / n as f64;
    let tail_s = awake_s - 0.38 - 0.42 - 0.125 - 124.0 / n as f64;
    assert!((tail_s - 138.8).abs() < 1.0, "{tail_s}");
}
