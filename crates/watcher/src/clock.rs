//! Both clocks.

use std::time::Duration;

use dormouse_core::{Mono, Now, Wall};
use tokio::time::Instant;

/// Both clocks, and how durations on them translate into the runtime's time. Replace it in tests, or to compress time.
pub trait Clock: Send + Sync + 'static {
    /// Both clocks now.
    fn now(&self) -> Now;

    /// How long to sleep in the runtime's time for `ms` on this clock.
    fn sleep_for(&self, ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How late a timer may fire and still count as on time, in ms on this clock.
    fn timer_slack_ms(&self) -> u64 {
        10
    }
}

/// The machine's clocks.
///
/// The wall clock is the time since 1970. The monotonic clock is the runtime's `Instant`, counted from the creation of this value.
/// On Linux it is `CLOCK_MONOTONIC`, which stands still while a machine is suspended (`CLOCK_BOOTTIME` would go on). If only the
/// process tree is frozen and the machine runs, it goes on.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Clocks whose monotonic time begins now.
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
