//! Both clocks.

use std::time::Duration;

use dormouse_core::{Mono, Now, Wall};
use tokio::time::Instant;

/// Tells both times, and how long to sleep for a duration of them. Replaced in tests and where time is compressed.
pub trait Clock: Send + Sync + 'static {
    /// Both clocks now.
    fn now(&self) -> Now;

    /// How long to sleep, in the runtime's time, for `ms` of this clock.
    fn sleep_for(&self, ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How late a timer may fire, in ms of this clock, without anything being wrong.
    fn timer_slack_ms(&self) -> u64 {
        10
    }
}

/// The machine's clocks. Wall is `CLOCK_REALTIME` since 1970. Mono is the runtime's `Instant` since the clock was made: on
/// Linux `CLOCK_MONOTONIC`, which stands still while a machine is suspended (`CLOCK_BOOTTIME` would go on). A process tree
/// that is frozen on a machine that runs finds that it went on.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Mono begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        reason = "this is the one place that reads the wall clock"
    )]
    fn now(&self) -> Now {
        let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let ms = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Now { wall: Wall::from_ms(ms(wall)), mono: Mono::from_ms(ms(self.start.elapsed())) }
    }
}
