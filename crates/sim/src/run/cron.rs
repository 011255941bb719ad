//! The cron provider: fires jobs over HTTP, and may give up.

use crate::rows::WakeCause;
use dormouse_trace::Kind;

use super::{Observer, Run, TimeoutSource};

/// What the provider remembers about the job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Provider {
    /// The number of fires in a row that it gave up.
    strikes: u64,
}

impl<O: Observer, C: TimeoutSource> Run<'_, O, C> {
    /// The fire `i` is due. It is an HTTP request, unless the provider has given up the whole job.
    pub(super) fn cron_fires(&mut self, i: usize) {
        if self.cron_job_is_dead() {
            self.audit.cron_missed(self.now, "the provider has given the job up");
        } else {
            self.http(WakeCause::Cron, Some(i));
        }
    }

    /// Has the provider given up the whole job?
    pub(super) fn cron_job_is_dead(&self) -> bool {
        self.world.cron_strikes > 0 && self.cron.strikes >= self.world.cron_strikes
    }

    /// Did the provider give up the waiting fire `i` before the gateway was up? Then the fire is missed, unless the gateway
    /// catches up by itself. The gateway's own scheduler never gives up.
    pub(super) fn cron_was_given_up(&mut self, i: usize) -> bool {
        let (at, budget) = (self.events.at_ms()[i], self.world.cron_budget_ms);
        let fired = self.events.kinds()[i] == Kind::Cron && self.world.cron_wakes;
        let given_up = fired && budget > 0 && self.now - at > budget && !self.world.cron_catch_up;
        if given_up {
            self.cron.strikes += 1;
            self.audit.cron_missed(self.now, "the provider gave up before the gateway was up");
        }
        given_up
    }

    /// The gateway took a fire, which resets the count of fires given up.
    pub(super) const fn cron_was_taken(&mut self) {
        self.cron.strikes = 0;
    }
}
