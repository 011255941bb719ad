//! Fuzz targets for every reader and parser.
//!
//! A *target* passes arbitrary bytes to a reader and checks three promises:
//!
//! - it does not panic, and its memory and time are bounded;
//! - an error message is a single line;
//! - what it accepts can be written, and reads back as the same value.
//!
//! The targets are used twice. The tests run the *seeds*, small files in `seeds/`, both unchanged and with
//! random variations: that is quick, needs no tools, and prevents regressions of earlier findings. The binaries,
//! which need the feature `guided`, run a coverage-guided search from the same seeds for any length of time.
//! `docs/robustness.md` has the command and the findings.

mod fleet;
mod parameters;
mod scenario;
mod text;
mod trace;
mod wire;

pub use fleet::{fleet, partial};
pub use parameters::{parameters, timeouts};
pub use scenario::{scenario, spec};
pub use trace::trace;
pub use wire::wire;

/// A target: takes any bytes, and panics if a promise is broken.
pub type Target = fn(&[u8]);

/// All targets by name. The seeds of each are in the folder of that name.
pub const TARGETS: [(&str, Target); 8] = [
    ("trace", trace),
    ("fleet", fleet),
    ("partial", partial),
    ("scenario", scenario),
    ("spec", spec),
    ("timeouts", timeouts),
    ("parameters", parameters),
    ("wire", wire),
];
