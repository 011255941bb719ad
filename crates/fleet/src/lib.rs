//! Fleets: traffic of millions of gateways, swept without being in memory.
//!
//! A *fleet* is a trace as columns, in one Parquet file, sorted by instance and time. Whatever reads Parquet reads it. Three things
//! follow from its order:
//!
//! ```text
//! rows      a a a a a a b b c c c c c c c c c c c c c d d e f f      sorted by instance, then by time
//! groups   |       |       |       |       |       |       |        decoded on all threads, a window at a time
//! batches   a . . . . .  b   c . . . . . . . . . . . .  d   e f     whole instances, as soon as they are whole
//! answers   +------------+---+-------------------------+---------   sums of integers, which merge in any order
//! ```
//!
//! - a window of row groups is all that is in memory ([`Fleet::batches`]);
//! - an instance is whole when the next one begins, and the counts of whole instances are all that is kept of it ([`Answer`]);
//! - the file can be divided by row groups, and an instance belongs where its first row lies ([`Split`]). The answers of the
//!   parts are values ([`Partial`]) that can be written down, sent and merged, in any order and grouping, to the same bytes.
//!
//! Nothing is taken on trust: rows out of order, a file that does not hold what its [manifest](Manifest) says, parts that overlap
//! or do not add up are errors, and there is no answer then.
//!
//! ```
//! use dormouse_core::Design;
//! use dormouse_fleet::{Answer, Fleet, Partial, Question, Split, write_trace};
//! use dormouse_sim::{Job, Setup};
//! use dormouse_trace::{Trace, generate::{Spec, generate}};
//!
//! let trace = generate(&Spec::preset_with("webhooks", &[("span", "2d")])?, 1)?;
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("hooks.parquet");
//! write_trace(&trace, std::fs::File::create(&path)?)?;
//!
//! // Somebody sweeps one half, somebody else the other one.
//! let fleet = Fleet::open(&path)?;
//! let (setup, content) = (Setup::new(Design::Current), fleet.manifest().content);
//! let job = Job::new(&trace, &[60_000, 300_000], &setup);
//! let question = Question::new("hooks", "current", &job, None);
//! let half = |part| -> Result<Partial, dormouse_fleet::FleetError> {
//!     let mut answer = Answer::none(2, None);
//!     let mut batches = fleet.batches(Split { part, of: 2 }, 64 << 20);
//!     for batch in &mut batches {
//!         let trace = Trace { instances: batch?, ..Trace::default() };
//!         answer.merge(&Answer::of(&Job { trace: &trace, ..job }, &content, None));
//!     }
//!     Ok(Partial::new(question.clone(), content, batches.part(), answer))
//! };
//! let mut whole = half(2)?;
//! whole.merge(&half(1)?, "the first half")?;
//!
//! assert_eq!(whole.whole("both")?.counts, job.totals());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The format, the partial value and the bound of memory are in `docs/fleets.md`.

mod batches;
mod best;
mod error;
mod manifest;
mod partial;
mod question;
mod read;
mod schema;
mod write;

pub use batches::{Batches, Split};
pub use best::Best;
pub use error::FleetError;
pub use manifest::{Content, Manifest, VERSION};
pub use partial::{PARTIAL_VERSION, Part, Partial};
pub use question::{Answer, Question};
pub use read::Fleet;
pub use write::{Writer, write_trace};
