//! Fleets: traces of millions of gateways, which are swept without being read into memory.
//!
//! A *fleet* is a trace in one Parquet file, sorted by instance and time. Any Parquet reader can read it. Three things follow
//! from the order of its rows:
//!
//! ```text
//! rows      a a a a a a b b c c c c c c c c c c c c c d d e f f      sorted by instance, then by time
//! groups   |       |       |       |       |       |       |        decoded on all threads, a window at a time
//! batches   a . . . . .  b   c . . . . . . . . . . . .  d   e f     whole instances, as soon as they are complete
//! answers   +------------+---+-------------------------+---------   sums of integers, which merge in any order
//! ```
//!
//! - Only a window of row groups is in memory ([`FleetFile::batches`]).
//! - An instance is complete when the next one begins. After that, only its counts are kept ([`FleetAnswer`]).
//! - The file can be divided by row groups. An instance belongs to the part in which its first row lies ([`Split`]). The answers
//!   of the parts ([`Partial`]) can be written to files, sent and merged. The result has the same bytes in any order and grouping.
//!
//! Input is checked. Rows out of order, a file that does not match its [manifest](Manifest), and parts that overlap or do not add
//! up are errors, and there is no answer then.
//!
//! ```
//! use dormouse_core::Design;
//! use dormouse_fleet::{FleetAnswer, FleetFile, Partial, FleetQuery, Split, write_trace};
//! use dormouse_sim::{Job, Setup};
//! use dormouse_trace::{Trace, generate::{Spec, generate}};
//!
//! let trace = generate(&Spec::preset_with("webhooks", &[("span", "2d")])?, 1)?;
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("hooks.parquet");
//! write_trace(&trace, std::fs::File::create(&path)?)?;
//!
//! // Sweep the two halves separately, as two machines would.
//! let fleet = FleetFile::open(&path)?;
//! let (setup, content) = (Setup::new(Design::Current), fleet.manifest().content);
//! let job = Job::new(&trace, &[60_000, 300_000], &setup);
//! let question = FleetQuery::new("hooks", "current", &job, None);
//! let half = |part| -> Result<Partial, dormouse_fleet::FleetError> {
//!     let mut answer = FleetAnswer::none(2, None);
//!     let mut batches = fleet.batches(Split { part, of: 2 }, 64 << 20);
//!     for batch in &mut batches {
//!         let trace = Trace { instances: batch?, ..Trace::default() };
//!         answer.merge(&FleetAnswer::of(&Job { trace: &trace, ..job }, &content, None));
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
//! `docs/fleets.md` describes the file format, the partial results and the memory limit.

mod batches;
mod best;
mod error;
mod group;
mod manifest;
mod partial;
mod question;
mod read;
mod schema;
mod spare;
mod words;
mod write;

pub use batches::{Batches, Split};
pub use best::Best;
pub use error::FleetError;
pub use manifest::{Content, Manifest, VERSION};
pub use partial::{PARTIAL_VERSION, PartOfFleet, Partial};
pub use question::{FleetAnswer, FleetQuery};
pub use read::FleetFile;
pub use write::{Writer, write_trace};
