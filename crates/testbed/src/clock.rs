//! A clock that runs faster than real time.

use std::time::Duration;

use dormouse_core::{Mono, Now, Wall};
use dormouse_watcher::Clock;
use tokio::time::Instant;

/// On a busy machine, timers normally fire up to this late, in real time. A later timer shifts all following
/// looks by `speed` times the delay in trace time.
const SLACK: Duration = Duration::from_millis(50);

/// Trace time: `speed` trace milliseconds pass per real millisecond. Wall and monotonic clock are the same, and
/// both advance while the process is frozen, as for any frozen process tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CompressedClock {
    start: Instant,
    speed: f64,
}

impl CompressedClock {
    /// A clock whose trace time 0 is at `start`.
    pub(crate) fn starting(start: Instant, speed: f64) -> Self {
        Self { start, speed }
    }

    /// The current trace time in ms; 0 before the start.
    pub(crate) fn now_ms(&self) -> u64 {
        self.ms_at(Instant::now())
    }

    /// The trace time at `instant` in ms; 0 before the start.
    pub(crate) fn ms_at(&self, instant: Instant) -> u64 {
        let real = instant.saturating_duration_since(self.start);
        (real.as_secs_f64() * 1000.0 * self.speed) as u64
    }

    /// Trace milliseconds per real millisecond.
    pub(crate) fn speed(&self) -> f64 {
        self.speed
    }

    /// The real instant of a trace time in ms.
    pub(crate) fn instant(&self, at_ms: u64) -> Instant {
        self.start + real(at_ms, self.speed)
    }
}

/// The real duration of `ms` of trace time.
pub(crate) fn real(ms: u64, speed: f64) -> Duration {
    Duration::from_secs_f64(ms as f64 / 1000.0 / speed)
}

impl Clock for CompressedClock {
    fn now(&self) -> Now {
        let ms = self.now_ms();
        Now { wall: Wall::from_ms(ms), mono: Mono::from_ms(ms) }
    }

    fn sleep_for(&self, ms: u64) -> Duration {
        real(ms, self.speed)
    }

    fn timer_slack_ms(&self) -> u64 {
        (SLACK.as_secs_f64() * 1000.0 * self.speed) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sixty_trace_seconds_pass_in_one_and_both_clocks_agree() {
        let clock = CompressedClock::starting(Instant::now(), 60.0);
        assert_eq!(clock.sleep_for(60_000), Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(clock.now_ms(), 120_000);
        let Now { wall, mono } = clock.now();
        assert_eq!((wall.as_ms(), mono.as_ms()), (120_000, 120_000));
        assert_eq!(clock.ms_at(clock.instant(90_000)), 90_000);
    }
}
