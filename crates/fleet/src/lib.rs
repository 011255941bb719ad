//! Fleets.
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
pub use question::{Answer, Engine, Question};
pub use read::Fleet;
pub use write::{Writer, write_trace};
