//! Sets the simulator's world from a platform.

use crate::{LeverKind, ParamError, PlatformIdle, Setup, World};

use crate::platform::value::{Keeps, Shown, Starts};
use crate::platform::{Between, Field, Platform};

/// An unknown field of a platform, and the value that the simulator uses instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// The field, like `sleep.wake_ms`.
    pub field: &'static str,
    /// The parameter that the field would have set.
    pub parameter: &'static str,
    /// The value that the parameter has instead.
    pub value: String,
}

impl Platform {
    /// Sets the world's parameters from the fields that are known: the idle clock and whether the platform or the watcher
    /// counts, how often the platform looks, retention, freeze lag, resume or cold start, how messages come, and the timeout if
    /// the platform has only one. Then sets the parameters of `[world]`.
    ///
    /// An unknown field leaves its parameter as it was, with one exception: a platform that counts and whose time between
    /// looks is unknown looks every millisecond, unless its idle rule is `between-looks`. The values that are used instead of
    /// unknown fields are returned, so that they can be shown. They say nothing about the platform.
    ///
    /// # Errors
    /// When a parameter of `[world]` does not exist or does not fit. This cannot happen with a platform that was read from a
    /// file.
    pub fn apply(&self, setup: &mut Setup) -> Result<Vec<StandIn>, ParamError> {
        let (world, sleep) = (&mut setup.world, &self.sleep);
        world.platform.clone_from(&self.name);
        let counts = match self.idle.starts.value() {
            Some(Starts::Platform(idle)) => Some(*idle),
            Some(Starts::Watcher) | None => None,
        };
        if let Some(idle) = counts {
            (world.lever, world.platform_timer, world.platform_idle) = (LeverKind::None, true, idle);
            world.platform_timeout_ms = self.fixed_ms().unwrap_or(0);
            if idle != PlatformIdle::BetweenLooks {
                world.platform_check_ms = 1;
            }
        }
        set(&mut world.platform_check_ms, &self.idle.check_ms);
        set(&mut world.platform_retention_ms, &self.idle.retention_ms);
        set(&mut world.messages, &self.idle.messages);
        set(&mut world.freeze_lag_ms, &sleep.suspend_ms);
        let forgets = matches!(sleep.keeps.value(), Some(Keeps::Disk | Keeps::Nothing));
        if forgets {
            // A machine whose memory is lost in each sleep starts cold at each wake.
            set(&mut world.cold_start_ms, &sleep.wake_ms);
            world.resume_ms = world.cold_start_ms.clone();
        } else {
            set(&mut world.resume_ms, &sleep.wake_ms);
        }
        if counts.is_some() {
            // The time that the platform's own clock takes is not a violation.
            let late_ms =
                world.platform_check_ms + world.platform_retention_ms + world.freeze_lag_ms.longest_ms();
            world.never_sleeps_slack_ms += late_ms;
        }
        if forgets {
            setup.set("faults.lost_snapshot", "1.0")?;
        }
        setup.set_all(&self.world)?;
        Ok(self.stand_ins(&setup.world, counts.is_some(), forgets))
    }

    fn stand_ins(&self, world: &World, counts: bool, forgets: bool) -> Vec<StandIn> {
        let wake =
            if forgets { ("cold_start_ms", &world.cold_start_ms) } else { ("resume_ms", &world.resume_ms) };
        let idle = if counts { world.platform_idle.name() } else { "the watcher" };
        let lost = if forgets { "nothing" } else { "memory" };
        let [check, retention] = [world.platform_check_ms, world.platform_retention_ms].map(|ms| ms.shown());
        [
            (self.idle.starts.is_unknown(), "idle.starts", "platform_idle", idle.to_owned()),
            (self.idle.check_ms.is_unknown() && counts, "idle.check_ms", "platform_check_ms", check),
            (
                self.idle.retention_ms.is_unknown() && counts,
                "idle.retention_ms",
                "platform_retention_ms",
                retention,
            ),
            (self.idle.messages.is_unknown(), "idle.messages", "messages", world.messages.shown()),
            (
                self.sleep.suspend_ms.is_unknown(),
                "sleep.suspend_ms",
                "freeze_lag_ms",
                world.freeze_lag_ms.shown(),
            ),
            (self.sleep.wake_ms.is_unknown(), "sleep.wake_ms", wake.0, wake.1.shown()),
            (self.sleep.keeps.is_unknown(), "sleep.keeps", "faults.lost_snapshot", lost.to_owned()),
        ]
        .into_iter()
        .filter(|(unknown, ..)| *unknown)
        .map(|(_, field, parameter, value)| StandIn { field, parameter, value })
        .collect()
    }

    /// The part of each sleep that is paid as running, in ms: suspend and wake, plus `quiesce_ms` where a watcher quiesces.
    /// If one of these latencies is unknown, the upper bound is infinite.
    #[must_use]
    pub fn overhead_ms(&self, quiesce_ms: f64) -> Between {
        let quiesces = self.idle.starts.value() == Some(&Starts::Watcher);
        let mut sum = Between::exactly(if quiesces { quiesce_ms } else { 0.0 });
        for latency in [&self.sleep.suspend_ms, &self.sleep.wake_ms] {
            match latency.value() {
                Some(latency) => {
                    sum.low += latency.mean_ms();
                    sum.high += latency.mean_ms();
                }
                None => sum.high = f64::INFINITY,
            }
        }
        sum
    }
}

/// Sets a parameter to the field's value, if that is known.
fn set<T: Clone>(parameter: &mut T, field: &Field<T>) {
    if let Some(value) = field.value() {
        parameter.clone_from(value);
    }
}
