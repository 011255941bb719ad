//! Builds small traces from text and runs them.

use dormouse_core::Design;
use dormouse_sim::rows::Counts;
use dormouse_sim::{Line, LogEvent, Setup, Span, Stamp, Ticks, World, run};
use dormouse_trace::{Event, Events, Instance, Kind};

/// Parses events from text: `AT KIND WORK`, separated by `|`, times in seconds.
pub(crate) fn events(text: &str) -> Events {
    let event = |part: &str| {
        let fields: Vec<&str> = part.split_whitespace().collect();
        let ms = |i: usize| fields.get(i).map_or(0, |s| (s.parse::<f64>().unwrap() * 1000.0).round() as u64);
        Event { at_ms: ms(0), kind: fields[1].parse::<Kind>().unwrap(), work_ms: ms(2) }
    };
    text.split('|').filter(|part| !part.trim().is_empty()).map(event).collect()
}

/// An instance with these events.
pub(crate) fn instance(text: &str) -> Instance {
    Instance::new("test", events(text))
}

/// `design` at `timeout_s` in the default world with every latency fixed: freeze lag 4 s, resume 400 ms.
pub(crate) fn fixed(design: Design, timeout_s: u64) -> Setup {
    let settings = design.settings().with_idle_timeout_ms(timeout_s * 1000);
    let mut setup = Setup { settings, world: World::default(), seed: 1 };
    setup.set("freeze_lag_ms", "4000").unwrap();
    setup.set("resume_ms", "400").unwrap();
    setup
}

/// Like [`fixed`], with parameters set.
pub(crate) fn fixed_with(design: Design, timeout_s: u64, set: &[(&str, &str)]) -> Setup {
    let mut setup = fixed(design, timeout_s);
    for (name, value) in set {
        setup.set(name, value).unwrap();
    }
    setup
}

/// The span from 0 to `end_s`.
pub(crate) fn until(end_s: u64) -> Span {
    Span { start_ms: 0, end_ms: end_s * 1000 }
}

/// The counts of a run from 0 to `end_s`.
pub(crate) fn counts(text: &str, end_s: u64, setup: &Setup) -> Counts {
    run(&instance(text), until(end_s), setup, Ticks::ThatMatter, &mut ())
}

/// The event log and the counts of a run.
pub(crate) fn logged(instance: &Instance, span: Span, setup: &Setup, ticks: Ticks) -> (Vec<String>, Counts) {
    let mut log = Vec::new();
    let counts = run(instance, span, setup, ticks, &mut |stamp: Stamp, event: LogEvent| {
        log.push(Line(stamp, event).to_string());
    });
    (log, counts)
}
