//! Synthetic traffic: seeded, documented, and byte-for-byte reproducible.
//!
//! A [`Spec`] is a list of *streams*. Each has a kind, a *process* that says when its events arrive, and a
//! distribution of work. A trace is the superposition of its streams, for one instance or for a fleet of them:
//! any parameter of a process may itself be a distribution, and is then drawn once per instance.
//!
//! ```
//! use dormouse_trace::generate::{Spec, generate};
//!
//! let spec = Spec::from_toml(
//!     r#"
//!     name = "desk"
//!     span = "1d"
//!     [[stream]]
//!     kind = "inbound"
//!     work = { dist = "lognormal", median = "40s", sigma = 1.0 }
//!     arrivals = { process = "poisson", per_hour = 6 }
//!     "#,
//!     "desk.toml",
//!     &[("stream.0.arrivals.per_hour", "12")],
//! )?;
//! assert_eq!(generate(&spec, 1)?, generate(&spec, 1)?);
//! assert_ne!(generate(&spec, 1)?, generate(&spec, 2)?);
//! # Ok::<(), dormouse_trace::TraceError>(())
//! ```
//!
//! # Why the output is the same everywhere
//!
//! - The only source of randomness is ChaCha8, whose output is defined in bytes and not in machine words.
//! - Its 32-byte key *is* (seed, instance, stream, purpose). No random stream is shared, so nothing depends on
//!   the order of calls, on the number of threads, or on other streams.
//! - A uniform is 52 of those bits plus a half, which is exact; every other distribution applies its inverse
//!   distribution function to that uniform. Addition, multiplication, division and square root are exact by IEEE
//!   754; `exp`, `ln` and `pow` are not, and come from the `libm` crate rather than from the machine's C library.
//! - Ready-made samplers are not used: which `ln` they call depends on a crate feature that any other dependency
//!   may turn on.
//! - Arrival times are truncated to whole ms once, at the end, and sorted stably.

mod calendar;
mod cron;
mod dist;
mod draws;
mod hawkes;
mod mmpp;
mod overrides;
mod periodic;
mod poisson;
mod presets;
mod renewal;
mod rhythm;
mod run;
mod sessions;
mod spec;
mod stream;
mod times;
mod value;

pub use cron::Cron;
pub use dist::Dist;
pub use hawkes::Hawkes;
pub use mmpp::Mmpp;
pub use periodic::Periodic;
pub use poisson::Poisson;
pub use presets::PRESETS;
pub use renewal::Renewal;
pub use rhythm::Rhythm;
pub use sessions::Sessions;
pub use spec::Spec;
pub use stream::{Process, Spawn, Stream};
pub use times::Times;
pub use value::Value;

use crate::{Events, Instance, Meta, Trace, TraceError};
use run::{Run, Stop};

/// The most steps that one stream of one instance may take. A step is an arrival or a rejected candidate. A
/// trace that fits into memory needs no more; a specification that does (a rate of 10^12 an hour) is refused.
const MAX_STEPS: u64 = 20_000_000;

/// Generates the whole trace.
///
/// Instances are in the order of a trace file, that is by first arrival. An instance without arrivals is left
/// out, since a file cannot express it.
///
/// # Errors
/// [`TraceError::Spec`] for a parameter out of range, with the stream and the parameter.
pub fn generate(spec: &Spec, seed: u64) -> Result<Trace, TraceError> {
    let instances = (0..spec.instances()).map(|ordinal| generate_instance(spec, seed, ordinal));
    let instances = instances.collect::<Result<Vec<Instance>, TraceError>>()?;
    Ok(collect(spec, instances))
}

/// Combines separately generated instances, given in the order of their ordinals, as [`generate`] does.
pub fn collect(spec: &Spec, mut instances: Vec<Instance>) -> Trace {
    instances.retain(|instance| !instance.events.is_empty());
    instances.sort_by_key(|instance| instance.events.first_at_ms());
    Trace { instances, meta: Meta { epoch_ms: Some(spec.epoch_ms()), time_zone: Some(spec.time_zone()) } }
}

/// Generates one instance: the one that [`generate`] generates as number `ordinal`. The result does not depend
/// on the order of calls or on the thread. The ordinal may exceed the specification's number of instances.
///
/// # Errors
/// The same as [`generate`].
pub fn generate_instance(spec: &Spec, seed: u64, ordinal: u32) -> Result<Instance, TraceError> {
    let mut events = Vec::new();
    for (place, stream) in spec.streams().iter().enumerate() {
        let mut run = Run::new(spec, stream, &mut events, [seed, u64::from(ordinal), place as u64]);
        let stopped = run.prepare(stream).and_then(|()| stream.arrivals.run(&mut run));
        let name = || match &stream.name {
            Some(name) => format!("stream {place} ({name})"),
            None => format!("stream {place}"),
        };
        match stopped {
            Ok(()) | Err(Stop::Enough) => {}
            Err(Stop::Endless) => {
                let problem = format!("takes more than {MAX_STEPS} steps");
                return Err(spec.wrong(name(), problem, "lower its rate, or shorten the span"));
            }
            Err(Stop::Wrong { parameter, problem, fix }) => {
                return Err(spec.wrong(format!("{}: {parameter}", name()), problem, fix));
            }
        }
    }
    Ok(Instance::new(spec.instance_name(ordinal), events.into_iter().collect::<Events>()))
}
