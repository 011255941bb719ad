//! What a run costs day by day.

use dormouse_sim::{Event, Observer, Stamp};

use crate::history::DAY_MS;

/// One day of all instances together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// Time frozen, in ms.
    pub suspended_ms: u64,
    /// Wakes.
    pub wakes: u64,
}

/// Sees freezes and wakes, and sorts them into days of 24 h from the trace's start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Days {
    /// The days.
    pub days: Vec<Day>,
    frozen_at: Option<u64>,
    end_ms: u64,
}

impl Days {
    /// Up to the horizon.
    #[must_use]
    pub fn until(end_ms: u64) -> Self {
        let days = usize::try_from(end_ms.div_ceil(DAY_MS)).unwrap_or(0);
        Self { days: vec![Day::default(); days], frozen_at: None, end_ms }
    }

    /// Adds another instance, or the same days of another part.
    pub fn merge(&mut self, other: &Self) {
        if self.days.len() < other.days.len() {
            self.days.resize(other.days.len(), Day::default());
        }
        for (mine, theirs) in self.days.iter_mut().zip(&other.days) {
            mine.suspended_ms += theirs.suspended_ms;
            mine.wakes += theirs.wakes;
        }
    }

    fn slept(&mut self, from: u64, to: u64) {
        spread(from, to.min(self.end_ms), |day, ms| {
            if let Some(day) = self.days.get_mut(day) {
                day.suspended_ms += ms;
            }
        });
    }
}

/// Divides the time from `from` to `to` into days.
pub(crate) fn spread(mut from: u64, to: u64, mut each: impl FnMut(usize, u64)) {
    while from < to {
        let day = from / DAY_MS;
        let until = to.min((day + 1) * DAY_MS);
        each(usize::try_from(day).unwrap_or(usize::MAX), until - from);
        from = until;
    }
}

impl Observer for Days {
    fn on(&mut self, stamp: Stamp, event: Event) {
        match event {
            Event::Frozen { .. } => self.frozen_at = Some(stamp.wall_ms),
            Event::Resuming { .. } => {
                if let Some(since) = self.frozen_at.take() {
                    self.slept(since, stamp.wall_ms);
                }
                if stamp.wall_ms < self.end_ms
                    && let Some(day) = self.days.get_mut((stamp.wall_ms / DAY_MS) as usize)
                {
                    day.wakes += 1;
                }
            }
            Event::Ended => {
                if let Some(since) = self.frozen_at.take() {
                    self.slept(since, self.end_ms);
                }
            }
            _ => {}
        }
    }
}
