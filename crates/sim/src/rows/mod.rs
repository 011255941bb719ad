//! The counts of a replay, and the rows that are published.
//!
//! There are two types for the same results. An engine fills [`Counts`]: integers only, for any set of instances at one
//! timeout, with a [merge](Counts::merge) whose result does not depend on how the instances were divided. A [`Row`] is
//! published: one per timeout, its columns named, ordered and versioned ([`SCHEMA_VERSION`]).
//!
//! Every engine returns [`Counts`], so two engines agree exactly when their counts are equal. Every picture is drawn from
//! [`Row`]s, so a picture cannot disagree with the table next to it.
//!
//! ```
//! use dormouse_sim::rows::{Class, Counts, Labels, Row};
//!
//! let mut night = Counts { horizon_ms: 60_000, awake_ms: 15_000, suspended_ms: 45_000, ..Counts::default() };
//! night.violations[Class::LostInbound as usize] = 1;
//! night.delays.push(430);
//! let row = Row::new(&Labels { trace: "night".into(), watcher: "phase0".into(), platform: "fly".into(), seed: 1 }, 120_000, &night);
//! assert_eq!(row.suspend_minutes, 0.75);
//! assert_eq!((row.lost_inbound, row.violations), (1, 1));
//! ```

mod counts;
mod delays;
mod row;
mod sketch;

pub use counts::{Class, Counts, Violation, WakeCause};
pub use delays::Delays;
pub use row::{COLUMNS, Labels, Row, RowsError, SCHEMA_VERSION, read_csv, write_csv, write_json};
