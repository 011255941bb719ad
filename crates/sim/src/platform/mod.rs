//! Platforms as data: what a machine costs, what its clock counts, how long it takes to suspend and wake, and which
//! timeouts can be set. Each value has a source, a date and a confidence; what is unknown stays unknown, as wide bounds.
//!
//! A platform is a TOML file; all of them lie on a [`Shelf`]. A user's own file names one as its base and says what is
//! different:
//!
//! ```
//! use dormouse_sim::platform::Shelf;
//!
//! # let knative = include_str!("../../../../sims/platforms/knative.toml");
//! let shelf = Shelf::new([("knative.toml", knative)]).unwrap();
//! let ours = shelf.read(
//!     r#"
//!     base = "knative"
//!     name = "ours"
//!     [price]
//!     running_per_hour = { value = [0.02, 0.03], source = "our last bill", date = "2026-10", confidence = "measured" }
//!     "#,
//!     "ours.toml",
//! ).unwrap();
//! assert_eq!(ours.prices(&shelf).running_per_hour.high, 0.03);
//! // A window of 45.4 s is not to be had: the nearest is.
//! assert_eq!(ours.set_to(45_400).unwrap().number, "45");
//! ```

mod error;
mod field;
mod sections;
mod prices;
mod read;
mod setting;
mod shelf;
mod value;
mod world;

pub use error::PlatformError;
pub use field::{Confidence, Field, Known};
pub use sections::{FieldLine, IdleClock, Platform, Price, Setting, Sleep};
pub use prices::{Between, Prices};
pub use setting::Set;
pub use shelf::Shelf;
pub use value::{Keeps, Starts, Unit};
pub use world::StandIn;
