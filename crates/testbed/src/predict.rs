//! The simulator's prediction for the same trace, watcher and world.

use dormouse_sim::rows::Class;
use dormouse_sim::{LogEvent, Poke, Setup, Span, Stamp, Ticks, run};
use dormouse_trace::{Instance, Kind};

use crate::measure::{Moment, Observed, Side};

/// Replays in virtual time, and records what is observable from outside.
pub(crate) fn predict(instance: &Instance, span: Span, setup: &Setup) -> Side {
    let mut side = Side::default();
    let mut keep = |stamp: Stamp, event: LogEvent| {
        let what = match event {
            LogEvent::Flipped => Observed::Flipped,
            LogEvent::Closed => Observed::Closed,
            LogEvent::Accepted { .. } => Observed::Accepted,
            LogEvent::Frozen { .. } => Observed::Frozen,
            LogEvent::Poke(Poke::Sent) => Observed::Poked,
            LogEvent::Resuming { .. } => Observed::Resumes,
            LogEvent::Running { .. } => Observed::Runs,
            LogEvent::Connected { .. } => Observed::Connected,
            LogEvent::Handled { kind: Kind::Inbound, delay_ms } => {
                side.delays_ms.push(delay_ms);
                side.waited += u64::from(delay_ms > 0);
                return;
            }
            _ => return,
        };
        side.moments.push(Moment { at_ms: stamp.wall_ms, what });
    };
    let counts = run(instance, span, setup, Ticks::ThatMatter, &mut keep);
    let violations = |class: Class| counts.violations[class as usize];
    side.lost = violations(Class::LostInbound) + violations(Class::MissedCron);
    side.duplicate = violations(Class::Duplicate);
    side.frozen_work = violations(Class::FrozenWork);
    side
}
