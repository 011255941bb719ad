//! What every reader and parser is fuzzed with.
//!
//! A *target* takes any bytes for an input, hands them to a reader, and holds it to three promises:
//!
//! - it does not panic, and its memory and time are bounded;
//! - what it refuses it refuses in one line;
//! - what it accepts it can write, and reads back as the same value.
//!
//! Two things call the targets. The tests play the *seeds*, small files that are kept in `seeds/`, as they are and varied at
//! random: that is quick, needs nothing, and keeps what was once found from coming back. The binaries, behind the feature
//! `guided`, search by coverage from the same seeds, for as long as one likes. `docs/robustness.md` has the command, and what
//! it found.

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

/// A target: any bytes in, and a panic where a promise is broken.
pub type Target = fn(&[u8]);

/// All targets by name. The seeds of each stand in the folder of that name.
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
