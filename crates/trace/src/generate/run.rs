//! Generates one stream of one instance.

use super::calendar::Calendar;
use super::dist::Sampler;
use super::draws::{Draws, Purpose};
use super::value::Quantity;
use super::{MAX_STEPS, Spec, Stream, Value};
use crate::{Event, Kind, MAX_MS};

/// Why a process stopped before the end of the span.
pub(super) enum Stop {
    /// The stream's limit is reached.
    Enough,
    /// It would never end, or take too many steps.
    Endless,
    /// A parameter is out of range.
    Wrong { parameter: String, problem: String, fix: String },
}

/// The state of a process: its parameters, its random numbers, and the events generated so far. Times are ms as
/// `f64` until they become arrivals.
pub(super) struct Run<'a> {
    /// Arrivals lie in `[0, span_ms)`.
    pub(super) span_ms: f64,
    /// For hours and weekdays.
    pub(super) calendar: Calendar,
    /// Random numbers for arrival times.
    pub(super) draws: Draws,
    parameters: Draws,
    kind: Kind,
    work: Sampler,
    work_draws: Draws,
    spawn: Option<Spawning>,
    spawn_draws: Draws,
    left: u64,
    steps: u64,
    events: &'a mut Vec<Event>,
}

struct Spawning {
    kind: Kind,
    probability: f64,
    delay: Sampler,
    work: Sampler,
}

impl<'a> Run<'a> {
    /// The run of this stream; `key` is seed, instance, stream.
    pub(super) fn new(spec: &Spec, stream: &Stream, events: &'a mut Vec<Event>, key: [u64; 3]) -> Run<'a> {
        Run {
            span_ms: spec.span_ms() as f64,
            calendar: spec.calendar(),
            draws: Draws::new(key, Purpose::Arrivals),
            parameters: Draws::new(key, Purpose::Parameters),
            kind: stream.kind,
            work: Sampler::Fixed(0.0),
            work_draws: Draws::new(key, Purpose::Work),
            spawn: None,
            spawn_draws: Draws::new(key, Purpose::Spawn),
            left: stream.limit.unwrap_or(u64::MAX),
            steps: MAX_STEPS,
            events,
        }
    }

    /// Draws the parameters that all streams have.
    pub(super) fn prepare(&mut self, stream: &Stream) -> Result<(), Stop> {
        self.work = self.times("work", &stream.work)?;
        if let Some(spawn) = &stream.spawn {
            let probability = self.number("spawn.probability", &spawn.probability)?;
            if probability > 1.0 {
                return Err(wrong("spawn.probability", format!("{probability} is above 1"), "lower it"));
            }
            self.spawn = Some(Spawning {
                kind: spawn.kind,
                probability,
                delay: self.times("spawn.delay", &spawn.delay)?,
                work: self.times("spawn.work", &spawn.work)?,
            });
        }
        Ok(())
    }

    fn one(&mut self, parameter: &str, value: &Value, quantity: Quantity) -> Result<f64, Stop> {
        match value.one(quantity, &mut self.parameters) {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
            Ok(number) => Err(wrong(parameter, format!("{number} is not a number from 0 up"), "raise it")),
            Err((problem, fix)) => Err(wrong(parameter, problem, fix)),
        }
    }

    /// Resolves a parameter that is one number, at least 0.
    pub(super) fn number(&mut self, parameter: &str, value: &Value) -> Result<f64, Stop> {
        self.one(parameter, value, Quantity::Number)
    }

    /// Resolves a parameter that is a time from the trace's start, in ms.
    pub(super) fn moment_ms(&mut self, parameter: &str, value: &Value) -> Result<f64, Stop> {
        Ok(self.one(parameter, value, Quantity::Time)? * 1000.0)
    }

    /// Resolves a parameter that is a time of at least 1 ms, in ms.
    pub(super) fn time_ms(&mut self, parameter: &str, value: &Value) -> Result<f64, Stop> {
        match self.moment_ms(parameter, value)? {
            short if short < 1.0 => {
                Err(wrong(parameter, format!("{short} ms is too short"), "make it 1 ms or more"))
            }
            ms => Ok(ms),
        }
    }

    /// Resolves a parameter that is a rate per hour, as a rate per ms.
    pub(super) fn per_ms(&mut self, parameter: &str, value: &Value) -> Result<f64, Stop> {
        Ok(self.number(parameter, value)? / 3_600_000.0)
    }

    /// Resolves a parameter that is a distribution of numbers.
    pub(super) fn numbers(&mut self, parameter: &str, value: &Value) -> Result<Sampler, Stop> {
        self.distribution(parameter, value, Quantity::Number)
    }

    /// Resolves a parameter that is a distribution of times, in seconds.
    pub(super) fn times(&mut self, parameter: &str, value: &Value) -> Result<Sampler, Stop> {
        self.distribution(parameter, value, Quantity::Time)
    }

    fn distribution(&mut self, parameter: &str, value: &Value, quantity: Quantity) -> Result<Sampler, Stop> {
        let sampler = value.sampler(quantity, &mut self.parameters);
        sampler.map_err(|(problem, fix)| wrong(parameter, problem, fix))
    }

    /// Samples a distribution in seconds; returns ms.
    pub(super) fn sample_ms(&mut self, of: &Sampler) -> f64 {
        of.sample(&mut self.draws) * 1000.0
    }

    /// Time to the next point of a Poisson process with this rate per ms; infinite if the rate is 0.
    pub(super) fn wait_ms(&mut self, per_ms: f64) -> f64 {
        if per_ms > 0.0 { self.draws.exponential() / per_ms } else { f64::INFINITY }
    }

    /// Counts a step without an arrival.
    pub(super) fn step(&mut self) -> Result<(), Stop> {
        self.steps = self.steps.checked_sub(1).ok_or(Stop::Endless)?;
        Ok(())
    }

    /// Adds an arrival, unless it is at or after the end of the span. Returns its work in ms.
    pub(super) fn arrive(&mut self, at_ms: f64) -> Result<f64, Stop> {
        self.step()?;
        let work_ms = whole(self.work.sample(&mut self.work_draws) * 1000.0);
        if at_ms < self.span_ms {
            self.left = self.left.checked_sub(1).ok_or(Stop::Enough)?;
            self.events.push(Event { at_ms: at_ms as u64, kind: self.kind, work_ms });
            self.spawn(at_ms);
        }
        Ok(work_ms as f64)
    }

    fn spawn(&mut self, at_ms: f64) {
        let Some(spawn) = &self.spawn else { return };
        let draws = &mut self.spawn_draws;
        if draws.chance(spawn.probability) {
            let at_ms = at_ms + spawn.delay.sample(draws) * 1000.0;
            let work_ms = whole(spawn.work.sample(draws) * 1000.0);
            if at_ms < self.span_ms {
                self.events.push(Event { at_ms: at_ms as u64, kind: spawn.kind, work_ms });
            }
        }
    }
}

/// The error for a parameter out of range.
pub(super) fn wrong(parameter: &str, problem: String, fix: impl Into<String>) -> Stop {
    Stop::Wrong { parameter: parameter.to_owned(), problem, fix: fix.into() }
}

/// Rounds to whole ms, halves up.
fn whole(ms: f64) -> u64 {
    ((ms + 0.5).floor() as u64).min(MAX_MS)
}
