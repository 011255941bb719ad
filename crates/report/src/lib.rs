//! Turns the rows of a sweep into tables, findings, plots and report pages.
//!
//! A sweep yields one [`Row`](dormouse_sim::rows::Row) per idle timeout. [`table()`] prints the rows for a terminal,
//! [`findings()`] recommends a timeout in words, and [`report()`] makes a folder that can be published: a page, the
//! rows, and the pictures as SVG and PNG. The other functions draw one picture each:
//!
//! | function | picture |
//! |---|---|
//! | [`survival_plot`] | how long the idle gaps of a trace are; needs no replay |
//! | [`timeline_plot`] | a window of one replay |
//! | [`policy_plot`] | policies compared |
//! | [`cost_plot`] | what tuning found |
//! | [`chart()`], [`ratio_plot`] | what benchmarks measured |
//!
//! Everything here is a pure function of its arguments. Files are returned as names and bytes; none is opened. No
//! clock is read and no random number is drawn, so equal input gives equal bytes. The typeface is embedded, so
//! pictures look the same on a machine without fonts.
//!
//! ```
//! use dormouse_report::{Mark, Report, findings, pareto, report};
//! use dormouse_sim::rows::{Counts, Labels, Row};
//!
//! let labels = Labels { trace: "night".into(), watcher: "current".into(), platform: "fly".into(), seed: 1 };
//! let rows: Vec<Row> = [(2, 480), (5, 420)]
//!     .map(|(minutes, asleep)| {
//!         let counts = Counts {
//!             instances: 1,
//!             horizon_ms: 600 * 60_000,
//!             awake_ms: (600 - asleep) * 60_000,
//!             suspended_ms: asleep * 60_000,
//!             oracle_suspended_ms: 540 * 60_000,
//!             ..Counts::default()
//!         };
//!         Row::new(&labels, minutes * 60_000, &counts)
//!     })
//!     .into();
//! let marks = [Mark { label: "default".into(), timeout_ms: 300_000 }];
//!
//! assert_eq!(pareto(&rows), [true, false]);
//! assert_eq!(findings(&rows, &marks).recommended, Some(0));
//! let files = report(&Report { command: "sims sweep night.csv", title: "One night", rows: &rows, marks: &marks, ..Report::default() })?;
//! assert_eq!(files[0].name, "README.md");
//! assert!(files[0].bytes.starts_with(b"`sims sweep night.csv`\n"));
//! # Ok::<(), dormouse_report::ReportError>(())
//! ```

mod draw;
mod error;
mod findings;
mod machine;
mod mark;
pub mod numbers;
mod page;
mod pareto;
mod pictures;
mod report;
mod table;
mod text;
mod timeline;
#[cfg(test)]
mod wild;

pub use error::ReportError;
pub use findings::{Findings, MINUTES_PER_DELAYED_MESSAGE, findings};
pub use machine::machine;
pub use mark::Mark;
pub use page::code;
pub use pareto::pareto;
pub use pictures::{
    Chart, CostPlot, CostPoint, Curve, PolicyPoint, Ratio, chart, cost_plot, policy_plot, ratio_plot,
    survival_plot, timeline_plot,
};
pub use report::{File, Report, report};
pub use table::{TableOptions, table};
pub use timeline::{Timeline, TimelineSpan, TimelineState};
