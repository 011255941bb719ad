//! Numbers that were measured elsewhere and that the simulator must reproduce.

use dormouse_core::{Design, Settings};
use dormouse_sim::{Setup, Span, Ticks, run};
use dormouse_trace::{Event, Events, Instance, Kind};

/// At a timeout of 2 min, a tick of 30 s and a freeze lag of about 3.6 s, the machine is awake for about 139 s on average after
/// the last message: 120 s, half a tick, 0.21 s of quiescing, and the lag.
#[test]
fn the_mean_awake_tail_at_two_minutes_is_about_139_seconds() {
    let setup =
        Setup { settings: Settings::current().with_idle_timeout_ms(120_000), ..Setup::new(Design::Current) };
    // 2,000 times, an hour apart: a message that wakes the machine, and another one 10 to 40 s later (evenly spread, not in
    // step with the ticks), both without work.
    let n = 2000_u64;
    let second_after = |i: u64| 10_000 + i * 12_347 % 30_000;
    let message = |at_ms| Event { at_ms, kind: Kind::Inbound, work_ms: 0 };
    let pair = |i: u64| [message(i * 3_600_000), message(i * 3_600_000 + second_after(i))];
    let events: Events = (1..=n).flat_map(pair).collect();
    let span = Span { start_ms: 0, end_ms: (n + 1) * 3_600_000 };
    let counts = run(&Instance::new("tail", events), span, &setup, Ticks::ThatMatter, &mut ());
    assert_eq!(counts.wakes[0], n);
    // Awake from the poke, 50 ms after the first message, to the freeze; and for 124 s at the beginning.
    let before_tail_ms: u64 = (1..=n).map(|i| second_after(i) - 50).sum();
    let tail_s = (counts.awake_ms - 124_000 - before_tail_ms) as f64 / 1000.0 / n as f64;
    assert!((tail_s - 138.8).abs() < 1.0, "{tail_s}");
}
