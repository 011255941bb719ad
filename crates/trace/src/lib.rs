//! Traffic: what arrives where, when, and how much work it is.
//!
//! A *trace* is what a replay is fed with. It holds *instances*, one per gateway; an instance holds *events* in order
//! of time; an event has an arrival time, a [`Kind`] that says what it does to a sleeping machine, and an amount of
//! work. Times are whole milliseconds from the trace's start. There is nothing else in it: no text, no names of
//! people, no answer to what happened to the machine, which is for a replay to find out.
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
//! | read a file | [`read_path`], [`read()`]: CSV, plain, gzip or zstd, with errors that name the line and the fix |
//! | write one | [`write()`], [`write_csv`] |
//! | make traffic up | [`generate`]: presets, or streams of one's own in TOML |
//! | know what it is like | [`info`]: quantiles of arrivals and idle gaps, busy share |
//! | walk its idle gaps | [`Events::idle_gaps`], [`Events::idle_gaps_within`], and what ends one: [`GapEnd`] |
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
pub use read::{Note, Order, Read, ReadOptions, read, read_path};
pub use regular::{Regular, regular};
pub use trace::{Instance, Meta, Trace};
pub use write::{Compression, Form, WriteOptions, expressible, write, write_csv};
