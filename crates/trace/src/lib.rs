//! Traces: recorded or generated traffic.
//!
//! A *trace* is the input of a replay. It holds *instances*, one per gateway; an instance holds *events* in
//! order of time; an event has an arrival time, a [`Kind`] that defines its effect on a sleeping machine, and an
//! amount of work. Times are whole milliseconds from the trace's start. A trace contains no text and no names of
//! people, and nothing about the machine's state: the replay computes that.
//!
//! ```text
//!           at   work                     idle gap
//!  inbound  |----======|                 <--------->
//!  inbound          |--====|  cron |==|             |---- inbound
//!  ---------+-------+------+-------+--+-------------+----------> at_ms
//! ```
//!
//! | to | use |
//! |---|---|
//! | read a file | [`read_path`], [`read()`]: CSV, plain, gzip or zstd, with errors that give the line and the fix |
//! | write a file | [`write()`], [`write_csv`] |
//! | generate traffic | [`generate`]: presets, or your own streams in TOML |
//! | get statistics | [`info`]: quantiles of arrivals and idle gaps, busy share |
//! | iterate over idle gaps | [`Events::idle_gaps`], [`Events::idle_gaps_within`], and what ends one: [`GapEnd`] |
//!
//! ```
//! use dormouse_trace::{ReadOptions, generate::{Spec, generate}, info::Info, read, write_csv};
//!
//! let trace = generate(&Spec::preset("team-week")?, 1)?;
//! let mut file = Vec::new();
//! write_csv(&trace, &mut file)?;
//! assert_eq!(read(file.as_slice(), "week.csv", &ReadOptions::default())?.trace, trace);
//!
//! let gaps = Info::of(&trace).idle_gap.unwrap();
//! assert!(gaps.median_ms() < 5 * 60_000 && gaps.max_ms > 3_600_000); // short talks, long nights
//! # Ok::<(), dormouse_trace::TraceError>(())
//! ```
//!
//! The format is in `docs/trace-format.md`, the processes are in `docs/generators.md`.

mod error;
mod events;
mod gaps;
pub mod generate;
pub mod info;
mod keyed;
mod kind;
mod read;
mod regular;
mod trace;
mod write;

pub use error::TraceError;
pub use events::{Event, Events, MAX_MS};
pub use gaps::{GapEnd, IdleGap, IdleGaps};
pub use keyed::keyed;
pub use kind::{Kind, UnknownKind};
pub use read::{Note, Read, ReadOptions, RowOrder, read, read_path, read_plainly};
pub use regular::{Regular, regular};
pub use trace::{Instance, Meta, Trace};
pub use write::{Compression, Form, WriteOptions, expressible, write, write_csv};
