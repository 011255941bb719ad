//! The timeline of a day (for a report) or of a whole run, recorded by an observer during another replay.

use dormouse_core::Command;
use dormouse_report::{Timeline, TimelineSpan, TimelineState};
use dormouse_sim::rows::Violation;
use dormouse_sim::{Horizon, LogEvent, Setup, Stamp, Ticks, run};
use dormouse_text::DAY_MS;
use dormouse_trace::{Instance, Kind, Trace};

/// The day with the most missed work (or, without any, the most arrivals) of the instance with the most events.
/// `None` if there is nothing to draw.
pub(crate) fn busiest_day(
    trace: &Trace,
    horizon: Horizon,
    setup: &Setup,
    idle_timeout_ms: u64,
) -> Option<Timeline> {
    let instance = trace.instances.iter().rev().max_by_key(|instance| instance.events.len())?;
    let span = horizon.span(trace, instance);
    if span.start_ms >= span.end_ms {
        return None;
    }
    let setup = Setup { settings: setup.settings.with_idle_timeout_ms(idle_timeout_ms), ..setup.clone() };
    let mut seen = Seen::from(span.start_ms);
    run(instance, span, &setup, Ticks::ThatMatter, &mut |stamp, event| seen.see(stamp, event));
    seen.end(span.end_ms);

    let start_of_day = start_of_day_ms(trace);
    let from_ms = seen.most_eventful_day(span.start_ms, span.end_ms, start_of_day);
    let to_ms = (from_ms + DAY_MS).min(span.end_ms);
    let from_ms = from_ms.max(span.start_ms);
    let day = (from_ms + start_of_day) / DAY_MS + 1;
    Some(Timeline {
        epoch_label: match trace.meta.epoch_ms {
            Some(_) => "time of day".to_owned(),
            None => String::new(),
        },
        epoch_ms_of_day: start_of_day,
        ..seen.timeline(title(instance, &setup, idle_timeout_ms, day), from_ms, to_ms)
    })
}

fn title(instance: &Instance, setup: &Setup, idle_timeout_ms: u64, day: u64) -> String {
    let minutes = idle_timeout_ms as f64 / 60_000.0;
    format!("{}, day {day}: idle timeout {minutes} min on {}", instance.name, setup.world.platform)
}

/// Local time of day at which the trace starts, in ms after midnight; 0 if the trace does not say.
fn start_of_day_ms(trace: &Trace) -> u64 {
    let Some(epoch_ms) = trace.meta.epoch_ms else { return 0 };
    let offset_ms = trace.meta.time_zone.as_deref().and_then(offset_ms).unwrap_or(0);
    (epoch_ms + offset_ms).rem_euclid(DAY_MS as i64) as u64
}

/// Parses an offset such as `+01:30` into ms.
fn offset_ms(zone: &str) -> Option<i64> {
    let (sign, rest) =
        if let Some(rest) = zone.strip_prefix('+') { (1, rest) } else { (-1, zone.strip_prefix('-')?) };
    let (hours, minutes) = rest.split_once(':')?;
    Some(sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?) * 60_000)
}

/// An observer that records a run.
#[derive(Default)]
pub(crate) struct Seen {
    states: Vec<TimelineSpan>,
    state: Option<TimelineState>,
    state_from: u64,
    work: Vec<(u64, u64, &'static str)>,
    /// Intervals with a client attached. Unlike work, these go on while the machine is frozen.
    attached: Vec<(u64, u64, &'static str)>,
    arrivals: Vec<(u64, &'static str)>,
    violations: Vec<Violation>,
    frozen_at: u64,
}

impl Seen {
    /// An empty recording of a run that starts at `start_ms`.
    pub(crate) fn from(start_ms: u64) -> Self {
        Self { state_from: start_ms, ..Self::default() }
    }

    /// Ends the recording.
    pub(crate) fn end(&mut self, end_ms: u64) {
        self.enter(end_ms, TimelineState::Awake);
    }

    /// The recorded timeline in a window, in wall-clock ms since the start.
    pub(crate) fn timeline(self, title: String, from_ms: u64, to_ms: u64) -> Timeline {
        Timeline {
            title,
            from_ms,
            to_ms,
            states: self.states,
            work: [self.work, self.attached].concat(),
            arrivals: self.arrivals,
            violations: self.violations,
            ..Timeline::default()
        }
    }

    /// Records an event.
    pub(crate) fn see(&mut self, Stamp { wall_ms: now, .. }: Stamp, event: LogEvent) {
        match event {
            LogEvent::Started { .. } => self.enter(now, TimelineState::Awake),
            LogEvent::Arrived { kind, .. } => self.arrivals.push((now, kind.name())),
            LogEvent::WorkBegan { kind, work_ms } => self.work.push((now, now + work_ms, kind.name())),
            LogEvent::Attached { until_ms } => self.attached.push((now, until_ms, Kind::Client.name())),
            LogEvent::Command(Command::HoldRedial | Command::GoDormant)
            | LogEvent::PlatformSuspends { .. } => {
                self.enter(now, TimelineState::Quiescing);
            }
            LogEvent::Abandoned(_) => self.enter(now, TimelineState::Awake),
            LogEvent::Connected { .. } if self.state != Some(TimelineState::Asleep) => {
                self.enter(now, TimelineState::Awake);
            }
            LogEvent::Frozen { .. } => {
                self.frozen_at = now;
                self.enter(now, TimelineState::Asleep);
            }
            LogEvent::Resuming { .. } => self.enter(now, TimelineState::Waking),
            LogEvent::Running { .. } => {
                // Work in flight did not advance while the machine was frozen.
                let frozen_at = self.frozen_at;
                for (_, to, _) in self.work.iter_mut().rev().filter(|(_, to, _)| *to > frozen_at) {
                    *to += now - frozen_at;
                }
                self.enter(now, TimelineState::Awake);
            }
            LogEvent::Violation(violation) => self.violations.push(violation),
            _ => {}
        }
    }

    fn enter(&mut self, now: u64, state: TimelineState) {
        if let Some(before) = self.state.filter(|_| now > self.state_from) {
            self.states.push(TimelineSpan { from_ms: self.state_from, to_ms: now, state: before });
        }
        self.state = Some(state);
        self.state_from = now;
    }

    /// The start of the local day with the most missed work (or, without any, the most arrivals); on a tie the first.
    fn most_eventful_day(&self, start: u64, end: u64, start_of_day: u64) -> u64 {
        let first = (start + start_of_day) / DAY_MS;
        let days = (end - 1 + start_of_day) / DAY_MS - first + 1;
        let mut found = vec![(0_u64, 0_u64); usize::try_from(days).unwrap_or(0)];
        let day = |at: u64| ((at + start_of_day) / DAY_MS).checked_sub(first).map(|day| day as usize);
        for violation in &self.violations {
            if let Some(found) = day(violation.at_ms).and_then(|day| found.get_mut(day)) {
                found.0 += 1;
            }
        }
        for &(at, _) in &self.arrivals {
            if let Some(found) = day(at).and_then(|day| found.get_mut(day)) {
                found.1 += 1;
            }
        }
        let best = (0..found.len()).rev().max_by_key(|&day| found[day]).unwrap_or(0);
        ((first + best as u64) * DAY_MS).saturating_sub(start_of_day)
    }
}
