//! The flight recorder: writes what a gateway sees as a trace that can be replayed.
//!
//! A recording is a [trace](dormouse_trace) like any other, with one row for each arrival, written when its work has ended. Comments
//! between the rows say what the watcher did. The instance's name is hashed, and no text is ever written.
//!
//! ```text
//! # dormouse-trace v1 epoch_ms=1767567600000 recorded
//! instance,at_ms,kind,work_ms
//! 9f86d081884c7d65,30612345,inbound,18000
//! # 30752345 quiesce
//! # 30752555 suspend
//! # 31002345 slept 245840
//! # 31002395 woke inbound
//! ```
//!
//! A [`Recorder`] is a [`WorkLog`](crate::WorkLog), so [`Work::recorded`](crate::Work::recorded) records turns, cron jobs, API runs
//! and background jobs. The recorder's [`observer`](Recorder::observer) adds probes, and clients from their first heartbeat to their
//! last; several clients that are attached at the same time are one row.
//!
//! What arrived before the recording began, and was handled in it, has the time 0. A comment says how much earlier it was, and
//! [`early`](Recorder::early) counts it. Without these rows the gateway would look idle while it was working on them.
//!
//! The files of an instance are numbered in the order in which they were begun. Since a row is written when its work ends, it may be
//! in a later file than the row of a later arrival. So a replay needs all files of a recording; together they are one trace.
//!
//! The gateway never waits for the disk. Rows go through a bounded queue to a thread, which flushes whenever the queue is empty. Rows
//! that do not fit into the queue, or cannot be written, are counted in [`dropped`](Recorder::dropped) and logged once. After a crash
//! the last line may be incomplete, which the reader of traces accepts; work that was in flight is not in the file.

mod clients;
mod files;
mod notes;
mod queue;

pub use files::RecorderConfig;
pub use queue::{Recorder, RecorderError};
