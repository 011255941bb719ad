//! Random traffic.

use dormouse_trace::{Event, Events, Kind};

use crate::search::Profile;
use crate::search::draw::Draw;
use crate::search::profile::DIRECT_BY_MS;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// The most events in a trial.
const MOST: usize = 2000;

/// How an event's time relates to earlier events.
#[derive(Debug, Clone, Copy)]
enum Gap {
    /// At the same millisecond as the previous event.
    None,
    /// Up to two seconds later.
    Burst,
    /// Up to ten minutes later.
    Minutes,
    /// Up to six hours later.
    Hours,
    /// At a tick of the watcher, or just after.
    Tick,
    /// Around the time at which the machine goes to sleep: when all work has ended and the timeout has passed,
    /// or up to 45 s later.
    Sleep,
}

/// The duration of work.
#[derive(Debug, Clone, Copy)]
enum Work {
    None,
    Seconds,
    Minutes,
    Hour,
}

const KINDS: [Kind; 7] =
    [Kind::Inbound, Kind::Cron, Kind::Api, Kind::Background, Kind::Client, Kind::Probe, Kind::Internal];
const GAPS: [Gap; 6] = [Gap::None, Gap::Burst, Gap::Minutes, Gap::Hours, Gap::Tick, Gap::Sleep];
const WORKS: [Work; 4] = [Work::None, Work::Seconds, Work::Minutes, Work::Hour];

/// Events from 0 to `horizon_ms`, of a random subset of kinds, gaps and durations. Some trials also have one
/// kind at regular times, and some a direct channel.
pub(crate) fn traffic(draw: &mut Draw, profile: Profile, timeout_ms: u64, horizon_ms: u64) -> Events {
    let (kinds, gaps, works) = (draw.some_of(&KINDS), draw.some_of(&GAPS), draw.some_of(&WORKS));
    let mut events = Vec::new();
    let (mut at_ms, mut busy_until) = (0, 0);
    while events.len() < MOST {
        at_ms = match draw.one_of(&gaps) {
            Gap::None => at_ms,
            Gap::Burst => at_ms + draw.below(2 * SECOND),
            Gap::Minutes => at_ms + draw.below(10 * MINUTE),
            Gap::Hours => at_ms + draw.below(6 * HOUR),
            Gap::Tick => (at_ms / 30_000 + 1 + draw.below(8)) * 30_000 + draw.below(700),
            Gap::Sleep => at_ms.max(busy_until + timeout_ms) + draw.below(45 * SECOND),
        };
        if at_ms > horizon_ms {
            break;
        }
        let work = *draw.one_of(&works);
        let work_ms = work_ms(draw, work);
        busy_until = busy_until.max(at_ms + work_ms);
        events.push(Event { at_ms, kind: *draw.one_of(&kinds), work_ms });
    }
    if draw.one_in(6) {
        regular(draw, horizon_ms, &mut events);
    }
    if draw.one_in(12) {
        direct(draw, profile, horizon_ms, &mut events);
    }
    events.into_iter().collect()
}

fn work_ms(draw: &mut Draw, work: Work) -> u64 {
    match work {
        Work::None => 0,
        Work::Seconds => draw.below(10 * SECOND),
        Work::Minutes => draw.below(7 * MINUTE),
        Work::Hour => draw.below(HOUR),
    }
}

/// Adds one kind at regular times: a heartbeat or a nightly job.
fn regular(draw: &mut Draw, horizon_ms: u64, events: &mut Vec<Event>) {
    let kind = *draw.one_of(&[Kind::Probe, Kind::Cron, Kind::Client, Kind::Internal, Kind::Inbound]);
    let period = *draw.one_of(&[20 * SECOND, MINUTE + SECOND, 2 * MINUTE, 4 * MINUTE, 10 * MINUTE, HOUR]);
    let work_ms = *draw.one_of(&[0, SECOND, 5 * SECOND]);
    let first = draw.below(period);
    let times = (0..MOST as u64).map(|n| first + n * period).take_while(|&at| at <= horizon_ms);
    events.extend(times.map(|at_ms| Event { at_ms, kind, work_ms }));
}

/// Adds a few messages of a direct channel, which is connected from the first of them on.
fn direct(draw: &mut Draw, profile: Profile, horizon_ms: u64, events: &mut Vec<Event>) {
    let by = match profile {
        Profile::Assumed => DIRECT_BY_MS.min(horizon_ms),
        Profile::Anything => horizon_ms,
    };
    let first = draw.below(by + 1);
    let others = draw.below(4);
    let at = (0..others).map(|_| first + draw.below(horizon_ms - first + 1)).collect::<Vec<_>>();
    let all = std::iter::once(first).chain(at);
    events.extend(all.map(|at_ms| Event { at_ms, kind: Kind::Direct, work_ms: 1000 }));
}
